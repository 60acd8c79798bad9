export * from '../../src/testing/hpack-tables.ts'
