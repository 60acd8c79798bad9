/** HTTP/2 frames for tests: names and types, encoding (also of wrong frames), incremental decoding, words. */
export * from './frame-decoder.ts'
export * from './frame-encoder.ts'
export * from './frame-text.ts'
export * from './frame-types.ts'
