import { InvalidRequestError } from '../../core/errors.ts'
import { type HeaderList, isForHttp2 } from '../../core/headers.ts'
import type { RequestHead } from '../contract.ts'

// RFC 9110 section 5.6.2, in lower case as RFC 9113 section 8.2.1 demands.
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
// RFC 9110 section 5.5, and nothing that HPACK could not write as octets.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const PSEUDO_FIELDS = 8
const CRUMB_END = '; '
const NOTHING: HeaderList = []

/**
 * Request heads as HPACK takes them: pseudo-header fields first (RFC 9113 section 8.3), then the caller's fields in
 * their order, without those that HTTP/2 does not have. `Host` gives way to `:authority` (section 8.3.1).
 */
export class RequestFields {
  /** The last head, in a list that is used again: one string that is still the same needs no second look. */
  #last: string[] = []
  #next: string[] = []
  #lastPseudo = PSEUDO_FIELDS

  /**
   * The fields, valid until the next call.
   * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_HEADER`. Callers are refused such fields before they come
   * here; what would smuggle a second field into a request is not sent, whoever asks for it.
   */
  of(head: RequestHead): HeaderList {
    if (head.method === 'CONNECT' && head.path === '') return this.#tunnel(head)
    const fields = this.#next
    fields[0] = ':method'
    fields[1] = head.method
    fields[2] = ':scheme'
    fields[3] = head.scheme
    fields[4] = ':authority'
    fields[5] = head.authority
    fields[6] = ':path'
    fields[7] = head.path
    const pseudo =
      head.protocol === undefined ? PSEUDO_FIELDS : add(fields, PSEUDO_FIELDS, ':protocol', head.protocol)
    const length = addRegular(fields, pseudo, head.headers)
    if (fields.length !== length) fields.length = length
    this.#check(fields, pseudo)
    this.#next = this.#last
    this.#last = fields
    return fields
  }

  /** RFC 9113 section 8.5: the head of CONNECT has neither scheme nor path. */
  #tunnel({ authority, headers }: RequestHead): HeaderList {
    const fields = [':method', 'CONNECT', ':authority', authority]
    addRegular(fields, fields.length, headers)
    for (let index = 4; index < fields.length; index += 2)
      if (!NAME.test(fields[index] as string)) throw invalid(fields[index] as string, 'name')
    for (let index = 0; index < fields.length; index += 2)
      if (!VALUE.test(fields[index + 1] as string)) throw invalid(fields[index] as string, 'value')
    return fields
  }

  #check(fields: HeaderList, pseudo: number): void {
    // What was a pseudo-header field in the last head proves nothing about a regular one.
    const last = pseudo === this.#lastPseudo ? this.#last : NOTHING
    this.#lastPseudo = pseudo
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] as string
      const value = fields[index + 1] as string
      if (name !== last[index] && index >= pseudo && !NAME.test(name)) throw invalid(name, 'name')
      if (value !== last[index + 1] && !VALUE.test(value)) throw invalid(name, 'value')
    }
  }
}

/** Trailer fields (RFC 9113 section 8.1). */
export function trailerFields(trailers: HeaderList): string[] {
  const fields: string[] = []
  addRegular(fields, 0, trailers)
  for (let index = 0; index < fields.length; index += 2) {
    if (!NAME.test(fields[index] as string)) throw invalid(fields[index] as string, 'name')
    if (!VALUE.test(fields[index + 1] as string)) throw invalid(fields[index] as string, 'value')
  }
  return fields
}

/** Returns where the fields end. */
function addRegular(into: string[], from: number, headers: HeaderList): number {
  let at = from
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    const value = headers[index + 1] as string
    if (name === 'cookie') at = addCrumbs(into, at, value)
    else if (isForHttp2(name, value)) at = add(into, at, name, value)
  }
  return at
}

/**
 * One field for each cookie (RFC 9113 section 8.2.3): those that stay the same are indexed, and what is short enough
 * to be guessed is a field of its own that never is.
 */
function addCrumbs(into: string[], from: number, cookie: string): number {
  let at = from
  let start = 0
  for (let end = cookie.indexOf(CRUMB_END); end !== -1; end = cookie.indexOf(CRUMB_END, start)) {
    at = add(into, at, 'cookie', cookie.slice(start, end))
    start = end + CRUMB_END.length
  }
  return add(into, at, 'cookie', start === 0 ? cookie : cookie.slice(start))
}

function add(into: string[], at: number, name: string, value: string): number {
  into[at] = name
  into[at + 1] = value
  return at + 2
}

function invalid(name: string, part: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_HEADER',
    `The request cannot be sent over HTTP/2: the ${part} of the field ${JSON.stringify(name.slice(0, 100))} is not valid.`,
  )
}
