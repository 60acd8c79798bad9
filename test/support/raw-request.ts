export * from '../../src/testing/raw-request.ts'
