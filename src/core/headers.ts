import { InvalidRequestError } from './errors.ts'
import { textOf } from './text-of.ts'

/**
 * A header section as a flat list: name, value, name, value. Names are lower-case; order and repeats are kept
 * (RFC 9110 section 5.3). The wire reads and writes this form, so nothing is converted on the way.
 */
export type HeaderList = readonly string[]

/** What a caller may give as headers. */
export type HeadersInput =
  | Headers
  | Readonly<Record<string, string | number | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>

// RFC 9110 section 5.6.2: token characters.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const LOWER_CASE_TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
// RFC 9110 section 5.5: visible ASCII, obs-text, and inside the value space and tab.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g

/**
 * Turns headers as people write them into a `HeaderList`.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_HEADER`, naming the field, for a name that is not a token or
 * a value with CR, LF, NUL or a character above U+00FF.
 */
export function toHeaderList(input: HeadersInput | undefined | null): string[] {
  const list: string[] = []
  if (input === undefined || input === null) return list
  if (input instanceof Headers) {
    // The platform has lower-cased the names, and lets control characters pass in values.
    for (const [name, value] of input) list.push(name, validValue(name, value))
    return list
  }
  if (typeof input !== 'object')
    throw invalidHeader(textOf(input), 'headers must be an object, a list of pairs or Headers')
  if (Symbol.iterator in input) {
    for (const pair of input) addPair(list, pair)
    return list
  }
  for (const name of Object.keys(input)) addValue(list, name, input[name])
  return list
}

function addPair(list: string[], pair: readonly [string, string]): void {
  if (typeof pair !== 'object' || pair === null || pair.length !== 2) {
    throw invalidHeader(textOf(pair), 'each entry of a header list must be a pair of a name and a value')
  }
  addValue(list, pair[0], pair[1])
}

function addValue(
  list: string[],
  name: string,
  value: string | number | readonly string[] | undefined,
): void {
  if (value === undefined) return
  if (Array.isArray(value)) for (const one of value) list.push(validName(name), validValue(name, one))
  else list.push(validName(name), validValue(name, value as string | number))
}

/** RFC 9110 section 5.6.2: what names of fields and methods are made of. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

export function validName(name: string): string {
  if (typeof name === 'string' && LOWER_CASE_TOKEN.test(name)) return name
  if (typeof name !== 'string' || !isToken(name)) {
    throw invalidHeader(textOf(name), "a header name consists of letters, digits and !#$%&'*+-.^_`|~")
  }
  return name.toLowerCase()
}

export function validValue(name: string, value: string | number): string {
  const text = textOf(value)
  if (FIELD_VALUE.test(text) && !startsOrEndsWithSpace(text)) return text
  const trimmed = text.replace(OUTER_SPACE, '')
  if (FIELD_VALUE.test(trimmed)) return trimmed
  throw invalidHeader(
    name,
    'its value contains a line break, a NUL, another control character or a character above U+00FF',
  )
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_HEADER` for a list that `toHeaderList` would not have made. */
export function validateHeaderList(list: HeaderList): void {
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] as string
    const value = list[index + 1]
    if (validName(name) !== name) throw invalidHeader(name, 'names in a header list must be lower-case')
    if (typeof value !== 'string' || validValue(name, value) !== value) {
      throw invalidHeader(name, 'its value is not a string, or has spaces around it')
    }
  }
}

function startsOrEndsWithSpace(text: string): boolean {
  const first = text.charCodeAt(0)
  const last = text.charCodeAt(text.length - 1)
  return first === 0x20 || first === 0x09 || last === 0x20 || last === 0x09
}

function invalidHeader(name: string, why: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_HEADER',
    `Invalid header ${JSON.stringify(name.slice(0, 100))}: ${why}.`,
  )
}

/** The first value of a field, or null. `name` must be lower-case. */
export function headerValue(headers: HeaderList, name: string): string | null {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === name) return headers[index + 1] as string
  }
  return null
}

/** All values of a field joined by a comma (RFC 9110 section 5.3), or null. `name` must be lower-case. */
export function combinedHeader(headers: HeaderList, name: string): string | null {
  let combined: string | null = null
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) continue
    combined = combined === null ? (headers[index + 1] as string) : `${combined}, ${headers[index + 1]}`
  }
  return combined
}

/** The fields by name, the values of repeats joined by a comma (RFC 9110 section 5.3). It has no prototype. */
export function headerRecord(headers: HeaderList): Record<string, string> {
  const record: Record<string, string> = Object.create(null)
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    const before = record[name]
    record[name] = before === undefined ? (headers[index + 1] as string) : `${before}, ${headers[index + 1]}`
  }
  return record
}

/** The list without the fields that `drop` names. */
export function withoutHeaders(headers: HeaderList, drop: (name: string) => boolean): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (!drop(headers[index] as string)) kept.push(headers[index] as string, headers[index + 1] as string)
  }
  return kept
}

// RFC 9113 section 8.2.2 for HTTP/2; over HTTP/1.1 the connection is ours to manage as well.
const CONNECTION_SPECIFIC = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'host',
])

/** Fields that belong to the connection and never to a request that we put on one. */
export function isConnectionSpecific(name: string): boolean {
  return CONNECTION_SPECIFIC.has(name)
}

/** RFC 9113 section 8.2.2: no connection-specific field over HTTP/2, and of TE only `trailers`. */
export function isForHttp2(name: string, value: string): boolean {
  return name === 'te' ? value === 'trailers' : !isConnectionSpecific(name)
}

const LENGTH = /^[0-9]{1,15}$/

/**
 * The value of Content-Length when the section has exactly one, well-formed value; repeats of the same value
 * count as one (RFC 9110 section 8.6). `null`: none. `'invalid'`: anything else.
 */
export function contentLength(headers: HeaderList): number | null | 'invalid' {
  let seen: string | null = null
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== 'content-length') continue
    const given = headers[index + 1] as string
    // Nearly always it is one number, and nothing need be made to see that.
    if (LENGTH.test(given) && (seen === null || seen === given)) {
      seen = given
      continue
    }
    for (const value of given.split(',')) {
      const digits = value.trim()
      if (!LENGTH.test(digits) || (seen !== null && seen !== digits)) return 'invalid'
      seen = digits
    }
  }
  return seen === null ? null : Number(seen)
}

/** What RFC 9113 section 6.5.2 counts for each field beside its name and value, bytes. */
const FIELD_OVERHEAD = 32

/** Size of a header section as SETTINGS_MAX_HEADER_LIST_SIZE counts it (RFC 9113 section 6.5.2), bytes. */
export function headerListSize(headers: HeaderList): number {
  let size = 0
  for (const text of headers) size += text.length
  return size + (headers.length / 2) * FIELD_OVERHEAD
}
