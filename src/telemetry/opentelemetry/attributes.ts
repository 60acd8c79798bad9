import type { Attributes } from '@opentelemetry/api'
import type { ClientRequest, ClientResponse } from '../../core/dispatch.ts'
import { ClientError } from '../../core/errors.ts'
import { type HeaderList, headerValue } from '../../core/headers.ts'
import type { OpenConnection } from './connection-book.ts'
import type { SettledOpenTelemetry } from './options.ts'

/**
 * Names of attributes: those of the HTTP semantic conventions, and below `trunkline.` our own. Durations are in
 * seconds. Captured fields are `http.request.header.NAME` and `http.response.header.NAME` besides.
 */
export const ATTRIBUTES = {
  method: 'http.request.method',
  originalMethod: 'http.request.method_original',
  resends: 'http.request.resend_count',
  status: 'http.response.status_code',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  url: 'url.full',
  template: 'url.template',
  scheme: 'url.scheme',
  errorType: 'error.type',
  protocolName: 'network.protocol.name',
  protocolVersion: 'network.protocol.version',
  peerAddress: 'network.peer.address',
  peerPort: 'network.peer.port',
  userAgent: 'user_agent.original',
  connectionState: 'http.connection.state',
  connectionId: 'trunkline.connection.id',
  connectionReused: 'trunkline.connection.reused',
  streamId: 'trunkline.stream.id',
  tlsVersion: 'trunkline.tls.version',
  tlsResumed: 'trunkline.tls.resumed',
  queued: 'trunkline.queue.duration',
  firstByte: 'trunkline.first_byte.duration',
  replays: 'trunkline.replays',
  bodyCancelled: 'trunkline.response.cancelled',
  errorPhase: 'trunkline.error.phase',
  errorProcessed: 'trunkline.error.processed',
  http2Code: 'trunkline.error.http2_code',
  dialId: 'trunkline.dial.id',
  dialProxy: 'trunkline.dial.proxy',
  proxyDialId: 'trunkline.tunnel.dial.id',
  dnsHost: 'trunkline.dns.host',
  dnsAddresses: 'trunkline.dns.addresses',
  dnsCached: 'trunkline.dns.cached',
  alpn: 'trunkline.tls.alpn',
  withProxy: 'trunkline.tls.with_proxy',
} as const

const A = ATTRIBUTES

/** What is known before a request goes out, for spans and measurements alike. */
export interface RequestFacts {
  /** `_OTHER` for a method that is not known. */
  readonly method: string
  readonly template: string | null
}

/** Known at the start of a span, so that a sampler can go by it. */
export function requestAttributes(
  request: ClientRequest,
  { method, template }: RequestFacts,
  url: string,
  settled: SettledOpenTelemetry,
): Attributes {
  const { origin } = request.target
  const attributes: Attributes = {
    [A.method]: method,
    [A.serverAddress]: origin.hostname,
    [A.serverPort]: origin.port,
    [A.url]: url,
  }
  if (method !== request.method) attributes[A.originalMethod] = request.method
  if (template !== null) attributes[A.template] = template
  const userAgent = settled.userAgent ? headerValue(request.headers, 'user-agent') : null
  if (userAgent !== null) attributes[A.userAgent] = userAgent
  return addFields(attributes, 'http.request.header.', request.headers, settled.requestHeaders)
}

export function responseAttributes(
  response: ClientResponse,
  connection: OpenConnection | undefined,
  settled: SettledOpenTelemetry,
): Attributes {
  const { status, headers } = response
  const attributes: Attributes = { [A.status]: status }
  // 0: from a cache or a mock, which no network has anything to do with.
  if (response.connectionId !== 0) addConnection(attributes, response, connection)
  if (isErrorStatus(status)) attributes[A.errorType] = String(status)
  return addFields(attributes, 'http.response.header.', headers, settled.responseHeaders)
}

/** Of a client every status from 400 on is an error. */
export function isErrorStatus(status: number): boolean {
  return status >= 400
}

export function protocolVersion(protocol: 'h2' | 'http/1.1'): string {
  return protocol === 'h2' ? '2' : '1.1'
}

/** Of few values: the code of a `ClientError`, else the name of whatever was thrown. */
export function errorType(error: unknown): string {
  if (error instanceof ClientError) return error.code
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown }
  // Of another copy of this package.
  if (typeof code === 'string' && code.startsWith('ERR_TRUNKLINE_')) return code
  return typeof name === 'string' && name !== '' ? name : '_OTHER'
}

export function errorAttributes(error: unknown): Attributes {
  const attributes: Attributes = { [A.errorType]: errorType(error) }
  if (!(error instanceof ClientError)) return attributes
  attributes[A.errorProcessed] = error.processed
  if (error.phase !== undefined) attributes[A.errorPhase] = error.phase
  if (error.http2Code !== undefined) attributes[A.http2Code] = error.http2Code
  if (error.connectionId !== undefined) attributes[A.connectionId] = error.connectionId
  if (error.attempts > 1) attributes[A.replays] = error.attempts - 1
  return attributes
}

function addConnection(
  attributes: Attributes,
  { protocol, connectionId, streamId, timings }: ClientResponse,
  connection: OpenConnection | undefined,
): void {
  attributes[A.protocolName] = 'http'
  attributes[A.protocolVersion] = protocolVersion(protocol)
  attributes[A.connectionId] = connectionId
  attributes[A.connectionReused] = timings.connect === null
  attributes[A.queued] = timings.queued / 1000
  attributes[A.firstByte] = timings.firstByte / 1000
  if (streamId !== undefined) attributes[A.streamId] = streamId
  if (timings.attempts > 1) attributes[A.replays] = timings.attempts - 1
  if (connection !== undefined) Object.assign(attributes, networkAttributes(connection))
}

export function networkAttributes({ protocol, peerAddress, peerPort, tls }: OpenConnection): Attributes {
  return {
    [A.protocolName]: 'http',
    [A.protocolVersion]: protocolVersion(protocol),
    [A.peerAddress]: peerAddress,
    ...(peerPort === null ? {} : { [A.peerPort]: peerPort }),
    ...(tls === null ? {} : { [A.tlsVersion]: tls.version, [A.tlsResumed]: tls.resumed }),
  }
}

/** Each of `names` that is there, with all of its values. */
function addFields(
  attributes: Attributes,
  prefix: string,
  headers: HeaderList,
  names: readonly string[],
): Attributes {
  for (const name of names) {
    const values: string[] = []
    for (let index = 0; index < headers.length; index += 2)
      if (headers[index] === name) values.push(headers[index + 1] as string)
    if (values.length > 0) attributes[`${prefix}${name}`] = values
  }
  return attributes
}
