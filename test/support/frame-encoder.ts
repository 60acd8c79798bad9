export * from '../../src/testing/frame-encoder.ts'
