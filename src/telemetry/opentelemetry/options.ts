import type { MeterProvider, Span, TextMapPropagator, TracerProvider } from '@opentelemetry/api'
import type { ClientRequest, ClientResponse } from '../../core/dispatch.ts'
import { notAnOption } from '../../core/nearest.ts'
import { invalidOption } from '../../interceptors/invalid-option.ts'
import { boolean, type Check, func, oneOf } from '../../option-checks.ts'
import { checkRoutes, type Routes } from '../route-templates.ts'

/** Options of spans and metrics. */
export interface OpenTelemetryOptions {
  /** Default: the one that is registered globally, also if that happens later. */
  readonly tracerProvider?: TracerProvider
  readonly meterProvider?: MeterProvider
  readonly propagator?: TextMapPropagator
  /** Make spans. Default true. */
  readonly spans?: boolean
  /** Measure. Default true. */
  readonly metrics?: boolean
  /**
   * Send the context along (`traceparent`, and what else the propagator has). A function says to whom: baggage may be
   * nobody else's business. Default true.
   */
  readonly propagate?: boolean | ((request: ClientRequest) => boolean)
  /** Requests to leave alone: no span, no measurement, no header. Default none. */
  readonly ignore?: (request: ClientRequest) => boolean
  /** When a span ends, and a duration: with the last byte of the response, or with its head. Default `body`. */
  readonly endAt?: 'body' | 'headers'
  /** Spans for DNS, TCP and TLS, below that of each attempt that waited for the connection. Default false. */
  readonly dialSpans?: boolean
  /** Makes `url.template` of the URL, which also goes into the name of the span. Default: none. */
  readonly routes?: Routes
  /** Fields of requests and responses to record, by their names. Default none: they may hold secrets. */
  readonly requestHeaders?: readonly string[]
  readonly responseHeaders?: readonly string[]
  /** Record `user_agent.original`. Default false. */
  readonly userAgent?: boolean
  /**
   * Methods to record as they are; others are `_OTHER`. Default: what `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` in the
   * environment lists, else those of RFC 9110, and PATCH.
   */
  readonly knownMethods?: readonly string[]
  /** Parameters of the query whose values become `REDACTED`. Default: signatures and keys of well-known clouds. */
  readonly redactedParameters?: readonly string[]
  /** Called with the span of each attempt, to add attributes of your own. */
  readonly onRequest?: (span: Span, request: ClientRequest) => void
  /** Adds attributes of your own when the head of a response has come. */
  readonly onResponse?: (span: Span, response: ClientResponse) => void
}

export type SettledOpenTelemetry = Omit<Required<OpenTelemetryOptions>, Optional | 'knownMethods'> &
  Pick<OpenTelemetryOptions, Optional> & { readonly knownMethods: ReadonlySet<string> }

type Optional =
  | 'tracerProvider'
  | 'meterProvider'
  | 'propagator'
  | 'ignore'
  | 'routes'
  | 'onRequest'
  | 'onResponse'

const METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']
const METHODS_VARIABLE = 'OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS'

const REDACTED_PARAMETERS = [
  'AWSAccessKeyId',
  'Signature',
  'sig',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Goog-Signature',
]

const texts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? null : 'a list of strings'

const having =
  (method: string): Check =>
  (value) =>
    typeof (value as Record<string, unknown> | null)?.[method] === 'function'
      ? null
      : `an object with the method ${method}`

const booleanOrFunction: Check = (value) =>
  typeof value === 'function' || typeof value === 'boolean' ? null : 'true, false or a function'

const CHECKS: { readonly [Name in keyof Required<OpenTelemetryOptions>]: Check | null } = {
  tracerProvider: having('getTracer'),
  meterProvider: having('getMeter'),
  propagator: having('inject'),
  spans: boolean,
  metrics: boolean,
  propagate: booleanOrFunction,
  ignore: func,
  endAt: oneOf('body', 'headers'),
  dialSpans: boolean,
  routes: null,
  requestHeaders: texts,
  responseHeaders: texts,
  userAgent: boolean,
  knownMethods: texts,
  redactedParameters: texts,
  onRequest: func,
  onResponse: func,
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming what is wrong. */
export function settleOpenTelemetry(given: OpenTelemetryOptions): SettledOpenTelemetry {
  if (typeof given !== 'object' || given === null) throw invalid('options must be an object')
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) throw invalid(`${name} ${notAnOption(name, Object.keys(CHECKS))}`)
    const expected = CHECKS[name as keyof OpenTelemetryOptions]?.(value) ?? null
    if (expected !== null) throw invalid(`${name} must be ${expected}`)
  }
  const { routes } = given
  const wrong = routes === undefined ? null : checkRoutes(routes)
  if (wrong !== null) throw invalid(`routes ${wrong}`)
  const settled = { ...DEFAULTS, ...(options as OpenTelemetryOptions) }
  return {
    ...settled,
    requestHeaders: settled.requestHeaders.map((name) => name.toLowerCase()),
    responseHeaders: settled.responseHeaders.map((name) => name.toLowerCase()),
    knownMethods: new Set(given.knownMethods ?? methodsOfEnvironment(process.env) ?? METHODS),
  }
}

const DEFAULTS = {
  spans: true,
  metrics: true,
  propagate: true,
  endAt: 'body',
  dialSpans: false,
  requestHeaders: [] as readonly string[],
  responseHeaders: [] as readonly string[],
  userAgent: false,
  redactedParameters: REDACTED_PARAMETERS as readonly string[],
} as const

function methodsOfEnvironment(environment: NodeJS.ProcessEnv): string[] | null {
  const listed = environment[METHODS_VARIABLE]?.trim() ?? ''
  return listed === '' ? null : listed.split(',').map((method) => method.trim())
}

function invalid(why: string) {
  return invalidOption('opentelemetry', why)
}
