/** Events published by hand, with times that are chosen: what a client would tell. */
import { type EventName, events, type TrunklineEvents } from '../../../src/core/events.ts'

export function publish<Name extends EventName>(name: Name, payload: TrunklineEvents[Name]): void {
  events[name].publish(payload)
}

export const failure = (code: string, message = code) => ({ code, message, error: new Error(message) })

export interface ConnectionPlan {
  readonly id: number
  readonly origin: string
  /** When its dial begins; it takes 15 ms: 2 for DNS, 3 for TCP, 10 for TLS. */
  readonly at: number
  readonly protocol?: 'h2' | 'http/1.1'
  readonly resumed?: boolean
}

export const DIAL_MS = 15

export function tellDial({ id, origin, at, protocol = 'h2', resumed = false }: ConnectionPlan): void {
  const of = { dialId: id, origin }
  const host = new URL(origin).hostname
  publish('dial:start', { ...of, at, host, port: 443, proxy: null })
  publish('dns:start', { ...of, at, host })
  publish('dns:end', {
    ...of,
    at: at + 2,
    host,
    addresses: ['192.0.2.1'],
    cached: false,
    duration: 2,
    error: null,
  })
  publish('connect:start', { ...of, at: at + 2, address: '192.0.2.1', port: 443 })
  publish('connect:end', { ...of, at: at + 5, address: '192.0.2.1', port: 443, duration: 3, error: null })
  const tls = { servername: host, withProxy: false }
  publish('tls:start', { ...of, ...tls, at: at + 5, offered: ['h2', 'http/1.1'], resuming: resumed })
  const result = { version: 'TLSv1.3', alpn: protocol, resumed, error: null }
  publish('tls:end', { ...of, ...tls, ...result, at: at + DIAL_MS, duration: 10 })
  publish('dial:end', { ...of, at: at + DIAL_MS, duration: DIAL_MS, protocol, connectionId: id, error: null })
  publish('connection:open', {
    at: at + DIAL_MS,
    connectionId: id,
    origin,
    clientId: 1,
    dialId: id,
    protocol,
    remoteAddress: '192.0.2.1',
    tls: { version: 'TLSv1.3', resumed },
    dns: 2,
    connect: 3,
    tunnel: null,
    handshake: 10,
  })
}

export interface ExchangePlan {
  readonly id: number
  readonly origin: string
  readonly connectionId: number
  readonly path?: string
  readonly method?: string
  readonly headers?: readonly string[]
  readonly responseHeaders?: readonly string[]
  readonly at: number
  /** ms in the queue; default 0, which is not told. */
  readonly queue?: number
  readonly waiting: number
  readonly receiving: number
  readonly status?: number
  /** It fails after `waiting`, without a head. */
  readonly error?: ReturnType<typeof failure>
  readonly streamId?: number
}

/** One request with one attempt, from its start to its end. */
export function tellRequest(plan: ExchangePlan): void {
  const { id: requestId, origin, at, path = `/items/${plan.id}`, method = 'GET', headers = [] } = plan
  const url = origin + path
  const of = { requestId, clientId: 1, correlationId: null }
  publish('request:start', { ...of, at, method, url, origin, headers })
  const end = tellAttempt({ ...plan, path }, requestId * 100, 1)
  const ended = plan.error === undefined
  const answer = { protocol: 'h2', connectionId: plan.connectionId, streamId: plan.streamId } as const
  if (ended) {
    const { status = 200, responseHeaders = ['content-type', 'application/json'] } = plan
    publish('request:headers', {
      ...of,
      ...answer,
      at: end - plan.receiving,
      status,
      headers: responseHeaders,
    })
  }
  tellRequestEnd(requestId, url, origin, at, end, plan)
}

export function tellRequestEnd(
  requestId: number,
  url: string,
  origin: string,
  start: number,
  at: number,
  { status = 200, error, method = 'GET' }: Pick<ExchangePlan, 'status' | 'error' | 'method'>,
): void {
  publish('request:end', {
    requestId,
    clientId: 1,
    correlationId: null,
    at,
    method,
    url,
    origin,
    status: error === undefined ? status : null,
    protocol: error === undefined ? 'h2' : null,
    error: error ?? null,
    attempts: 1,
    redirects: 0,
    duration: at - start,
    firstByte: null,
    bytesReceived: error === undefined ? 1200 : 0,
    bytesSent: 0,
  })
}

/** One attempt of it; returns when it ended. */
export function tellAttempt(plan: ExchangePlan, attemptId: number, number: number): number {
  const { id: requestId, origin, connectionId, at, queue = 0, waiting, receiving, status = 200, error } = plan
  const {
    path = '/',
    method = 'GET',
    headers = [],
    responseHeaders = ['content-type', 'application/json'],
  } = plan
  const of = { requestId, attemptId, clientId: 1, correlationId: null }
  const url = origin + path
  publish('attempt:start', { ...of, at, number, method, url, origin, headers })
  if (queue > 0) {
    publish('queue:start', { ...of, at, origin })
    publish('queue:end', { ...of, at: at + queue, origin, duration: queue, connectionId, error: null })
  }
  const stream = { ...of, connectionId, streamId: plan.streamId }
  const sent = at + queue
  publish('stream:start', { ...stream, at: sent, method, url })
  const head = sent + waiting
  if (error === undefined)
    publish('stream:headers', { ...stream, at: head, status, headers: responseHeaders })
  const end = error === undefined ? head + receiving : head
  const result = { status: error === undefined ? status : null, error: error ?? null }
  publish('stream:end', { ...stream, ...result, at: end, bytesReceived: 1200, bytesSent: 0 })
  publish('attempt:end', { ...of, ...result, at: end, protocol: 'h2', connectionId, streamId: plan.streamId })
  return end
}
