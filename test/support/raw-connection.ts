export * from '../../src/testing/raw-connection.ts'
