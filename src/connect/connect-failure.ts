import {
  ConnectError,
  type ConnectErrorCode,
  type Phase,
  TimeoutError,
  type TimeoutErrorCode,
} from '../core/errors.ts'
import { type Origin, placeOf } from '../core/origin.ts'
import { type PhaseTimings, toldBefore } from '../core/phase-timings.ts'

/** What is known when a dial fails. */
export interface DialFacts {
  readonly origin: Origin
  readonly phase: Phase
  /** `authorizationError` of the TLS socket: the certificate was the reason. */
  readonly rejectedCertificate: boolean
  /** ALPN names that were offered. */
  readonly offer: readonly string[]
  /** Of the phases before. */
  readonly timings?: PhaseTimings
}

const CONNECT_PHASE_CODES: Partial<Record<Phase, ConnectErrorCode>> = {
  dns: 'ERR_TRUNKLINE_DNS_FAILED',
  connect: 'ERR_TRUNKLINE_CONNECT_FAILED',
  tls: 'ERR_TRUNKLINE_TLS_FAILED',
}

const TIMEOUT_PHASE_CODES: Partial<Record<Phase, TimeoutErrorCode>> = {
  dns: 'ERR_TRUNKLINE_DNS_TIMEOUT',
  connect: 'ERR_TRUNKLINE_CONNECT_TIMEOUT',
  proxy: 'ERR_TRUNKLINE_PROXY_TIMEOUT',
  tls: 'ERR_TRUNKLINE_TLS_TIMEOUT',
}

/** Node's reason why no connection came about, as ours. */
export function dialFailure(facts: DialFacts, cause: Error): ConnectError {
  const nodeCode = codeOf(cause)
  const code = codeFor(facts, nodeCode)
  return new ConnectError(
    code,
    `${sentence(code, facts, cause, nodeCode)} ${advice(code, facts, nodeCode)}`,
    {
      origin: facts.origin.key,
      phase: facts.phase,
      timings: facts.timings,
      cause,
    },
  )
}

/** `option`: which of `timeouts` it was that ran out. */
export function dialTimeout(
  { origin, phase, timings = {} }: Pick<DialFacts, 'origin' | 'phase' | 'timings'>,
  ms: number,
  option: 'dns' | 'connect' | 'proxy' | 'tls',
): TimeoutError {
  const steps = {
    dns: 'looking up the host',
    connect: 'opening the TCP connection',
    proxy: 'waiting for the proxy',
  }
  const doing = steps[phase as keyof typeof steps] ?? 'doing the TLS handshake'
  const what =
    option === 'connect'
      ? ` within ${Math.round(ms)} ms; time ran out while ${doing}`
      : `: ${doing} took longer than ${ms} ms`
  return new TimeoutError(
    TIMEOUT_PHASE_CODES[phase] ?? 'ERR_TRUNKLINE_CONNECT_TIMEOUT',
    `No connection to ${origin.key}${what}${toldBefore(timings)}. ` +
      `Raise timeouts.${option} if that can take longer.`,
    { origin: origin.key, phase, timings },
  )
}

/** Every address of the host is one that this client may not connect to. */
export function addressBlocked(origin: Origin, addresses: readonly string[]): ConnectError {
  return new ConnectError(
    'ERR_TRUNKLINE_ADDRESS_BLOCKED',
    `Refused to connect to ${origin.key}: its address (${addresses.join(', ')}) is blocked by addressGuard. ` +
      'If this client is meant to reach it, add it to addressGuard.allow.',
    { origin: origin.key, phase: 'connect' },
  )
}

/** The server chose no protocol that this client may speak. */
export function alpnRejected(origin: Origin, offer: readonly string[], cause: unknown = null): ConnectError {
  return new ConnectError(
    'ERR_TRUNKLINE_ALPN_REJECTED',
    `${origin.key} supports none of the offered protocols (${offer.join(', ')}). ` +
      "Add the other one to the client's `protocols` option.",
    { origin: origin.key, phase: 'tls', cause },
  )
}

function codeFor(facts: DialFacts, nodeCode: string): ConnectErrorCode {
  if (facts.rejectedCertificate) return 'ERR_TRUNKLINE_CERTIFICATE_REJECTED'
  // RFC 7301 section 3.2: the alert no_application_protocol.
  if (nodeCode.includes('NO_APPLICATION_PROTOCOL')) return 'ERR_TRUNKLINE_ALPN_REJECTED'
  if (LOOKUP_CODES.has(nodeCode)) return 'ERR_TRUNKLINE_DNS_FAILED'
  return CONNECT_PHASE_CODES[facts.phase] ?? 'ERR_TRUNKLINE_CONNECT_FAILED'
}

const LOOKUP_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'ENODATA', 'ESERVFAIL'])

function sentence(code: ConnectErrorCode, facts: DialFacts, cause: Error, nodeCode: string): string {
  const { key } = facts.origin
  const { host: hostname, port } = placeOf(facts.origin)
  const why = nodeCode === '' ? cause.message : nodeCode
  const whole = nodeCode === '' ? why : `${nodeCode}: ${reasonOf(cause)}`
  switch (code) {
    case 'ERR_TRUNKLINE_DNS_FAILED':
      return `The host name ${hostname} could not be resolved (${why}).`
    case 'ERR_TRUNKLINE_CERTIFICATE_REJECTED':
      return `The certificate of ${key} was rejected (${whole}).`
    case 'ERR_TRUNKLINE_TLS_FAILED':
      return `The TLS handshake with ${key} failed (${whole}).`
    case 'ERR_TRUNKLINE_ALPN_REJECTED':
      return `${key} supports none of the offered protocols (${facts.offer.join(', ')}).`
    default:
      return `Could not connect to ${hostname} port ${port} (${why}).`
  }
}

function advice(code: ConnectErrorCode, facts: DialFacts, nodeCode: string): string {
  switch (code) {
    case 'ERR_TRUNKLINE_DNS_FAILED':
      return nodeCode === 'EAI_AGAIN' ? 'The name server did not answer; try again.' : 'Check the name.'
    case 'ERR_TRUNKLINE_CERTIFICATE_REJECTED':
      return (
        CERTIFICATE_ADVICE[nodeCode] ?? 'If you trust its issuer, pass the certificate authority as tls.ca.'
      )
    case 'ERR_TRUNKLINE_TLS_FAILED':
      if (nodeCode === 'ERR_SSL_WRONG_VERSION_NUMBER')
        return 'The port answers, but not with TLS. Is it meant for http: URLs?'
      return 'Check that the port speaks TLS, and that both sides share a TLS version and a cipher.'
    case 'ERR_TRUNKLINE_ALPN_REJECTED':
      return "Add the other one to the client's `protocols` option."
    default:
      return nodeCode === 'ECONNREFUSED'
        ? 'Is the server running, and is the port right?'
        : `Is ${placeOf(facts.origin).host} reachable from here?`
  }
}

const CERTIFICATE_ADVICE: Record<string, string> = {
  CERT_HAS_EXPIRED: 'The server needs a new certificate, or the clock of this machine is wrong.',
  CERT_NOT_YET_VALID: 'Check the clock of this machine.',
  PIN_MISMATCH:
    'If its keys were changed on purpose, add one of the keys it shows to tls.pins; if not, someone may be intercepting the connection.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Use a host name that the certificate covers, or set tls.servername.',
}

/** OpenSSL's messages are a line of internals, with the reason in their midst; Node has that by itself. */
function reasonOf(error: Error): string {
  const { reason } = error as { reason?: unknown }
  return typeof reason === 'string' && error.message.includes('SSL routines') ? reason : error.message
}

function codeOf(error: Error): string {
  const own = (error as { code?: unknown }).code
  if (own !== undefined) return String(own)
  // Happy eyeballs reports all addresses together.
  const { errors } = error as Partial<AggregateError>
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0] as Error)
  return ''
}

/** Whether a handshake that failed with a TLS session on offer may go well without it. */
export function worthAnother(error: unknown): boolean {
  return error instanceof ConnectError && error.code === 'ERR_TRUNKLINE_TLS_FAILED'
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof ConnectError && error.code === 'ERR_TRUNKLINE_CONNECT_FAILED'
}

export function isNodeError(error: Error): boolean {
  return !String((error as { code?: unknown }).code ?? '').startsWith('ERR_TRUNKLINE_')
}
