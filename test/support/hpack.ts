export * from '../../src/testing/hpack.ts'
