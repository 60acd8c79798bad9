export * from '../../src/testing/relay.ts'
