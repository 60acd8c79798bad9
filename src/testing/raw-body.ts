/** Whole responses of a raw connection, in frames that the client's windows allow. */
import { toBytes } from './frame-encoder.ts'
import { type HeadersInput, headerList } from './hpack.ts'
import type { Responder, SendBodyOptions, SendHeadersOptions } from './raw-options.ts'
import type { RawReceiver } from './raw-receiver.ts'
import type { RawResponse } from './raw-request.ts'
import type { RawTransport } from './raw-transport.ts'

/** What it takes of a raw connection to send a body over it. */
export interface BodySender {
  readonly clientMaxFrameSize: number
  readonly ignoreFlowControl: boolean
  readonly isClosed: boolean
  readonly flow: RawReceiver['flow']
  readonly streams: RawReceiver['streams']
  readonly transport: RawTransport
  sendHeaders(streamId: number, headers: HeadersInput, options: SendHeadersOptions): void
  sendData(
    streamId: number,
    data: Uint8Array | string,
    options: { readonly padding?: number; readonly endStream?: boolean },
  ): void
  sendBody(streamId: number, body: Uint8Array, options: SendBodyOptions): Promise<number>
}

/** RFC 9113 section 6.9. Resolves with the bytes sent. */
export async function sendBody(
  connection: BodySender,
  streamId: number,
  bytes: Buffer,
  options: SendBodyOptions,
): Promise<number> {
  const padding = options.padding === undefined ? {} : { padding: options.padding }
  const overhead = options.padding === undefined ? 0 : options.padding + 1
  const size = Math.min(
    options.chunkSize ?? Number.POSITIVE_INFINITY,
    connection.clientMaxFrameSize - overhead,
  )
  const wasOpen = connection.streams.isOpen(streamId)
  const stopped = () => connection.isClosed || (wasOpen && !connection.streams.isOpen(streamId))
  let offset = 0
  while (offset < bytes.length) {
    const wanted = Math.min(size, bytes.length - offset) + overhead
    const room = await credit(connection, streamId, wanted, stopped)
    if (room === 0) return offset
    const end = offset + Math.max(0, room - overhead)
    const endStream = end === bytes.length && (options.endStream ?? false)
    connection.sendData(streamId, bytes.subarray(offset, end), { ...padding, endStream })
    offset = end
    await connection.transport.writable()
  }
  if (bytes.length === 0 && options.endStream && !stopped())
    connection.sendData(streamId, '', { endStream: true })
  return offset
}

/** RFC 9113 section 8.1. */
export async function respond(
  connection: BodySender,
  streamId: number,
  response: RawResponse,
): Promise<void> {
  const { status = 200, trailers } = response
  const body = toBytes(response.body ?? '')
  const fields = [':status', String(status), ...headerList(response.headers ?? {})]
  const endStream = trailers === undefined
  connection.sendHeaders(streamId, fields, { endStream: endStream && body.length === 0 })
  if (body.length > 0 && (await connection.sendBody(streamId, body, { endStream })) < body.length) return
  if (trailers !== undefined) connection.sendHeaders(streamId, trailers, { endStream: true })
}

/** A fixed response waits for the whole request, as most servers do. */
export function toResponder(response: RawResponse | Responder): Responder {
  if (typeof response === 'function') return response
  return async (request) => {
    await request.body(Number.POSITIVE_INFINITY)
    return response
  }
}

async function credit(
  connection: BodySender,
  streamId: number,
  wanted: number,
  stopped: () => boolean,
): Promise<number> {
  if (connection.ignoreFlowControl) return stopped() ? 0 : wanted
  return connection.flow.credit(streamId, wanted, stopped)
}
