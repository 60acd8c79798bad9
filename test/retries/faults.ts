/** The faults that the decision table names, as scripts of a raw peer. */
import type { Socket } from 'node:net'
import type { ClientOptions } from '../../src/index.ts'
import type { ErrorCodeName } from '../support/frame-types.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import type { RawPeerOptions } from '../support/raw-peer.ts'
import type { RawRequest } from '../support/raw-request.ts'

/** A request that is struck, and who may act on it. */
export interface Struck {
  readonly request: RawRequest
  readonly connection: RawConnection
  /** How many were struck before it. */
  readonly index: number
  abort(): void
  /** Lets the request body go on. */
  release(): void
}

export interface Fault {
  readonly client?: ClientOptions
  readonly peer?: Pick<RawPeerOptions, 'beforeTls' | 'certificate' | 'alpn'>
  /** Nobody listens. */
  readonly unreachable?: boolean
  /** The client is closed before the request is made. */
  readonly closed?: boolean
  /** Aborts after so many ms, whatever happened. */
  readonly abortAfter?: number
  /** Default: only the first request is struck. `connection`: every one on the first connection. */
  readonly every?: 'request' | 'connection'
  strike?(struck: Struck): unknown
}

/** Longer than a reply takes on loopback, shorter than the least wait before a second replay (50 ms). */
const MOMENT = 20

/** Keeps TLS away from a connection and says nothing. */
function hold(tcp: Socket): 'handled' {
  tcp.resume()
  return 'handled'
}

function cutFirst(tcp: Socket, index: number): 'handled' | undefined {
  if (index > 0) return undefined
  tcp.destroy()
  return 'handled'
}

function reset(code: ErrorCodeName): Fault {
  return { strike: ({ connection, request }) => connection.sendReset(request.streamId, code) }
}

function goAwayBelow(code: ErrorCodeName): Fault {
  return {
    strike: ({ connection, request }) =>
      connection.sendGoAway({ lastStreamId: Math.max(0, request.streamId - 2), code }),
  }
}

function status(code: number, headers: Record<string, string> = {}): Fault {
  return { strike: ({ request }) => request.respond({ status: code, headers, body: 'not now' }) }
}

function everyTime(fault: Fault): Fault {
  return { ...fault, every: 'request' }
}

async function partOfBody({ connection, request }: Struck): Promise<void> {
  connection.sendHeaders(request.streamId, { ':status': '200', 'content-length': '100' })
  connection.sendData(request.streamId, 'part')
  await connection.barrier()
}

const connectionLost: Fault = {
  strike: async ({ connection }) => {
    await connection.barrier()
    connection.reset()
  },
}
const refused = reset('REFUSED_STREAM')

/** By the name that the table gives them. */
export const faults: Readonly<Record<string, Fault>> = {
  'dial refused': { unreachable: true },
  'TLS cut off': { peer: { beforeTls: cutFirst } },
  'certificate not trusted': { peer: { certificate: 'otherCa' } },
  'queue full': { client: { limits: { queued: 0 } } },
  'no connection in time': { peer: { beforeTls: hold }, client: { timeouts: { queue: 100 } } },
  REFUSED_STREAM: refused,
  'REFUSED_STREAM every time': everyTime(refused),
  'REFUSED_STREAM by one connection': { ...refused, every: 'connection' },
  'GOAWAY below the stream': goAwayBelow('NO_ERROR'),
  'GOAWAY below the stream, every time': everyTime(goAwayBelow('NO_ERROR')),
  'GOAWAY with an error below the stream': goAwayBelow('INTERNAL_ERROR'),
  HTTP_1_1_REQUIRED: { ...reset('HTTP_1_1_REQUIRED'), peer: { alpn: ['h2', 'http/1.1'] } },
  'status 421': status(421),
  'status 421 every time': everyTime(status(421)),
  'GOAWAY at the stream, then the end': {
    strike: ({ connection, request }) => {
      connection.sendGoAway({ lastStreamId: request.streamId })
      connection.fin()
    },
  },
  'connection lost': connectionLost,
  'connection lost every time': everyTime(connectionLost),
  'PING not answered': {
    client: { keepAlive: { interval: 100, timeout: 100 } },
    strike: ({ connection }) => connection.hang(),
  },
  'RST_STREAM INTERNAL_ERROR': reset('INTERNAL_ERROR'),
  'RST_STREAM CANCEL': reset('CANCEL'),
  'RST_STREAM ENHANCE_YOUR_CALM': reset('ENHANCE_YOUR_CALM'),
  'RST_STREAM NO_ERROR': reset('NO_ERROR'),
  'no head in time': { client: { timeouts: { headers: 150 } }, strike: () => {} },
  'status 503': status(503),
  'status 503 every time': everyTime(status(503)),
  'status 503, Retry-After: 0': status(503, { 'retry-after': '0' }),
  'status 503, Retry-After in the past': status(503, { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }),
  'status 503, Retry-After: 3600': status(503, { 'retry-after': '3600' }),
  'reset in the body': {
    strike: async (struck) => {
      await partOfBody(struck)
      struck.connection.sendReset(struck.request.streamId, 'INTERNAL_ERROR')
    },
  },
  'connection lost in the body': {
    strike: async (struck) => {
      await partOfBody(struck)
      struck.connection.reset()
    },
  },
  'abort in the queue': { peer: { beforeTls: hold }, abortAfter: 50 },
  'abort before the head': { strike: ({ abort }) => abort() },
  'abort between replays': everyTime({
    strike: async (struck) => {
      await refused.strike?.(struck)
      // The second replay rests for 50 ms at least.
      if (struck.index === 1) setTimeout(struck.abort, MOMENT)
    },
  }),
  'abort between retries': {
    strike: async ({ request, abort }) => {
      await request.respond({ status: 503 })
      setTimeout(abort, MOMENT)
    },
  },
  'client closed': { closed: true },
  'request body fails': { strike: ({ release }) => release() },
}
