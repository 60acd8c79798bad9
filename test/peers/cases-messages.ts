/** faults.md section 2 B, 54 to 86: messages that RFC 9113 section 8 calls malformed, and floods. */
import { pingFrame, rawFrame, settingsFrame } from '../support/frame-encoder.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import { OK } from './cases-frames.ts'
import { GOOD, GOOD_OR_ERROR, type Http2Case, http2 } from './fault-case.ts'

const head = (number: number, title: string, ...fields: string[]): Http2Case =>
  http2(number, title, 'error', (connection, streamId) => {
    connection.sendHeaders(streamId, fields)
    connection.sendData(streamId, 'taken', { endStream: true })
  })

const with200 = (number: number, title: string, ...fields: string[]): Http2Case =>
  head(number, title, ':status', '200', ...fields)

const heads: readonly Http2Case[] = [
  head(54, ':status missing', 'x', 'y'),
  head(54, ':status twice', ':status', '200', ':status', '200'),
  head(54, ':status abc', ':status', 'abc'),
  head(54, ':status 1000', ':status', '1000'),
  with200(55, 'upper case in a name', 'X-Upper', 'y'),
  with200(55, 'a space in a name', 'x bad', 'y'),
  with200(56, 'CR LF in a value', 'x-bad', 'a\r\nb: c'),
  with200(56, 'NUL in a value', 'x-bad', 'a\0b'),
  with200(57, 'the field connection', 'connection', 'close'),
  with200(57, 'the field transfer-encoding', 'transfer-encoding', 'chunked'),
  head(58, 'a pseudo field after a regular one', 'x', 'y', ':status', '200'),
  with200(58, 'a pseudo field of requests', ':path', '/'),
  with200(62, 'two different values of content-length', 'content-length', '5', 'content-length', '6'),
  with200(62, 'content-length +5', 'content-length', '+5'),
  head(70, ':status 101', ':status', '101'),
]

const lengths = (number: number, title: string, length: number, rest: Partial<Http2Case> = {}): Http2Case =>
  http2(
    number,
    title,
    'error',
    (connection, streamId) => {
      connection.sendHeaders(streamId, { ':status': 200, 'content-length': length })
      connection.sendData(streamId, '12345', { endStream: true })
    },
    rest,
  )

const bodies: readonly Http2Case[] = [
  lengths(60, 'content-length above the DATA', 10, { short: true }),
  lengths(61, 'content-length below the DATA', 3),
  http2(
    63,
    'HEAD with content-length and no body',
    { status: 200, body: '' },
    (connection, streamId) =>
      connection.sendHeaders(streamId, { ':status': 200, 'content-length': 5 }, { endStream: true }),
    { send: { method: 'HEAD' } },
  ),
  http2(63, '204 with a body', 'error', (connection, streamId) => {
    connection.sendHeaders(streamId, { ':status': 204 })
    connection.sendData(streamId, '12345', { endStream: true })
  }),
  http2(64, 'DATA after END_STREAM', GOOD, async (connection, streamId, request) => {
    await request.respond({ body: 'good' })
    connection.sendData(streamId, 'more')
  }),
  http2(66, 'trailers without END_STREAM', 'error', (connection, streamId) => {
    connection.sendHeaders(streamId, OK)
    connection.sendData(streamId, 'taken')
    connection.sendHeaders(streamId, { 'x-trailer': 'y' })
  }),
  http2(66, 'trailers with a pseudo field', 'error', (connection, streamId) => {
    connection.sendHeaders(streamId, OK)
    connection.sendData(streamId, 'taken')
    connection.sendHeaders(streamId, { ':status': 200 }, { endStream: true })
  }),
  http2(67, 'trailers that were not declared', GOOD, (_connection, _streamId, request) =>
    request.respond({ body: 'good', trailers: { 'x-late': '1' } }),
  ),
  http2(69, '1xx with END_STREAM', 'error', (connection, streamId) =>
    connection.sendHeaders(streamId, { ':status': 103 }, { endStream: true }),
  ),
  http2(68, '20 interim responses', GOOD, async (connection, streamId, request) => {
    for (let count = 0; count < 20; count += 1)
      connection.sendHeaders(streamId, { ':status': 103, link: 'x' })
    await request.respond({ body: 'good' })
  }),
  http2(68, 'a flood of 20,000 interim responses', 'error', async (connection, streamId) => {
    for (let count = 0; count < 20_000 && !connection.isClosed; count += 1) {
      connection.sendHeaders(streamId, { ':status': 103, link: 'x' })
      if (count % 500 === 0) await connection.transport.writable()
    }
    if (connection.isClosed) return
    await connection.respond(streamId, { body: 'taken' })
  }),
  http2(71, 'PUSH_PROMISE while push is off', 'error', (connection, streamId) =>
    connection.sendPushPromise(streamId, 2, {
      ':method': 'GET',
      ':scheme': 'https',
      ':authority': 'localhost',
      ':path': '/pushed',
    }),
  ),
]

const flood = (number: number, title: string, times: number, bytes: Buffer): Http2Case =>
  http2(number, `a flood of ${times} ${title}`, GOOD_OR_ERROR, async (connection, _streamId, request) => {
    const batch = Buffer.concat(Array.from({ length: 500 }, () => bytes))
    for (let sent = 0; sent < times && !connection.isClosed; sent += 500) {
      connection.sendRaw(batch)
      await connection.transport.writable()
    }
    await request.respond({ body: 'good' })
  })

const floods: readonly Http2Case[] = [
  flood(72, 'PING', 50_000, pingFrame(Buffer.alloc(8, 1))),
  flood(73, 'SETTINGS', 20_000, settingsFrame({ MAX_CONCURRENT_STREAMS: 100 })),
  flood(76, 'frames of an unknown type', 50_000, rawFrame({ type: 0xee, payload: Buffer.alloc(8) })),
  flood(78, 'WINDOW_UPDATE', 50_000, rawFrame({ type: 'WINDOW_UPDATE', payload: Buffer.of(0, 0, 0, 1) })),
]

function drip(connection: RawConnection, bytes: Buffer): void {
  // It ends with the connection, and nobody waits for it.
  connection.transport.drip(bytes, { every: 50 }).catch(() => {})
}

const slow = { send: { signal: 500 }, byTimer: true, noProbe: true } as const

const drips: readonly Http2Case[] = [
  http2(
    86,
    'the head a byte at a time: the signal ends it',
    'error',
    (connection, streamId) =>
      drip(connection, rawFrame({ type: 'HEADERS', streamId, flags: 4, payload: Buffer.alloc(100) })),
    slow,
  ),
  http2(
    86,
    'the body a byte at a time: the signal ends it',
    'error',
    (connection, streamId) => {
      connection.sendHeaders(streamId, OK)
      drip(connection, rawFrame({ type: 'DATA', streamId, payload: Buffer.alloc(100) }))
    },
    { ...slow, short: true },
  ),
]

export const messageCases: readonly Http2Case[] = [...heads, ...bodies, ...floods, ...drips]
