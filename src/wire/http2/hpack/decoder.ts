import { ALWAYS, BlockMemory } from './block-memory.ts'
import { BlockReader } from './block-reader.ts'
import { DEFAULT_TABLE_SIZE, DynamicTable, ENTRY_OVERHEAD } from './dynamic-table.ts'
import { HeaderBlock } from './header-block.ts'
import { HpackError } from './hpack-error.ts'
import { FIRST_DYNAMIC_INDEX, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'

export type { HeaderBlock }

/** `'too large'`: above a limit of the decoder. The dynamic table was kept in step, so the connection may go on. */
export type DecodeResult = HeaderBlock | 'too large'

export interface DecoderLimits {
  /** SETTINGS_HEADER_TABLE_SIZE as we announced it, bytes. */
  readonly maxTableSize: number
  /** SETTINGS_MAX_HEADER_LIST_SIZE: name, value and 32 of each field, bytes. */
  readonly maxListSize: number
  /** Fields of one block. */
  readonly maxFields: number
}

/** RFC 7541 section 4.2: the lowest size of the table since the last block, and the final one. */
const MAX_SIZE_UPDATES = 2

/**
 * Decodes the header blocks of one connection, which must all come here, in their order, whatever became of their
 * streams (RFC 9113 section 4.3). Memory is bounded by the limits, not by what a block claims.
 */
export class HpackDecoder {
  readonly #maxListSize: number
  readonly #maxFields: number
  #maxTableSize: number
  #updateDue = false
  readonly #table = new DynamicTable(DEFAULT_TABLE_SIZE)
  readonly #memory = new BlockMemory()
  readonly #reader = new BlockReader()
  /** Of the block at hand: fields so far, null when there are too many or they are too large. */
  #fields: string[] | null = null
  #size = 0
  /** Of the block at hand: it used or changed the dynamic table. */
  #usedTable = false

  constructor(limits: DecoderLimits) {
    this.#maxTableSize = limits.maxTableSize
    this.#maxListSize = limits.maxListSize
    this.#maxFields = limits.maxFields
  }

  /**
   * The peer acknowledged SETTINGS with this SETTINGS_HEADER_TABLE_SIZE, bytes. When its table is larger, its next
   * block must start with a size update (RFC 9113 section 4.3.1).
   */
  setMaxTableSize(bytes: number): void {
    this.#maxTableSize = bytes
    this.#updateDue = bytes < this.#table.maxSize
    this.#memory.clear()
  }

  /**
   * Decodes one whole header block, `bytes` from `start` to `end`.
   * @throws HpackError when it breaks RFC 7541. The decoder cannot be used after that.
   */
  decode(bytes: Buffer, start: number, end: number): DecodeResult {
    const table = this.#table
    const generation = table.generation
    const known = this.#memory.recall(bytes, start, end, generation)
    if (known !== null) return known
    const block = this.#read(bytes, start, end)
    if (block !== 'too large' && generation === table.generation) {
      this.#memory.remember(bytes, start, end, this.#usedTable ? generation : ALWAYS, block)
    }
    return block
  }

  #read(bytes: Buffer, start: number, end: number): DecodeResult {
    const reader = this.#reader
    reader.open(bytes, start, end)
    this.#fields = []
    this.#size = 0
    this.#usedTable = false
    this.#sizeUpdates()
    while (reader.at < end) {
      const first = bytes[reader.at] as number
      if (first >= 0x80) this.#indexed()
      else if (first >= 0x40) this.#literalWithIndexing()
      else if (first < 0x20) this.#literal(first < 0x10)
      else throw new HpackError('a table size update stands behind a field')
    }
    reader.close()
    const fields = this.#fields
    this.#fields = null
    return fields === null ? 'too large' : new HeaderBlock(fields, this.#size)
  }

  /** RFC 7541 sections 4.2 and 6.3. */
  #sizeUpdates(): void {
    const reader = this.#reader
    for (let count = 0; reader.at < reader.end && isSizeUpdate(reader.bytes[reader.at]); count += 1) {
      if (count === MAX_SIZE_UPDATES)
        throw new HpackError('a block starts with more than two table size updates')
      const size = reader.integer(0x1f)
      if (size > this.#maxTableSize) {
        throw new HpackError(`a table size update to ${size} is above the limit of ${this.#maxTableSize}`)
      }
      this.#usedTable = true
      this.#updateDue = false
      this.#table.resize(size)
    }
    if (this.#updateDue) throw new HpackError('no table size update came after the limit was lowered')
  }

  /** RFC 7541 section 6.1. */
  #indexed(): void {
    const index = this.#reader.integer(0x7f)
    if (index < FIRST_DYNAMIC_INDEX && index !== 0) {
      this.#field(STATIC_NAMES[index] as string, STATIC_VALUES[index] as string)
      return
    }
    const place = this.#dynamicPlace(index)
    this.#field(this.#table.nameAt(place), this.#table.valueAt(place))
  }

  /** RFC 7541 section 6.2.1. An entry that the table can take must be read, whatever the limits of the list. */
  #literalWithIndexing(): void {
    const reader = this.#reader
    const limit = Math.max(this.#room(), this.#table.maxSize)
    const index = reader.integer(0x3f)
    const name = index === 0 ? reader.string(limit, true) : this.#nameOf(index)
    const value = reader.string(limit, true)
    this.#usedTable = true
    if (name === null || value === null) {
      this.#table.clear()
      this.#fields = null
      return
    }
    this.#table.add(name, value)
    this.#field(name, value)
  }

  /** RFC 7541 sections 6.2.2 and 6.2.3. A value that must never be indexed is no value to share either. */
  #literal(intern: boolean): void {
    const reader = this.#reader
    const limit = this.#room()
    const index = reader.integer(0x0f)
    const name = index === 0 ? reader.string(limit, true) : this.#nameOf(index)
    const value = reader.string(limit, intern)
    if (name === null || value === null) this.#fields = null
    else this.#field(name, value)
  }

  #nameOf(index: number): string {
    if (index < FIRST_DYNAMIC_INDEX && index !== 0) return STATIC_NAMES[index] as string
    return this.#table.nameAt(this.#dynamicPlace(index))
  }

  /** RFC 7541 section 2.3.3. */
  #dynamicPlace(index: number): number {
    const place = index - FIRST_DYNAMIC_INDEX
    if (index === 0) throw new HpackError('index 0')
    if (place >= this.#table.length) {
      throw new HpackError(
        `index ${index} is beyond the table, which ends at ${FIRST_DYNAMIC_INDEX - 1 + this.#table.length}`,
      )
    }
    this.#usedTable = true
    return place
  }

  /** Octets that a string may have without the list becoming too large. */
  #room(): number {
    return this.#fields === null ? -1 : this.#maxListSize - this.#size - ENTRY_OVERHEAD
  }

  #field(name: string, value: string): void {
    const fields = this.#fields
    if (fields === null) return
    this.#size += name.length + value.length + ENTRY_OVERHEAD
    if (this.#size > this.#maxListSize || fields.length >= 2 * this.#maxFields) this.#fields = null
    else fields.push(name, value)
  }
}

function isSizeUpdate(byte: number | undefined): boolean {
  return ((byte as number) & 0xe0) === 0x20
}
