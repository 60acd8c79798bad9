export * from '../../src/testing/http1-parser.ts'
