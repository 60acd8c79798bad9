import { debuglog } from 'node:util'
import { EVENT_NAMES, type EventName, type Failure, onEvent, type TrunklineEvents } from './core/events.ts'

/**
 * `NODE_DEBUG=trunkline`: a line on stderr for each event, `NODE_DEBUG=trunkline-frames` for each frame of the wire
 * engine. A subscriber like any other. No header fields, no queries of URLs and no bodies are shown.
 */

type Describe = { readonly [Name in EventName]: (event: TrunklineEvents[Name]) => string }

let asked = false

/** To be called for each client made; looks once. */
export function logIfAsked(): void {
  if (asked) return
  asked = true
  const log = debuglog('trunkline')
  const frames = debuglog('trunkline-frames')
  for (const name of EVENT_NAMES) {
    const wanted = name === 'frame' ? frames : log
    if (wanted.enabled) onEvent(name, (event) => wanted('%s', lineOf(name, event as never)))
  }
}

/** One event as a line of text, without a time. */
export function lineOf<Name extends EventName>(name: Name, event: TrunklineEvents[Name]): string {
  return `${name.padEnd(19)} ${DESCRIBE[name](event)}`
}

const DESCRIBE: Describe = {
  'request:start': (event) => `${callOf(event)} ${event.method} ${bare(event.url)}`,
  'request:headers': (event) => `${callOf(event)} ${event.status} ${event.protocol}${on(event)}`,
  'request:end': (event) =>
    `${callOf(event)} ${event.method} ${bare(event.url)} ${event.status ?? '-'} in ${ms(event.duration)}` +
    `${several(event.attempts, 'attempt')}${several(event.redirects, 'redirect', 0)}` +
    ` ${event.bytesSent} B out ${event.bytesReceived} B in${failed(event.error)}`,
  'attempt:start': (event) =>
    `${callOf(event)} attempt ${event.attemptId} (number ${event.number}) ${event.method} ${bare(event.url)}`,
  'attempt:end': (event) =>
    `${callOf(event)} attempt ${event.attemptId} ${event.status ?? '-'}${on(event)}${failed(event.error)}`,
  'queue:start': (event) => `${callOf(event)} attempt ${event.attemptId} waits for ${event.origin}`,
  'queue:end': (event) =>
    `${callOf(event)} attempt ${event.attemptId} waited ${ms(event.duration)}${on(event)}${failed(event.error)}`,
  'stream:start': (event) => `${callOf(event)} attempt ${event.attemptId}${on(event)}`,
  'stream:headers': (event) => `${callOf(event)} attempt ${event.attemptId}${on(event)} ${event.status}`,
  'stream:end': (event) =>
    `${callOf(event)} attempt ${event.attemptId}${on(event)} ${event.status ?? '-'} ` +
    `${event.bytesSent} B out ${event.bytesReceived} B in${failed(event.error)}`,
  'dial:start': (event) =>
    `dial ${event.dialId} to ${event.host}:${event.port} for ${event.origin}` +
    (event.proxy === null ? '' : ` by ${event.proxy}`),
  'dial:end': (event) =>
    `dial ${event.dialId} in ${ms(event.duration)} ${event.protocol ?? '-'}${on(event)}${failed(event.error)}`,
  'dns:start': (event) => `dial ${event.dialId} looks up ${event.host}`,
  'dns:end': (event) =>
    `dial ${event.dialId} ${event.host} is ${event.addresses.join(' ') || '-'}${event.cached ? ' (cached)' : ''} ` +
    `in ${ms(event.duration)}${failed(event.error)}`,
  'connect:start': (event) => `dial ${event.dialId} ${event.address} port ${event.port}`,
  'connect:end': (event) =>
    `dial ${event.dialId} ${event.address} port ${event.port} in ${ms(event.duration)}${failed(event.error)}`,
  'tls:start': (event) =>
    `dial ${event.dialId} offers ${event.offered.join(' ')}${event.resuming ? ' and a ticket' : ''}` +
    (event.withProxy ? ' to the proxy' : ''),
  'tls:end': (event) =>
    `dial ${event.dialId} ${event.version ?? '-'} ${event.alpn ?? '-'}${event.resumed ? ' resumed' : ''} ` +
    `in ${ms(event.duration)}${failed(event.error)}`,
  'tunnel:start': (event) => `dial ${event.dialId} asks ${event.proxy} for a tunnel`,
  'tunnel:end': (event) =>
    `dial ${event.dialId} by ${event.proxy}` +
    (event.proxyDialId === null ? '' : ` over dial ${event.proxyDialId}`) +
    (event.proxyConnectionId === null ? '' : ` connection ${event.proxyConnectionId}`) +
    ` in ${ms(event.duration)}${failed(event.error)}`,
  'connection:open': (event) =>
    `connection ${event.connectionId} to ${event.origin} ${event.protocol} ${event.remoteAddress}` +
    (event.tls === null ? '' : ` ${event.tls.version}${event.tls.resumed ? ' resumed' : ''}`),
  'connection:draining': (event) =>
    `connection ${event.connectionId} to ${event.origin} ${event.reason}, ${event.openStreams} open`,
  'connection:closed': (event) =>
    `connection ${event.connectionId} to ${event.origin} after ${ms(event.age)} and ${event.requests} request${event.requests === 1 ? '' : 's'}` +
    failed(event.error),
  'ping:start': (event) => `connection ${event.connectionId} to ${event.origin}`,
  'ping:end': (event) =>
    `connection ${event.connectionId} to ${event.origin}` +
    `${event.roundTrip === null ? '' : ` ${ms(event.roundTrip)}`}${failed(event.error)}`,
  goaway: (event) =>
    `connection ${event.connectionId} to ${event.origin} code ${event.http2Code} last stream ${event.lastStreamId}` +
    (event.debug === '' ? '' : ` ${JSON.stringify(event.debug)}`),
  retry: (event) =>
    `${callOf(event)} attempt number ${event.attempt} in ${ms(event.delay)}` +
    `${event.status === null ? '' : ` after ${event.status}`}${failed(event.error)}`,
  replay: (event) =>
    `${callOf(event)} attempt ${event.attemptId}` +
    `${event.status === null ? '' : ` after ${event.status}`}${failed(event.error)}`,
  redirect: (event) => `${callOf(event)} ${event.status} from ${bare(event.from)} to ${bare(event.to)}`,
  breaker: (event) => `${event.origin} from ${event.from} to ${event.to}: ${event.reason}`,
  'stall:start': (event) => `${stallOf(event)}`,
  'stall:end': (event) => `${stallOf(event)} for ${ms(event.duration)}`,
  frame: (event) =>
    `connection ${event.connectionId} ${event.direction} type ${event.type} flags ${event.flags} ` +
    `stream ${event.streamId} ${event.length} B`,
}

function callOf({ requestId, correlationId }: { requestId: number; correlationId: string | null }): string {
  return `request ${requestId}${correlationId === null ? '' : ` [${correlationId}]`}`
}

function on({
  connectionId,
  streamId,
}: {
  connectionId: number | null
  streamId?: number | undefined
}): string {
  if (connectionId === null || connectionId === 0) return ''
  return ` on connection ${connectionId}${streamId === undefined ? '' : ` stream ${streamId}`}`
}

function stallOf({ connectionId, streamId, direction }: TrunklineEvents['stall:start']): string {
  const what = streamId === undefined ? '' : ` stream ${streamId}`
  return `connection ${connectionId}${what} ${direction === 'out' ? 'our upload' : 'the response'} waits`
}

function several(count: number, what: string, usual = 1): string {
  return count === usual ? '' : ` ${count} ${what}s`
}

/** Messages of other errors may be anything, secrets included: of those only the name is shown. */
function failed(error: Failure | null): string {
  if (error === null) return ''
  return error.code.startsWith('ERR_TRUNKLINE_')
    ? `: ${error.code} ${bare(error.message)}`
    : `: ${error.code}`
}

function ms(duration: number): string {
  return `${duration.toFixed(1)} ms`
}

/** Without queries, which often carry keys. */
function bare(text: string): string {
  return text.replace(/\?[^\s"'<>]*[^\s"'<>.,;:)]/g, '?…')
}
