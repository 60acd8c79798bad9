import type { Duplex } from 'node:stream'
import * as zlib from 'node:zlib'
import { BodyQueue } from '../core/body-queue.ts'
import { bodyTooLarge } from '../core/body-too-large.ts'
import { changedResponse } from '../core/changed-response.ts'
import type { ClientRequest, ClientResponse, Interceptor } from '../core/dispatch.ts'
import { ProtocolError } from '../core/errors.ts'
import { combinedHeader } from '../core/headers.ts'
import { hasNullBody } from '../core/null-body.ts'
import { ResponseBody } from '../core/response-body.ts'
import { createDeflateDecoder } from './deflate.ts'

/** Codings one response may stack; more is an attack on the decoder (as in CVE-2026-22036), not a use case. */
const MOST_CODINGS = 5

/** Node 22 takes a zstd body that was cut off for a whole one, so there the coding is neither asked for nor undone. */
const ZSTD_IS_SOUND = Number.parseInt(process.versions.node, 10) >= 24

/** What `fetch` asks for when the caller names no coding. */
export const ACCEPTED_CODINGS = ZSTD_IS_SOUND ? 'br, gzip, deflate, zstd' : 'br, gzip, deflate'

const DECODERS: Record<string, () => Duplex> = {
  gzip: () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  'x-gzip': () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  deflate: createDeflateDecoder,
  br: () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  ...(ZSTD_IS_SOUND ? { zstd: () => zlib.createZstdDecompress() } : {}),
}

/**
 * Undoes the content codings of a response (RFC 9110 section 8.4), last applied first. A decoded body of more than
 * `limits.responseBody` bytes fails with `ERR_TRUNKLINE_BODY_TOO_LARGE`; the limit may change.
 */
export function createDecompress(limits: { readonly responseBody: number }): Interceptor {
  return (next) => async (request) => decompress(await next(request), request, limits.responseBody)
}

function decompress(response: ClientResponse, request: ClientRequest, limit: number): ClientResponse {
  if (!request.decompress || hasNullBody(request.method, response.status)) return response
  const codings = codingsOf(response)
  if (codings.length === 0) return response
  if (codings.length > MOST_CODINGS) {
    response.body.cancel()
    throw failure(
      request,
      `sent a body with ${codings.length} content codings; at most ${MOST_CODINGS} are decoded`,
    )
  }
  // A coding nobody here knows: the bytes are handed on as they are, as the platform does.
  if (codings.some((coding) => !Object.hasOwn(DECODERS, coding))) return response
  const body = decoded(response.body, codings, request, limit)
  return changedResponse(response, { body })
}

function codingsOf(response: ClientResponse): string[] {
  const header = combinedHeader(response.headers, 'content-encoding')
  if (header === null) return []
  const codings = header.split(',').map((coding) => coding.trim().toLowerCase())
  return codings.filter((coding) => coding !== '' && coding !== 'identity')
}

function decoded(
  encoded: ResponseBody,
  codings: readonly string[],
  request: ClientRequest,
  limit: number,
): ResponseBody {
  const decoders = codings.map((coding) => (DECODERS[coding] as () => Duplex)()).reverse()
  const first = decoders[0] as Duplex
  const last = decoders.at(-1) as Duplex
  const queue = new BodyQueue({
    pause: () => last.pause(),
    resume: () => last.resume(),
    cancel: (reason) => stop(reason),
  })
  const stop = (error: unknown) => {
    queue.fail(error)
    encoded.cancel(error)
    for (const decoder of decoders) decoder.destroy()
  }
  decoders.reduce((from, to) => from.pipe(to))
  for (const decoder of decoders) {
    decoder.on('error', (cause) =>
      stop(failure(request, `sent a body that is not valid ${codings.join(', ')}`, cause)),
    )
  }
  let size = 0
  last.on('data', (chunk: Uint8Array) => {
    size += chunk.length
    if (size > limit) stop(bodyTooLarge(request.target.origin.key, limit, 'decoded '))
    else queue.push(chunk)
  })
  const end = () => encoded.trailers().then((trailers) => queue.end(trailers), stop)
  last.on('end', end)
  // No bytes at all are no valid gzip, but servers send them for an empty body.
  feed(encoded, first).then((fed) => {
    if (fed) first.end()
    else end()
  }, stop)
  return new ResponseBody(queue)
}

/** Resolves to whether there was anything to decode. */
async function feed(encoded: ResponseBody, decoder: Duplex): Promise<boolean> {
  let fed = false
  for await (const chunk of encoded) {
    if (decoder.destroyed) break
    fed = true
    if (!decoder.write(chunk)) await drained(decoder)
  }
  return fed
}

function drained(decoder: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      decoder.off('drain', done)
      decoder.off('close', done)
      resolve()
    }
    decoder.on('drain', done)
    decoder.on('close', done)
  })
}

function failure(request: ClientRequest, why: string, cause?: unknown): ProtocolError {
  const { key } = request.target.origin
  return new ProtocolError('ERR_TRUNKLINE_DECODE_FAILED', `${key} ${why}.`, {
    origin: key,
    phase: 'body',
    processed: 'yes',
    ...(cause === undefined ? {} : { cause }),
  })
}
