export * from '../../src/testing/raw-http1-connection.ts'
