/** faults.md section 2 C and D: GOAWAY, RST_STREAM, connections that end or go silent, windows and uploads. */
import type { ErrorCodeName } from '../support/frame-types.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import { sleep, waitFor } from '../support/wait-for.ts'
import { OK } from './cases-frames.ts'
import { GOOD, type Http2Case, http2, POST, type Wanted } from './fault-case.ts'

const goAways: readonly Http2Case[] = [
  http2(
    87,
    'GOAWAY that accepts the request, then its response',
    GOOD,
    async (connection, streamId, request) => {
      connection.sendGoAway({ lastStreamId: streamId })
      await sleep(30)
      await request.respond({ body: 'good' })
    },
  ),
  http2(88, 'GOAWAY with last id 0 to a GET', GOOD, (connection) =>
    connection.sendGoAway({ lastStreamId: 0 }),
  ),
  http2(
    88,
    'GOAWAY with last id 0 to a POST',
    GOOD,
    (connection) => connection.sendGoAway({ lastStreamId: 0 }),
    { send: POST },
  ),
  http2(
    90,
    'GOAWAY with an error to a POST above its last id',
    GOOD,
    (connection, streamId) => connection.sendGoAway({ lastStreamId: streamId - 2, code: 'INTERNAL_ERROR' }),
    { send: POST, warm: true },
  ),
  http2(
    91,
    'GOAWAY with an error that accepts the POST, then its response',
    GOOD,
    async (connection, streamId, request) => {
      connection.sendGoAway({ lastStreamId: streamId, code: 'INTERNAL_ERROR' })
      await request.respond({ body: 'good' })
    },
    { send: POST },
  ),
  http2(92, 'GOAWAY with 2^31 - 1, and later the real one', GOOD, async (connection, streamId, request) => {
    connection.sendGoAway({ lastStreamId: 0x7fff_ffff })
    await sleep(30)
    connection.sendGoAway({ lastStreamId: streamId })
    await request.respond({ body: 'good' })
  }),
  http2(94, 'GOAWAY right after SETTINGS', GOOD, () => {}, {
    send: POST,
    start: (connection) => connection.sendGoAway({ lastStreamId: 0 }),
  }),
  http2(
    96,
    'GOAWAY and a whole response; the server never closes',
    GOOD,
    async (connection, streamId, request) => {
      connection.sendGoAway({ lastStreamId: streamId })
      await request.respond({ body: 'good' })
    },
  ),
]

/** Connections whose limit of 0 was raised. */
const raised = new WeakSet<RawConnection>()

const limits: readonly Http2Case[] = [
  http2(
    98,
    'MAX_CONCURRENT_STREAMS 0, then 10',
    GOOD,
    async (connection, streamId, request) => {
      if (raised.has(connection)) await request.respond({ body: 'good' })
      else connection.sendReset(streamId, 'REFUSED_STREAM')
    },
    {
      settings: { MAX_CONCURRENT_STREAMS: 0 },
      start: async (connection) => {
        await sleep(300)
        raised.add(connection)
        connection.sendSettings({ MAX_CONCURRENT_STREAMS: 10 })
      },
    },
  ),
  http2(
    102,
    'REFUSED_STREAM once, to a POST',
    GOOD,
    (connection, streamId) => connection.sendReset(streamId, 'REFUSED_STREAM'),
    { send: POST },
  ),
]

const midBody = (code: ErrorCodeName, length?: number): Http2Case =>
  http2(
    103,
    `RST_STREAM(${code}) in the middle of a body with${length === undefined ? 'out' : ''} content-length`,
    'error',
    async (connection, streamId) => {
      connection.sendHeaders(streamId, {
        ':status': 200,
        ...(length === undefined ? {} : { 'content-length': length }),
      })
      connection.sendData(streamId, 'the first half')
      await connection.barrier()
      connection.sendReset(streamId, code)
    },
    { short: true, send: POST },
  )

const beforeHead = (number: number, code: ErrorCodeName): Http2Case =>
  http2(
    number,
    `RST_STREAM(${code}) before the head of a POST: an error, not sent twice`,
    'error',
    (connection, streamId) => connection.sendReset(streamId, code),
    { send: POST },
  )

const early = (number: number, title: string, reset: boolean): Http2Case =>
  http2(
    number,
    title,
    { status: 413, body: 'too much' },
    async (connection, streamId, request) => {
      connection.returnCredit = false
      await waitFor(() => request.bodyLength > 0)
      connection.sendHeaders(streamId, { ':status': 413 })
      connection.sendData(streamId, 'too much', { endStream: true })
      if (reset) connection.sendReset(streamId, 'NO_ERROR')
      connection.returnCredit = true
      connection.sendWindowUpdate(0, 2 ** 20)
    },
    { send: { method: 'POST', bodyLength: 500_000 } },
  )

const resets: readonly Http2Case[] = [
  midBody('CANCEL'),
  midBody('INTERNAL_ERROR'),
  midBody('NO_ERROR', 1000),
  midBody('NO_ERROR'),
  beforeHead(104, 'INTERNAL_ERROR'),
  beforeHead(104, 'NO_ERROR'),
  early(105, 'a whole 413 and RST_STREAM(NO_ERROR) during the upload', true),
  http2(
    106,
    'HTTP_1_1_REQUIRED: over HTTP/1.1',
    GOOD,
    (connection, streamId) => connection.sendReset(streamId, 'HTTP_1_1_REQUIRED'),
    { orHttp1: true, send: POST },
  ),
  beforeHead(107, 'ENHANCE_YOUR_CALM'),
]

const ends: readonly [title: string, end: (connection: RawConnection) => void][] = [
  ['TCP RST', (connection) => connection.reset()],
  ['FIN', (connection) => connection.fin()],
]

const losses: readonly Http2Case[] = ends.flatMap(([title, end]) => {
  const race = (method: 'GET' | 'POST', want: Wanted): Http2Case =>
    http2(111, `${title} as a ${method} goes out on a connection that answered before`, want, end, {
      warm: true,
      send: method === 'GET' ? {} : POST,
    })
  return [
    http2(
      108,
      `${title} in the middle of a body`,
      'error',
      async (connection, streamId) => {
        connection.sendHeaders(streamId, OK)
        connection.sendData(streamId, 'the first half')
        await connection.barrier()
        end(connection)
      },
      { short: true, send: POST },
    ),
    http2(
      109,
      `${title} after a POST was sent: an error, not sent twice`,
      'error',
      async (connection, _streamId, request) => {
        await request.body()
        end(connection)
      },
      { send: POST },
    ),
    race('GET', GOOD),
    race('POST', 'error'),
  ]
})

const silent = { send: { signal: 500 }, byTimer: true, warm: true } as const

const silences: readonly Http2Case[] = [
  http2(112, 'a black hole before the head', 'error', (connection) => connection.hang(), silent),
  http2(
    112,
    'a black hole in the middle of a body',
    'error',
    async (connection, streamId) => {
      connection.sendHeaders(streamId, OK)
      connection.sendData(streamId, 'the first half')
      await connection.barrier()
      connection.hang()
    },
    { ...silent, short: true },
  ),
  http2(116, '421 Misdirected, once', GOOD, (_connection, _streamId, request) =>
    request.respond({ status: 421, body: 'misdirected' }),
  ),
]

const upload = { method: 'POST', bodyLength: 200_000 } as const

const windows: readonly Http2Case[] = [
  http2(
    118,
    'INITIAL_WINDOW_SIZE 0, opened later: the upload completes',
    GOOD,
    async (connection, _streamId, request) => {
      await sleep(50)
      connection.sendSettings({ INITIAL_WINDOW_SIZE: 100_000 })
      await wholeUpload(request.body())
      await request.respond({ body: 'good' })
    },
    { send: upload, settings: { INITIAL_WINDOW_SIZE: 0 } },
  ),
  http2(
    119,
    'a window of zero for ever: the signal ends the upload',
    'error',
    (connection) => {
      connection.returnCredit = false
    },
    { send: { ...upload, signal: 500 }, settings: { INITIAL_WINDOW_SIZE: 0 }, byTimer: true },
  ),
  http2(
    120,
    'a window driven below zero, then raised: the upload completes',
    GOOD,
    async (connection, streamId, request) => {
      connection.returnCredit = false
      await waitFor(() => request.bodyLength >= 60_000)
      connection.sendSettings({ INITIAL_WINDOW_SIZE: 10 })
      await connection.barrier()
      connection.returnCredit = true
      connection.sendWindowUpdate(0, 2 ** 20)
      connection.sendWindowUpdate(streamId, 2 ** 20)
      await wholeUpload(request.body())
      await request.respond({ body: 'good' })
    },
    { send: upload },
  ),
  http2(
    123,
    'the credit of padding comes back',
    { status: 200, body: 'p'.repeat(20_000) },
    async (connection, streamId) => {
      connection.sendHeaders(streamId, OK)
      await connection.sendBody(streamId, Buffer.alloc(20_000, 'p'), {
        chunkSize: 25,
        padding: 255,
        endStream: true,
      })
    },
  ),
  early(126, '413 before the upload is over: the answer comes', false),
]

async function wholeUpload(body: Promise<Buffer>): Promise<void> {
  const { length } = await body
  if (length !== upload.bodyLength) throw new Error(`${length} bytes of ${upload.bodyLength} came`)
}

export const lifecycleCases: readonly Http2Case[] = [
  ...goAways,
  ...limits,
  ...resets,
  ...losses,
  ...silences,
  ...windows,
]
