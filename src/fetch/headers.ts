import { InvalidRequestError } from '../core/errors.ts'
import { type HeaderList, type HeadersInput, validName, validValue } from '../core/headers.ts'

/**
 * Headers as `fetch` takes them, into a list. Unlike for `request`, values are whatever `String` makes of them, and
 * fields given twice become one, as in the platform's `Headers`.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_HEADER`.
 */
export function fetchHeaders(input: HeadersInput): string[] {
  const list: string[] = []
  if (input instanceof Headers) {
    for (const [name, value] of input) list.push(name, validValue(name, value))
    return list
  }
  if ((typeof input !== 'object' && typeof input !== 'function') || input === null) throw noHeaders()
  if ((input as Partial<Iterable<unknown>>)[Symbol.iterator] != null) return fromPairs(input)
  for (const name of Object.keys(input)) append(list, name, (input as Record<string, unknown>)[name])
  // A name that is a symbol throws when it becomes a string.
  for (const symbol of Object.getOwnPropertySymbols(input)) `${symbol as unknown as string}`
  return list
}

function fromPairs(input: unknown): string[] {
  const list: string[] = []
  for (const pair of input as Iterable<Iterable<unknown>>) {
    if (typeof pair !== 'object' || pair === null) throw noHeaders()
    const [name, value, ...more] = pair
    if (value === undefined || more.length > 0) throw noHeaders()
    append(list, String(name), value)
  }
  return list
}

function append(list: string[], given: string, value: unknown): void {
  const name = validName(given)
  const text = validValue(name, typeof value === 'string' ? value : `${value as string}`)
  const before = indexOf(list, name)
  if (before === -1) list.push(name, text)
  else list[before] += (name === 'cookie' ? '; ' : ', ') + text
}

/** Where the value of a field stands, or -1. */
export function indexOf(list: HeaderList, name: string): number {
  for (let index = 0; index < list.length; index += 2) if (list[index] === name) return index + 1
  return -1
}

function noHeaders(): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_HEADER',
    'The headers must be an object, a list of pairs of a name and a value, or Headers.',
  )
}
