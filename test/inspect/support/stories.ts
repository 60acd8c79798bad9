/** Two stories: one of five requests with everything that can happen, one of as many as are wanted. */
import { DIAL_MS, failure, publish, tellAttempt, tellDial, tellRequest, tellRequestEnd } from './story.ts'

export const API = 'https://api.example.com'
export const SEARCH = 'https://search.example.com'

/** Starts where the clock of `performance.now()` is, so that the recorder's own times fit. */
export function tellFive(t: number): void {
  tellDial({ id: 1, origin: API, at: t })
  const first = { origin: API, connectionId: 1, at: t, queue: DIAL_MS }
  tellRequest({ ...first, id: 1, path: '/users/42?include=orders', streamId: 1, waiting: 24, receiving: 6 })
  tellRequest({ ...first, id: 2, path: '/orders', streamId: 3, waiting: 30, receiving: 85 })
  publish('stall:start', { at: t + 80, connectionId: 1, streamId: 3, direction: 'in' })
  publish('stall:end', { at: t + 112, connectionId: 1, streamId: 3, direction: 'in', duration: 32 })
  publish('ping:end', { at: t + 21, connectionId: 1, origin: API, roundTrip: 0.8, error: null })
  tellRetried(t + 40)
  publish('goaway', {
    at: t + 132,
    connectionId: 1,
    origin: API,
    lastStreamId: 7,
    http2Code: 0,
    debug: 'deploy',
  })
  publish('connection:draining', {
    at: t + 132,
    connectionId: 1,
    origin: API,
    reason: 'goaway',
    openStreams: 0,
  })
  const closing = { protocol: 'h2', age: 130, requests: 4, bytesReceived: 9000, bytesSent: 800 } as const
  publish('connection:closed', { at: t + 145, connectionId: 1, origin: API, ...closing, error: null })
  tellDial({ id: 2, origin: SEARCH, at: t + 10, protocol: 'http/1.1', resumed: true })
  const search = { origin: SEARCH, connectionId: 2, at: t + 10, queue: DIAL_MS }
  tellRequest({ ...search, id: 4, path: '/search?q=trunk+line', waiting: 160, receiving: 12 })
  const reset = failure('ERR_TRUNKLINE_STREAM_RESET', 'The server reset the stream with CANCEL.')
  tellRequest({
    id: 5,
    origin: API,
    connectionId: 1,
    method: 'POST',
    path: '/payments',
    streamId: 7,
    at: t + 60,
    waiting: 48,
    receiving: 0,
    error: reset,
  })
}

/** A 503, a pause, and a second attempt. */
function tellRetried(at: number): void {
  const url = `${API}/reports/today`
  const of = { requestId: 3, clientId: 1, correlationId: null }
  publish('request:start', { ...of, at, method: 'GET', url, origin: API, headers: [] })
  const plan = { id: 3, origin: API, connectionId: 1, path: '/reports/today' }
  const failed = tellAttempt({ ...plan, at, streamId: 5, waiting: 20, receiving: 2, status: 503 }, 30, 1)
  publish('retry', { ...of, at: failed, origin: API, attempt: 2, delay: 25, status: 503, error: null })
  const end = tellAttempt({ ...plan, at: failed + 25, streamId: 9, waiting: 18, receiving: 4 }, 31, 2)
  publish('request:headers', {
    ...of,
    at: end - 4,
    status: 200,
    protocol: 'h2',
    connectionId: 1,
    streamId: 9,
    headers: [],
  })
  tellRequestEnd(3, url, API, at, end, {})
}

/** On a few connections, 100 streams at once on each; a known share is slow or fails. */
export function tellMany(count: number, t: number): void {
  const connections = [1, 2, 3, 4]
  const origins = [API, API, SEARCH, 'https://cdn.example.com']
  for (const [index, id] of connections.entries())
    tellDial({ id, origin: origins[index] as string, at: t + index * 3 })
  for (let id = 1; id <= count; id += 1) tellOneOfMany(id, t, origins)
  for (const id of connections) tellPings(id, t, origins[id - 1] as string)
}

function tellOneOfMany(id: number, t: number, origins: readonly string[]): void {
  const connectionId = 1 + (id % origins.length)
  const origin = origins[connectionId - 1] as string
  const turn = Math.floor(id / origins.length / 100)
  const at = t + 20 + turn * 40 + (id % 100) * 0.1
  const slow = id % 37 === 0
  const failed = id % 250 === 0
  const shared = {
    id,
    origin,
    connectionId,
    streamId: 2 * id + 1,
    at,
    queue: id % 5,
    method: id % 9 === 0 ? 'POST' : 'GET',
  }
  const times = { waiting: slow ? 60 + (id % 50) : 6 + ((id * 7) % 23), receiving: (id * 13) % 11 }
  tellRequest({
    ...shared,
    ...times,
    path: `/v1/items/${id}?page=${id % 12}`,
    status: id % 41 === 0 ? 503 : 200,
    ...(failed && {
      error: failure('ERR_TRUNKLINE_HEADERS_TIMEOUT', 'No response head came within 100 ms.'),
    }),
  })
}

function tellPings(connectionId: number, t: number, origin: string): void {
  for (let at = t + 30; at < t + 500; at += 100) {
    publish('ping:end', { at, connectionId, origin, roundTrip: 0.5 + connectionId / 10, error: null })
  }
}
