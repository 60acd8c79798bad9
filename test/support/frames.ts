export * from '../../src/testing/frames.ts'
