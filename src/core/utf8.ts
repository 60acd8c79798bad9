const BYTE_ORDER_MARK = 0xfeff

/**
 * Bytes as text, by the rules of the Encoding standard's "UTF-8 decode": what is no UTF-8 becomes U+FFFD, a byte
 * order mark at the start is dropped. The same as `TextDecoder`, at less cost for short texts.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text
}
