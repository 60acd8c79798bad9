export * from '../../src/testing/frame-types.ts'
