import {
  type Attributes,
  type Context,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Failure } from '../../core/events.ts'
import { ATTRIBUTES as A, errorType } from './attributes.ts'
import type { Dial, DialBook, DialPhase } from './dial-book.ts'

/** The names of the spans below an attempt. */
export const DIAL_SPANS = {
  dial: 'trunkline.dial',
  dns: 'trunkline.dns',
  connect: 'trunkline.connect',
  tls: 'trunkline.tls',
  tunnel: 'trunkline.tunnel',
} as const

/** What is known of dials. */
type Dials = Pick<DialBook, 'get'> | null

/** Makes the spans of a dial that has ended, below the span of `context`: one for the whole, and one for each phase. */
export function makeDialSpans(tracer: Tracer, context: Context, dial: Dial, dials: Dials): void {
  const attributes: Attributes = {
    [A.dialId]: dial.id,
    [A.serverAddress]: dial.host,
    [A.serverPort]: dial.port,
    ...(dial.proxy === null ? {} : { [A.dialProxy]: dial.proxy }),
  }
  // A number that is no time of this century is one of performance.now() to every SDK.
  const settings = { kind: SpanKind.INTERNAL, attributes, startTime: dial.startedAt }
  const span = tracer.startSpan(DIAL_SPANS.dial, settings, context)
  const below = trace.setSpan(context, span)
  for (const phase of dial.phases) makePhase(tracer, below, phase, dials)
  if (dial.error !== null) fail(span, dial.error)
  span.end(dial.endedAt)
}

function makePhase(tracer: Tracer, context: Context, phase: DialPhase, dials: Dials): void {
  const { kind, startedAt, endedAt, error } = phase
  const settings = { kind: SpanKind.INTERNAL, attributes: attributesOf(phase), startTime: startedAt }
  const span = tracer.startSpan(DIAL_SPANS[kind], settings, context)
  if (error !== null) fail(span, error)
  const leg = kind === 'tunnel' && phase.proxyDialId !== null ? dials?.get(phase.proxyDialId) : undefined
  // One that had begun before was another tunnel's.
  if (leg !== undefined && leg.startedAt >= startedAt)
    makeDialSpans(tracer, trace.setSpan(context, span), leg, dials)
  span.end(endedAt)
}

function attributesOf(phase: DialPhase): Attributes {
  switch (phase.kind) {
    case 'dns':
      return {
        [A.dnsHost]: phase.host,
        [A.dnsAddresses]: [...phase.addresses],
        [A.dnsCached]: phase.cached,
      }
    case 'connect':
      return { [A.peerAddress]: phase.address, [A.peerPort]: phase.port }
    case 'tunnel':
      return {
        [A.dialProxy]: phase.proxy,
        ...(phase.proxyDialId === null ? {} : { [A.proxyDialId]: phase.proxyDialId }),
      }
    case 'tls':
      return {
        [A.serverAddress]: phase.servername,
        [A.withProxy]: phase.withProxy,
        [A.tlsResumed]: phase.resumed,
        ...(phase.version === null ? {} : { [A.tlsVersion]: phase.version }),
        ...(phase.alpn === null ? {} : { [A.alpn]: phase.alpn }),
      }
  }
}

function fail(span: ReturnType<Tracer['startSpan']>, { error, code, message }: Failure): void {
  span.setAttribute(A.errorType, error === null ? code : errorType(error))
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
