/**
 * HPACK (RFC 7541), small and right. The decoder is strict. The encoder keeps no dynamic table unless told to:
 * it writes static-table references where they fit and literals without indexing elsewhere. The pieces
 * (`hpack.indexed`, `hpack.literal`, ...) build any other block, right or wrong.
 */
import type { HeaderList } from './frame-types.ts'
import { STATIC_TABLE } from './hpack-tables.ts'
import { huffmanDecode, huffmanEncode } from './huffman.ts'

/** RFC 9113 section 4.3: what a decoder that meets it answers with COMPRESSION_ERROR. */
export class HpackError extends Error {
  override readonly name = 'HpackError'
}

/** Header fields as an object (repeats as an array) or as a flat list. */
export type HeadersInput = HeaderList | { readonly [name: string]: string | number | readonly string[] }

/** How HPACK strings are written. */
export interface EncodeOptions {
  /** Huffman-code the strings. Default false. */
  readonly huffman?: boolean
}

export interface LiteralOptions extends EncodeOptions {
  /** RFC 7541 section 6.2. Default `without`. */
  readonly indexing?: 'incremental' | 'without' | 'never'
  /** Refer to the name by index instead of writing it. */
  readonly nameIndex?: number
}

const MAX_INTEGER = 2 ** 32
const ENTRY_OVERHEAD = 32

interface Entry {
  readonly name: string
  readonly value: string
}

/** RFC 7541 section 3. Names and values are octets as latin1 text. */
export class HpackDecoder {
  #entries: Entry[] = []
  #size = 0
  #maxSize: number
  #allowedSize: number
  #updateDue = false

  /** @param allowedSize SETTINGS_HEADER_TABLE_SIZE as this side announced it. */
  constructor(allowedSize = 4096) {
    this.#maxSize = allowedSize
    this.#allowedSize = allowedSize
  }

  /** RFC 7541 section 4.1: the size of the dynamic table. */
  get tableSize(): number {
    return this.#size
  }

  /** The limit the encoder chose. */
  get maxTableSize(): number {
    return this.#maxSize
  }

  /** The announced SETTINGS_HEADER_TABLE_SIZE changed and was acknowledged (RFC 7541 section 4.2). */
  setAllowedSize(size: number): void {
    this.#allowedSize = size
    if (size < this.#maxSize) this.#updateDue = true
  }

  /** Decodes one whole block to a flat list; throws HpackError. */
  decode(block: Uint8Array): string[] {
    const reader = new Reader(block)
    const headers: string[] = []
    let started = false
    while (!reader.done) {
      const first = reader.peek()
      if ((first & 0xe0) === 0x20) {
        if (started) throw new HpackError('table size update after a field')
        this.#resize(reader.integer(5))
        continue
      }
      if (this.#updateDue) throw new HpackError('no table size update after the limit was lowered')
      started = true
      const field = this.#field(first, reader)
      headers.push(field.name, field.value)
    }
    return headers
  }

  #field(first: number, reader: Reader): Entry {
    if ((first & 0x80) !== 0) return this.#lookup(reader.integer(7))
    const incremental = (first & 0x40) !== 0
    const nameIndex = reader.integer(incremental ? 6 : 4)
    const name = nameIndex === 0 ? reader.string() : this.#lookup(nameIndex).name
    const field = { name, value: reader.string() }
    if (incremental) this.#insert(field)
    return field
  }

  /** RFC 7541 section 2.3.3. */
  #lookup(index: number): Entry {
    if (index === 0) throw new HpackError('index 0')
    const fixed = STATIC_TABLE[index - 1]
    if (fixed !== undefined) return { name: fixed[0], value: fixed[1] }
    const entry = this.#entries[index - 1 - STATIC_TABLE.length]
    if (entry === undefined) throw new HpackError(`index ${index} is past the table`)
    return entry
  }

  #insert(entry: Entry): void {
    this.#entries.unshift(entry)
    this.#size += entrySize(entry)
    this.#evict()
  }

  #resize(size: number): void {
    if (size > this.#allowedSize) throw new HpackError(`table size update ${size} above ${this.#allowedSize}`)
    this.#updateDue = false
    this.#maxSize = size
    this.#evict()
  }

  #evict(): void {
    while (this.#size > this.#maxSize) {
      const last = this.#entries.pop()
      if (last === undefined) throw new Error('unreachable: an empty table has a size')
      this.#size -= entrySize(last)
    }
  }
}

function entrySize(entry: Entry): number {
  return entry.name.length + entry.value.length + ENTRY_OVERHEAD
}

class Reader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length
  }

  peek(): number {
    const byte = this.#bytes[this.#offset]
    if (byte === undefined) throw new HpackError('the block ends inside a field')
    return byte
  }

  #byte(): number {
    const byte = this.peek()
    this.#offset += 1
    return byte
  }

  /** RFC 7541 section 5.1. */
  integer(prefix: number): number {
    const mask = 2 ** prefix - 1
    let value = this.#byte() & mask
    if (value < mask) return value
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** shift
      if (value >= MAX_INTEGER || shift > 35) throw new HpackError('integer overflow')
      if (byte < 0x80) return value
    }
  }

  /** RFC 7541 section 5.2. */
  string(): string {
    const huffman = (this.peek() & 0x80) !== 0
    const length = this.integer(7)
    const end = this.#offset + length
    if (end > this.#bytes.length) throw new HpackError('a string is longer than the block')
    const bytes = this.#bytes.subarray(this.#offset, end)
    this.#offset = end
    if (!huffman) return Buffer.from(bytes).toString('latin1')
    const decoded = huffmanDecode(bytes)
    if ('error' in decoded) throw new HpackError(decoded.error)
    return decoded.text
  }
}

/** Encodes fields as static references and literals without indexing: the block leaves no state behind. */
export function encodeHeaders(headers: HeadersInput, options: EncodeOptions = {}): Buffer {
  const list = headerList(headers)
  const parts: Buffer[] = []
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] ?? ''
    const value = list[index + 1] ?? ''
    const match = staticMatch(name, value)
    parts.push(
      match.exact
        ? hpack.indexed(match.index)
        : hpack.literal(name, value, { ...options, nameIndex: match.index }),
    )
  }
  return Buffer.concat(parts)
}

/** The pieces of a header block, to write one by hand. */
export const hpack = {
  /** RFC 7541 section 6.1. */
  indexed(index: number): Buffer {
    return encodeInteger(index, 7, 0x80)
  },
  /** RFC 7541 section 6.2. */
  literal(name: string, value: string, options: LiteralOptions = {}): Buffer {
    const nameIndex = options.nameIndex ?? 0
    const start = literalStart(options.indexing ?? 'without', nameIndex)
    const text = encodeString(value, options.huffman)
    return Buffer.concat(nameIndex > 0 ? [start, text] : [start, encodeString(name, options.huffman), text])
  },
  /** RFC 7541 section 6.3. */
  sizeUpdate(size: number): Buffer {
    return encodeInteger(size, 5, 0x20)
  },
  /** RFC 7541 section 5.1. */
  integer: encodeInteger,
  /** RFC 7541 section 5.2. */
  string: encodeString,
} as const

/** Fields in any of the accepted forms as a flat list. */
export function headerList(headers: HeadersInput): string[] {
  if (Array.isArray(headers)) return [...headers]
  const list: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) list.push(name, String(one))
  }
  return list
}

/** A flat list as an object without prototype; repeats joined with ", " (cookie with "; "). */
export function headerObject(list: HeaderList): Record<string, string> {
  const object: Record<string, string> = Object.create(null)
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] ?? ''
    const value = list[index + 1] ?? ''
    const before = object[name]
    object[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return object
}

function literalStart(indexing: 'incremental' | 'without' | 'never', nameIndex: number): Buffer {
  if (indexing === 'incremental') return encodeInteger(nameIndex, 6, 0x40)
  return encodeInteger(nameIndex, 4, indexing === 'never' ? 0x10 : 0x00)
}

function staticMatch(name: string, value: string): { index: number; exact: boolean } {
  let index = 0
  for (const [at, entry] of STATIC_TABLE.entries()) {
    if (entry[0] !== name) continue
    if (entry[1] === value) return { index: at + 1, exact: true }
    if (index === 0) index = at + 1
  }
  return { index, exact: false }
}

function encodeInteger(value: number, prefix: number, firstBits = 0): Buffer {
  const mask = 2 ** prefix - 1
  if (value < mask) return Buffer.of(firstBits | value)
  const bytes = [firstBits | mask]
  let rest = value - mask
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

function encodeString(text: string, huffman = false): Buffer {
  const bytes = huffman ? huffmanEncode(text) : Buffer.from(text, 'latin1')
  return Buffer.concat([encodeInteger(bytes.length, 7, huffman ? 0x80 : 0), bytes])
}
