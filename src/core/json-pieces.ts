import { types } from 'node:util'
import { lighten } from './json-weight.ts'

/** Work after which a piece is given, in characters about. */
const PIECE = 32 * 1024

/** A value up to this weight is left to `JSON.stringify`; it is several times as fast as a walk of ours. */
const LIGHT = 16 * 1024

/** What is being written: a container and how far we are in it, or a long string. */
type Frame =
  | { readonly kind: 'array'; readonly value: readonly unknown[]; readonly length: number; index: number }
  | {
      readonly kind: 'object'
      readonly value: Readonly<Record<string, unknown>>
      readonly keys: readonly string[]
      index: number
      empty: boolean
    }
  | { readonly kind: 'string'; readonly value: string; index: number }

/**
 * The text of `JSON.stringify(value)` in pieces, computed as they are taken. `toJSON`, getters and proxies run once
 * each, as there. Throws a `TypeError` for what has no JSON form: a cycle, a BigInt, `undefined` as a whole.
 */
export function* jsonPieces(value: unknown): Generator<string, void, undefined> {
  const writer = new JsonWriter()
  if (!writer.write('', '', value)) throw new TypeError(`${typeof value} has no JSON form`)
  while (writer.step()) {
    if (writer.full) yield writer.take()
  }
  yield writer.take()
}

class JsonWriter {
  #text = ''
  #work = 0
  readonly #frames: Frame[] = []
  /** The containers of `#frames`. */
  readonly #within = new Set<unknown>()

  get full(): boolean {
    return this.#work + this.#text.length >= PIECE
  }

  take(): string {
    const text = this.#text
    this.#text = ''
    this.#work = 0
    return text
  }

  /** Does one step; false when all is written. */
  step(): boolean {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return false
    if (frame.kind === 'array') this.#stepArray(frame)
    else if (frame.kind === 'object') this.#stepObject(frame)
    else this.#stepString(frame)
    return true
  }

  /** Writes `before` and the value, or begins to; false, and nothing, when the value has no JSON form. */
  write(before: string, key: string, given: unknown): boolean {
    const value = prepared(key, given)
    if (value === undefined || typeof value === 'function' || typeof value === 'symbol') return false
    if (typeof value === 'bigint') throw new TypeError('Do not know how to serialize a BigInt')
    this.#text += before
    if (typeof value === 'string') this.#writeString(value)
    else if (typeof value !== 'object' || value === null) this.#text += JSON.stringify(value)
    else this.#writeObject(value)
    return true
  }

  #writeString(value: string): void {
    if (value.length <= LIGHT) {
      this.#text += JSON.stringify(value)
      return
    }
    this.#text += '"'
    this.#frames.push({ kind: 'string', value, index: 0 })
  }

  #writeObject(value: object): void {
    if (this.#within.has(value)) throw new TypeError('Converting circular structure to JSON')
    const left = lighten(LIGHT, value)
    this.#work += LIGHT - Math.max(left, 0)
    // `toJSON` was asked already; `JSON.stringify` would ask again what it gave.
    const final = !hasToJson(value)
    if ((left >= 0 && final) || types.isBoxedPrimitive(value) || isRawJson(value)) {
      this.#text += JSON.stringify(value)
      return
    }
    this.#within.add(value)
    if (Array.isArray(value)) {
      this.#text += '['
      this.#frames.push({ kind: 'array', value, length: value.length, index: 0 })
    } else {
      this.#text += '{'
      const keys = Object.keys(value)
      this.#work += keys.length
      this.#frames.push({
        kind: 'object',
        value: value as Record<string, unknown>,
        keys,
        index: 0,
        empty: true,
      })
    }
  }

  #stepArray(frame: Frame & { readonly kind: 'array' }): void {
    const { value, length, index } = frame
    if (index === length) return this.#close(']', value)
    frame.index += 1
    const comma = index === 0 ? '' : ','
    if (!this.write(comma, String(index), value[index])) this.#text += `${comma}null`
  }

  #stepObject(frame: Frame & { readonly kind: 'object' }): void {
    const { value, keys, index, empty } = frame
    if (index === keys.length) return this.#close('}', value)
    frame.index += 1
    this.#work += 1
    const key = keys[index] as string
    if (this.write(`${empty ? '' : ','}${JSON.stringify(key)}:`, key, value[key])) frame.empty = false
  }

  #stepString(frame: Frame & { readonly kind: 'string' }): void {
    const { value, index } = frame
    let end = Math.min(index + LIGHT, value.length)
    // The halves of a pair stay together: alone each would be written as an escape.
    if (end < value.length && isHighSurrogate(value.charCodeAt(end - 1))) end += 1
    this.#text += JSON.stringify(value.slice(index, end)).slice(1, -1)
    frame.index = end
    if (end === value.length) {
      this.#text += '"'
      this.#frames.pop()
    }
  }

  #close(bracket: string, value: unknown): void {
    this.#text += bracket
    this.#frames.pop()
    this.#within.delete(value)
  }
}

/** What `JSON.stringify` does with a value before it looks at it: SerializeJSONProperty of ECMA-262, step 2. */
function prepared(key: string, value: unknown): unknown {
  const mayHave = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (!mayHave && typeof value !== 'bigint') return value
  const { toJSON } = value as { toJSON?: unknown }
  return typeof toJSON === 'function' ? toJSON.call(value, key) : value
}

function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function'
}

const { isRawJSON } = JSON as { isRawJSON?: (value: unknown) => boolean }

function isRawJson(value: object): boolean {
  return isRawJSON?.(value) ?? false
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
