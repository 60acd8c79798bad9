/**
 * A header block that cannot be decoded. The tables of both sides may differ from here on, so it is a connection
 * error COMPRESSION_ERROR (RFC 9113 section 4.3), whatever the stream. The message says what was wrong.
 */
export class HpackError extends Error {
  override readonly name = 'HpackError'
}
