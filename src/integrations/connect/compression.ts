import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { Code, ConnectError as RpcError } from '@connectrpc/connect'
import type { Compression } from '@connectrpc/connect/protocol'

type Transform = (bytes: Uint8Array, options?: { maxOutputLength?: number }) => Promise<Uint8Array>

export const gzip = compression(
  'gzip',
  promisify(zlib.gzip) as Transform,
  promisify(zlib.gunzip) as Transform,
)

export const brotli = compression(
  'br',
  promisify(zlib.brotliCompress) as Transform,
  promisify(zlib.brotliDecompress) as Transform,
)

function compression(name: string, compress: Transform, decompress: Transform): Compression {
  return {
    name,
    compress: async (bytes) => new Uint8Array(await compress(bytes)),
    async decompress(bytes, readMaxBytes) {
      if (bytes.length === 0) return new Uint8Array(0)
      try {
        // A small message may be a huge one in disguise: it is given up before it is there.
        return new Uint8Array(await decompress(bytes, { maxOutputLength: readMaxBytes }))
      } catch (cause) {
        if ((cause as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE')
          throw new RpcError(
            `a message is not valid ${name}`,
            Code.InvalidArgument,
            undefined,
            undefined,
            cause,
          )
        const why = `message is larger than configured readMaxBytes ${readMaxBytes} after decompression`
        throw new RpcError(why, Code.ResourceExhausted, undefined, undefined, cause)
      }
    },
  }
}
