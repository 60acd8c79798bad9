export * from '../../src/testing/huffman.ts'
