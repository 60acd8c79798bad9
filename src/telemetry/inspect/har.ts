/**
 * HTTP Archive 1.2. Each exchange on a connection is an entry, so retries, replays and redirects are entries of their
 * own; so is a request that never got as far.
 */
import { type Bar, BarMaker, type Phase } from './bars.ts'
import type { Har, HarEntry, HarPair, HarRequest, HarResponse, HarTimings } from './har-format.ts'
import { queryOf, requestCookies, responseCookies } from './har-parts.ts'
import type { RecordedConnection, Recording } from './recording.ts'

/** As in package.json; a test holds it to that. */
const PACKAGE_VERSION = '0.1.0'

/** The recording as HAR 1.2, for browsers and other tools. */
export function harOf(recording: Recording): Har {
  const maker = new BarMaker(recording)
  const connections = new Map(recording.connections.map((connection) => [connection.id, connection]))
  const bars = recording.requests.flatMap((request) => maker.of(request))
  const entries = bars
    .sort((one, other) => one.start - other.start)
    .map((bar) => entryOf(bar, recording, connections.get(bar.connectionId)))
  const { requests: dropped } = recording.dropped
  return {
    log: {
      version: '1.2',
      creator: { name: 'trunkline', version: PACKAGE_VERSION },
      entries,
      ...(dropped > 0 && {
        comment: `${dropped} earlier requests were forgotten to stay within the limits.`,
      }),
    },
  }
}

function entryOf(bar: Bar, recording: Recording, connection: RecordedConnection | undefined): HarEntry {
  const { request, attempt, stream } = bar
  return {
    startedDateTime: new Date(recording.timeOrigin + bar.start).toISOString(),
    time: bar.end - bar.start,
    request: harRequest(bar, connection),
    response: harResponse(bar, connection),
    cache: {},
    timings: timingsOf(bar),
    ...(connection !== undefined && {
      serverIPAddress: connection.remoteAddress,
      connection: String(connection.id),
    }),
    _requestId: request.id,
    _attempt: attempt?.number ?? 0,
    _streamId: stream?.streamId ?? null,
    _connectionId: connection?.id ?? null,
    _correlationId: request.correlationId,
    _resumed: connection?.tls?.resumed ?? null,
    _error: bar.error === null ? null : bar.error.code,
  }
}

function harRequest(
  { request, attempt, stream }: Bar,
  connection: RecordedConnection | undefined,
): HarRequest {
  const { method, url, headers } = attempt ?? request
  return {
    method,
    url,
    httpVersion: versionOf(connection),
    cookies: requestCookies(headers),
    headers: pairsOf(headers),
    queryString: queryOf(url),
    headersSize: -1,
    bodySize: stream?.bytesSent ?? request.bytesSent,
  }
}

function harResponse(
  { request, stream, status }: Bar,
  connection: RecordedConnection | undefined,
): HarResponse {
  const headers = stream?.headers ?? request.responseHeaders
  const received = stream?.bytesReceived ?? request.bytesReceived
  const answered = status !== null
  return {
    status: status ?? 0,
    // HTTP/2 has none.
    statusText: '',
    httpVersion: answered ? versionOf(connection) : '',
    cookies: responseCookies(headers),
    headers: pairsOf(headers),
    content: { size: received, mimeType: fieldOf(headers, 'content-type') ?? 'x-unknown' },
    redirectURL: fieldOf(headers, 'location') ?? '',
    headersSize: -1,
    bodySize: answered ? received : -1,
  }
}

function fieldOf(headers: readonly string[], name: string): string | undefined {
  return headers.find((_value, at) => at % 2 === 1 && headers[at - 1] === name)
}

function versionOf(connection: RecordedConnection | undefined): string {
  if (connection === undefined) return 'unknown'
  return connection.protocol === 'h2' ? 'HTTP/2' : 'HTTP/1.1'
}

function pairsOf(headers: readonly string[]): HarPair[] {
  const pairs: HarPair[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    pairs.push({ name: headers[at] as string, value: headers[at + 1] as string })
  }
  return pairs
}

function timingsOf({ segments }: Bar): HarTimings {
  const spent = (...phases: readonly Phase[]) => {
    const parts = segments.filter(({ phase }) => phases.includes(phase))
    return parts.length === 0 ? -1 : parts.reduce((sum, { start, end }) => sum + end - start, 0)
  }
  return {
    blocked: spent('client', 'backoff', 'queue'),
    dns: spent('dns'),
    connect: spent('connect', 'proxy', 'tls'),
    ssl: spent('tls'),
    send: 0,
    wait: Math.max(0, spent('waiting')),
    receive: Math.max(0, spent('receiving')),
  }
}
