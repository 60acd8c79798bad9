import { InvalidRequestError } from '../../core/errors.ts'
import {
  combinedHeader,
  contentLength,
  type HeaderList,
  headerValue,
  isConnectionSpecific,
} from '../../core/headers.ts'
import type { BodyShape, RequestHead } from '../contract.ts'

/** A request head as `node:http` takes it, and how its body is framed. */
export interface EncodedHead {
  /** Flat list: name, value. `node:http` adds nothing to it. */
  readonly fields: string[]
  readonly chunked: boolean
  /** Bytes the body must have; null when the framing leaves it open. */
  readonly length: number | null
  /** It asks for a tunnel. */
  readonly upgrades: boolean
}

/** RFC 9110 section 8.6: methods that anticipate content say so when there is none. */
const EXPECTS_CONTENT = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

/**
 * Host first (RFC 9110 section 7.2), then the caller's fields in order and with repeats, then those that belong
 * to this connection. Framing is made here, from the shape of the body, and never taken over from the caller:
 * two ideas of a message's length are request smuggling (RFC 9112 section 11.2).
 */
export function encodeHead(head: RequestHead, body: BodyShape): EncodedHead {
  const upgrades = head.protocol !== undefined
  const length = upgrades ? null : bodyLength(head, body)
  const chunked = !upgrades && body !== 'none' && length === null
  const fields = ['host', head.authority]
  let connection = 'keep-alive'
  for (let index = 0; index < head.headers.length; index += 2) {
    const name = head.headers[index] as string
    const value = head.headers[index + 1] as string
    if (name === 'content-length' || isConnectionSpecific(name)) continue
    if (name === 'trailer' && !chunked) continue
    if (name === 'te') {
      // RFC 9110 section 10.1.4: TE goes with a connection option of its name, and only `trailers` is understood.
      if (value !== 'trailers') continue
      connection = 'keep-alive, te'
    }
    fields.push(name, value)
  }
  if (upgrades) fields.push('connection', 'Upgrade', 'upgrade', head.protocol)
  else fields.push('connection', connection)
  if (chunked) fields.push('transfer-encoding', 'chunked')
  else if (length !== null) fields.push('content-length', String(length))
  return { fields, chunked, length, upgrades }
}

function bodyLength(head: RequestHead, body: BodyShape): number | null {
  if (body === 'none') return EXPECTS_CONTENT.has(head.method) ? 0 : null
  const declared = contentLength(head.headers)
  if (declared === 'invalid') {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_HEADER',
      `Invalid header "content-length": ${JSON.stringify(combinedHeader(head.headers, 'content-length'))} is not one decimal number. Leave it out: the body is then sent in chunks.`,
    )
  }
  // RFC 9112 section 6.5: only the chunked coding has a place for trailers.
  return body === 'data-and-trailers' ? null : declared
}

/** Fields that a trailer section cannot carry: framing, routing, the connection (RFC 9110 section 6.5.1). */
export function encodeTrailers(trailers: HeaderList): [string, string][] {
  const fields: [string, string][] = []
  for (let index = 0; index < trailers.length; index += 2) {
    const name = trailers[index] as string
    if (isConnectionSpecific(name) || name === 'content-length' || name === 'trailer' || name === 'te')
      continue
    fields.push([name, trailers[index + 1] as string])
  }
  return fields
}

/** Fields as Node delivers them raw, with lower-case names. */
export function decodeFields(raw: readonly string[]): string[] {
  const fields = raw.slice()
  for (let index = 0; index < fields.length; index += 2)
    fields[index] = (fields[index] as string).toLowerCase()
  return fields
}

/** Why a head that parsed is still no final response that can be read, or null. */
export function headProblem(version: string, status: number, fields: HeaderList): string | null {
  if (version !== '1.1' && version !== '1.0') return `its version is ${version}`
  if (status === 101) return 'it switched protocols (status 101), which no request asked for'
  if (status < 200) return `its status is ${status}`
  const coding = combinedHeader(fields, 'transfer-encoding')
  // RFC 9112 section 6.1: codings beyond chunked come only to a client that asked for them in TE.
  if (coding !== null && coding.trim().toLowerCase() !== 'chunked') {
    return `its transfer-encoding is ${JSON.stringify(coding.slice(0, 100))}, where only "chunked" was allowed`
  }
  return null
}

/** RFC 9112 section 6.1: HTTP/1.0 has no chunked coding; what claims to use it is the last on its connection. */
export function isDoubtful(version: string, fields: HeaderList): boolean {
  return version === '1.0' && headerValue(fields, 'transfer-encoding') !== null
}

/**
 * How long the server keeps an idle connection, in ms, or null when it does not say. A second is taken off, so
 * that a request does not cross the server's FIN on the way; 0 means that nothing is left.
 */
export function keepAliveLimit(fields: HeaderList): number | null {
  const seconds = /(?:^|[\s,;])timeout=(\d{1,9})/i.exec(combinedHeader(fields, 'keep-alive') ?? '')?.[1]
  if (seconds === undefined) return null
  return Math.min(Math.max(0, (Number(seconds) - 1) * 1000), LONGEST_TIMEOUT)
}

/** Whether the server says that it keeps the connection; HTTP/1.1 has it as what goes without saying. */
export function promisesToStay(fields: HeaderList): boolean {
  return /(?:^|[\s,])keep-alive(?:$|[\s,])/i.test(combinedHeader(fields, 'connection') ?? '')
}

/** The longest delay that Node's timers take. */
const LONGEST_TIMEOUT = 2 ** 31 - 1
