import { Duplex, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'

/**
 * A decoder for `deflate`. RFC 9110 section 8.4.1.2 means the zlib format, but some servers send the bare one;
 * the first byte tells, since zlib's names its method there (RFC 1950 section 2.2).
 */
export function createDeflateDecoder(): Duplex {
  let inner: Transform | null = null
  const decoder = new Duplex({
    write(chunk: Uint8Array, _encoding, done) {
      inner ??= connect(decoder, chunk)
      inner.write(chunk, done)
    },
    final(done) {
      if (inner !== null) inner.end(done)
      else {
        decoder.push(null)
        done()
      }
    },
    read() {
      inner?.resume()
    },
    destroy(error, done) {
      inner?.destroy()
      done(error)
    },
  })
  return decoder
}

function connect(outer: Duplex, firstChunk: Uint8Array): Transform {
  const options = { flush: zlib.constants.Z_SYNC_FLUSH }
  const isZlib = ((firstChunk[0] as number) & 0x0f) === 8
  const inner = isZlib ? zlib.createInflate(options) : zlib.createInflateRaw(options)
  inner.on('data', (chunk) => {
    if (!outer.push(chunk)) inner.pause()
  })
  inner.on('end', () => outer.push(null))
  inner.on('error', (error) => outer.destroy(error))
  return inner
}
