import { errors } from 'undici'
import { type HeaderList, validName, validValue } from '../../core/headers.ts'

/** Fields of a response by lower-case name, as undici gives them: a repeated one is a list. */
export function fieldsOf(list: HeaderList): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {}
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] as string
    const value = list[index + 1] as string
    const before = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (Array.isArray(before)) before.push(value)
    else if (before !== undefined) fields[name] = [before, value]
    else if (name === 'set-cookie') fields[name] = [value]
    else if (name === '__proto__') Object.defineProperty(fields, name, { ...PLAIN, value })
    else fields[name] = value
  }
  return fields
}

const PLAIN = { enumerable: true, configurable: true, writable: true }

/** Fields in the raw form: name, value, name, value, as bytes. */
export function rawFields(list: HeaderList): Buffer[] {
  return list.map((text) => Buffer.from(text, 'latin1'))
}

/**
 * Request fields in each form that undici takes: an object, a flat list, or pairs.
 * @throws InvalidArgumentError for any other form, and for fields that cannot be sent.
 */
export function toFields(given: unknown): string[] {
  const list: string[] = []
  for (const [name, value] of pairsOf(given)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) addField(list, name, one)
  }
  return list
}

function addField(list: string[], name: unknown, value: unknown): void {
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array))
    throw new errors.InvalidArgumentError(`invalid ${String(name)} header`)
  try {
    list.push(validName(textOf(name)), value === null ? '' : validValue(textOf(name), textOf(value)))
  } catch (cause) {
    throw Object.assign(new errors.InvalidArgumentError((cause as Error).message), { cause })
  }
}

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
}

function pairsOf(given: unknown): Iterable<readonly [unknown, unknown]> {
  if (given === undefined || given === null) return []
  if (Array.isArray(given)) return pairedUp(given)
  if (typeof given !== 'object')
    throw new errors.InvalidArgumentError('headers must be an object or an array')
  if (Symbol.iterator in given) return checkedPairs(given as Iterable<unknown>)
  return Object.entries(given)
}

function pairedUp(list: readonly unknown[]): (readonly [unknown, unknown])[] {
  if (list.length % 2 !== 0) throw new errors.InvalidArgumentError('headers array must be even')
  return Array.from(
    { length: list.length / 2 },
    (_, index) => [list[2 * index], list[2 * index + 1]] as const,
  )
}

function* checkedPairs(pairs: Iterable<unknown>): Generator<readonly [unknown, unknown]> {
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new errors.InvalidArgumentError('headers must be in key-value pair format')
    yield pair as unknown as readonly [unknown, unknown]
  }
}
