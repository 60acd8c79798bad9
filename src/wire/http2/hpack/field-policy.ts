/**
 * How a field is written (RFC 7541 section 6.2). `index`: the table learns it, since it is likely to come again.
 * `volatile`: not indexed, since its value is new each time and would push out what repeats. `never`: not indexed,
 * and no intermediary may (section 7.1.3).
 */
export type FieldPolicy = 'index' | 'volatile' | 'never'

/** Credentials; in a table, what an attacker gets us to send beside them could be compared with them. */
const NEVER: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization'])

/** Shorter cookies could be guessed one after the other (RFC 7541 section 7.1), characters. */
const SHORTEST_INDEXED_COOKIE = 20

const VOLATILE: ReadonlySet<string> = new Set([
  ':path',
  'age',
  'content-length',
  'content-range',
  'date',
  'etag',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'range',
  'set-cookie',
  // Digests and signatures.
  'content-digest',
  'content-md5',
  'digest',
  'dpop',
  'repr-digest',
  'signature',
  'signature-input',
  'x-amz-content-sha256',
  'x-amz-date',
  // Ids of requests, traces and spans.
  'b3',
  'baggage',
  'grpc-timeout',
  'idempotency-key',
  'request-id',
  'sentry-trace',
  'traceparent',
  'tracestate',
  'uber-trace-id',
  'x-amzn-trace-id',
  'x-b3-parentspanid',
  'x-b3-spanid',
  'x-b3-traceid',
  'x-cloud-trace-context',
  'x-correlation-id',
  'x-datadog-parent-id',
  'x-datadog-trace-id',
  'x-request-id',
  'x-trace-id',
])

/** What is known of a field by its name. */
export function policyOf(name: string, neverIndexed: ReadonlySet<string>): FieldPolicy {
  if (NEVER.has(name) || neverIndexed.has(name)) return 'never'
  return VOLATILE.has(name) ? 'volatile' : 'index'
}

/** A short cookie is `never`, whatever holds for its name. */
export function isShortCookie(name: string, value: string): boolean {
  return value.length < SHORTEST_INDEXED_COOKIE && name === 'cookie'
}
