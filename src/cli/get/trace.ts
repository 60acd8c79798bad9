import type { Failure, TrunklineEvents } from '../../core/events.ts'
import { events } from '../../core/events.ts'
import type { Output } from '../command.ts'
import { bytes, ms, plural } from '../format.ts'
import { errorCodeName, frameName } from '../http2-names.ts'
import { harmless, type Paint } from '../paint.ts'
import { fieldLines, statusText } from './delivery.ts'

/** Without what stands behind it in the key of a pool. */
const bareOrigin = (origin: string) => origin.replace(/#.*/, '')

type Listeners = { [Name in keyof TrunklineEvents]?: (event: TrunklineEvents[Name]) => readonly string[] }

/** Tells on a stream what happens; returns a function that ends it. */
export function startTrace(out: Output): () => void {
  const startedAt = performance.now()
  const { paint } = out
  const stops = Object.entries(listenersFor(paint)).map(([name, listener]) => {
    const channel = events[name as keyof TrunklineEvents]
    const onEvent = (message: unknown) => {
      const event = message as { at: number }
      const stamp = paint.soft(`${(event.at - startedAt).toFixed(1).padStart(8)} `)
      for (const line of (listener as (event: unknown) => readonly string[])(event)) out.line(stamp + line)
    }
    channel.subscribe(onEvent)
    return () => channel.unsubscribe(onEvent)
  })
  return () => {
    for (const stop of stops) stop()
  }
}

function listenersFor(paint: Paint): Listeners {
  const note = (text: string) => [`${paint.soft('*')} ${text}`]
  const failed = (what: string, { message, code }: Failure) =>
    note(`${paint.bad(what)}: ${harmless(message)} ${paint.soft(`[${code}]`)}`)
  return {
    'dns:end': ({ host, addresses, duration, cached, error }) =>
      error !== null
        ? failed(`${host} was not found`, error)
        : note(
            `${harmless(host)} is ${addresses.join(', ')} ${paint.soft(cached ? '(known)' : `(${ms(duration)})`)}`,
          ),
    'connect:end': ({ address, port, duration, error }) =>
      error !== null
        ? failed(`no connection to ${address} port ${port}`, error)
        : note(`connected to ${address} port ${port} ${paint.soft(`(${ms(duration)})`)}`),
    'tunnel:start': ({ proxy, origin }) =>
      note(`asking the proxy ${harmless(proxy)} for a tunnel to ${harmless(bareOrigin(origin))}`),
    'tunnel:end': ({ proxy, duration, error }) =>
      error !== null
        ? failed(`no tunnel through ${proxy}`, error)
        : note(`the tunnel through ${harmless(proxy)} stands ${paint.soft(`(${ms(duration)})`)}`),
    'tls:start': ({ servername, offered, resuming, withProxy }) =>
      note(
        `TLS to ${withProxy ? 'the proxy ' : ''}${harmless(servername || 'an address')}, offering ${offered.join(', ')}${resuming ? ' and an earlier session' : ''}`,
      ),
    'tls:end': ({ version, alpn, resumed, duration, error }) =>
      error !== null
        ? failed('the TLS handshake failed', error)
        : note(
            `${version}, ALPN ${alpn ?? 'nothing'}, ${resumed ? paint.good('resumed') : 'full handshake'} ${paint.soft(`(${ms(duration)})`)}`,
          ),
    'connection:open': ({ connectionId, protocol, remoteAddress }) =>
      note(`connection ${connectionId} is open: ${protocol}, ${remoteAddress}`),
    'queue:end': ({ duration, error }) =>
      error !== null ? failed('waited in vain', error) : note(`waited ${ms(duration)} for a connection`),
    'attempt:start': ({ method, url, headers }) => [
      `${paint.good('>')} ${paint.bold(method)} ${harmless(url)}`,
      ...fieldLines(headers, paint).map((line) => `${paint.good('>')} ${line}`),
    ],
    'stream:headers': ({ status, headers, connectionId, streamId }) => [
      `${paint.accent('<')} ${statusText(status, paint)} ${paint.soft(`connection ${connectionId}${streamId === undefined ? '' : `, stream ${streamId}`}`)}`,
      ...fieldLines(headers, paint).map((line) => `${paint.accent('<')} ${line}`),
    ],
    'stream:end': ({ bytesReceived, bytesSent, error }) =>
      error?.code === 'AbortError'
        ? note(`stream given up: ${harmless(error.message)}`)
        : error !== null
          ? failed('the stream failed', error)
          : note(`stream ended: ${bytes(bytesReceived)} received, ${bytes(bytesSent)} sent`),
    'attempt:end': ({ error, connectionId }) =>
      error !== null && connectionId === null ? failed('not sent', error) : [],
    redirect: ({ status, to }) => note(`${status}: redirected to ${harmless(to)}`),
    retry: ({ attempt, delay }) => note(`attempt ${attempt} in ${ms(delay)}`),
    replay: ({ error, status }) =>
      note(`not processed, and sent again: ${harmless(error?.message ?? `it was answered with ${status}`)}`),
    'ping:end': ({ roundTrip }) =>
      roundTrip === null
        ? note('PING: not answered before the connection ended')
        : note(`PING: ${ms(roundTrip)}`),
    goaway: ({ lastStreamId, http2Code, debug }) =>
      note(
        `GOAWAY: ${errorCodeName(http2Code)}, last stream ${lastStreamId}${debug === '' ? '' : `, ${harmless(debug)}`}`,
      ),
    'connection:closed': ({ connectionId, requests, error }) =>
      note(
        `connection ${connectionId} closed after ${plural(requests, 'request')}${error === null ? '' : `: ${harmless(error.message)}`}`,
      ),
    frame: ({ direction, type, flags, streamId, length }) => [
      paint.soft(
        `${direction === 'out' ? '→' : '←'} ${frameName(type, flags)} stream ${streamId}, ${bytes(length)}`,
      ),
    ],
  }
}
