import type { HeaderList } from '../../../core/headers.ts'
import { type BlockTemplate, BlockTemplates, copyPiece, PieceLog, WHOLE_FIELD } from './block-template.ts'
import { DEFAULT_TABLE_SIZE, DynamicTable } from './dynamic-table.ts'
import { isShortCookie } from './field-policy.ts'
import { LENGTH_ROOM, writeInteger, writeString } from './literal-writer.ts'
import { isWorthIndexing, NameIndex, type NameRecord } from './name-index.ts'

export interface EncoderOptions {
  /** Names of fields that no table may learn, beside credentials (RFC 7541 section 7.1.3). Lower-case. Default none. */
  readonly neverIndexed?: ReadonlySet<string>
}

/** We use no larger table than what every peer starts with, whatever it would allow; bytes. */
const MAX_TABLE_SIZE = DEFAULT_TABLE_SIZE
const NO_ROOM = -1
/** What a field may take beside its characters: an index and two lengths. */
const FIELD_ROOM = 3 * LENGTH_ROOM
const NONE: ReadonlySet<string> = new Set()

/** First bits of a field (RFC 7541 section 6), and the masks of the integers that follow them. */
const INDEXED = 0x80
const INDEXED_MASK = 0x7f
const WITH_INDEXING = 0x40
const WITH_INDEXING_MASK = 0x3f
const WITHOUT_INDEXING = 0x00
const NEVER_INDEXED = 0x10
const LITERAL_MASK = 0x0f
const SIZE_UPDATE = 0x20
const SIZE_UPDATE_MASK = 0x1f

/**
 * Encodes the header blocks of one connection. What it returned must be sent, whole, in this order: the peer's table
 * follows from it.
 */
export class HpackEncoder {
  readonly #table = new DynamicTable(DEFAULT_TABLE_SIZE)
  readonly #names: NameIndex
  readonly #templates = new BlockTemplates()
  readonly #pieces = new PieceLog()
  /** What the peer knows of the size of our table, bytes. */
  #signalled = DEFAULT_TABLE_SIZE
  /** The lowest size since the last block, bytes. */
  #lowest = DEFAULT_TABLE_SIZE
  #blocks = 0
  /** The block at hand changed the table. Still so at the next block: an error left it unsent. */
  #changed = false
  /** Where the fields of the block at hand start in its buffer. */
  #start = 0

  constructor(options: EncoderOptions = {}) {
    this.#names = new NameIndex(this.#table, options.neverIndexed ?? NONE)
  }

  /**
   * The peer's SETTINGS_HEADER_TABLE_SIZE, bytes. The next block starts with the size updates that RFC 7541 section
   * 4.2 asks for.
   */
  setMaxTableSize(bytes: number): void {
    this.#table.resize(Math.min(bytes, MAX_TABLE_SIZE))
    this.#lowest = Math.min(this.#lowest, this.#table.maxSize)
  }

  /**
   * Writes the header block of `fields` into `into` from `offset` on. Names must be lower-case.
   * @returns where it ends; or -1 if there may be no room, with nothing changed but bytes from `offset` on.
   * @throws RangeError for a character above U+00FF.
   */
  encode(fields: HeaderList, into: Buffer, offset: number): number {
    if (this.#changed) this.#startOver()
    const start = this.#writeSizeUpdates(into, offset)
    if (start === NO_ROOM) return NO_ROOM
    this.#start = start
    const template = this.#templates.find(fields, this.#table.generation)
    const end =
      template === null ? this.#writeNew(fields, into, start) : this.#writeLike(template, fields, into, start)
    if (end === NO_ROOM) return NO_ROOM
    this.#changed = false
    this.#signalled = this.#table.maxSize
    this.#lowest = this.#signalled
    this.#blocks += 1
    return end
  }

  /** The peer has not seen what the last block did to the table: both go on with an empty one. */
  #startOver(): void {
    this.#table.clear()
    this.#lowest = 0
    this.#changed = false
  }

  /** RFC 7541 section 4.2: the lowest size since the last block, then the final one. */
  #writeSizeUpdates(into: Buffer, offset: number): number {
    const final = this.#table.maxSize
    if (final === this.#signalled && this.#lowest === final) return offset
    if (into.length - offset < 2 * LENGTH_ROOM) return NO_ROOM
    let at = offset
    if (this.#lowest < Math.min(final, this.#signalled)) {
      at = writeInteger(into, at, SIZE_UPDATE_MASK, SIZE_UPDATE, this.#lowest)
    }
    return writeInteger(into, at, SIZE_UPDATE_MASK, SIZE_UPDATE, final)
  }

  /** Takes what is as in the template from there. */
  #writeLike(template: BlockTemplate, fields: HeaderList, into: Buffer, start: number): number {
    const { bytes, ends, valueStarts } = template
    let at = start
    // The piece of the template that is still to be copied.
    let from = 0
    let to = 0
    let fits = true
    for (let index = 0; index < fields.length; index += 2) {
      const field = index >> 1
      const sameName = fields[index] === template.fields[index]
      if (sameName && fields[index + 1] === template.fields[index + 1]) {
        to = ends[field] as number
        continue
      }
      const valueStart = sameName ? (valueStarts[field] as number) : WHOLE_FIELD
      if (valueStart !== WHOLE_FIELD) to = valueStart
      if (to !== from) at = copyPiece(bytes, from, to, into, at)
      if (at === NO_ROOM) return NO_ROOM
      to = from = ends[field] as number
      if (valueStart !== WHOLE_FIELD) {
        at = writeValue(fields[index + 1] as string, into, at)
      } else {
        fits = false
        at = this.#writeField(fields, index, into, at)
        // The indexes in the template are no longer right.
        if (this.#changed) return this.#writeFields(fields, index + 2, into, at)
      }
      if (at === NO_ROOM) return NO_ROOM
    }
    template.misfits = fits ? 0 : template.misfits + 1
    return copyPiece(bytes, from, to, into, at)
  }

  #writeNew(fields: HeaderList, into: Buffer, start: number): number {
    const end = this.#writeFields(fields, 0, into, start)
    if (end !== NO_ROOM && !this.#changed) {
      this.#templates.keep(fields, into.subarray(start, end), this.#pieces, this.#table.generation)
    }
    return end
  }

  #writeFields(fields: HeaderList, first: number, into: Buffer, start: number): number {
    let at = start
    for (let index = first; index < fields.length && at !== NO_ROOM; index += 2) {
      at = this.#writeField(fields, index, into, at)
    }
    return at
  }

  #writeField(fields: HeaderList, index: number, into: Buffer, at: number): number {
    const name = fields[index] as string
    const value = fields[index + 1] as string
    if (into.length - at < name.length + value.length + FIELD_ROOM) return NO_ROOM
    const record = this.#names.recordOf(name)
    const policy = record.policy === 'index' && isShortCookie(name, value) ? 'never' : record.policy
    if (policy !== 'never') {
      const known =
        record.staticFieldIndex(value) ||
        (policy === 'index' ? record.dynamicFieldIndex(value, this.#table) : 0)
      if (known !== 0) {
        const end = writeInteger(into, at, INDEXED_MASK, INDEXED, known)
        this.#pieces.note(index >> 1, WHOLE_FIELD, end - this.#start)
        return end
      }
      if (policy === 'index' && isWorthIndexing(name, value, this.#table)) {
        return this.#writeWithIndexing(record, fields, index, into, at)
      }
    }
    const flags = policy === 'never' ? NEVER_INDEXED : WITHOUT_INDEXING
    const valueStart = this.#writeName(record, LITERAL_MASK, flags, into, at)
    const end = writeString(into, valueStart, value)
    // What depends on the value is decided anew for another one.
    const mayChange = record.policy !== 'index'
    this.#pieces.note(index >> 1, mayChange ? valueStart - this.#start : WHOLE_FIELD, end - this.#start)
    return end
  }

  #writeWithIndexing(
    record: NameRecord,
    fields: HeaderList,
    index: number,
    into: Buffer,
    at: number,
  ): number {
    // Once the table has changed, the block must come to its end.
    if (!this.#changed && !hasRoomForRest(fields, index, into, at)) return NO_ROOM
    const value = fields[index + 1] as string
    const valueStart = this.#writeName(record, WITH_INDEXING_MASK, WITH_INDEXING, into, at)
    const end = writeString(into, valueStart, value)
    this.#changed = true
    record.add(value, this.#table, this.#blocks)
    return end
  }

  /** The first byte of a literal, and the name behind it unless a table has it. */
  #writeName(record: NameRecord, mask: number, flags: number, into: Buffer, at: number): number {
    const nameIndex = record.nameIndex(this.#table)
    const end = writeInteger(into, at, mask, flags, nameIndex)
    return nameIndex === 0 ? writeString(into, end, record.name) : end
  }
}

function writeValue(value: string, into: Buffer, at: number): number {
  return into.length - at < value.length + LENGTH_ROOM ? NO_ROOM : writeString(into, at, value)
}

function hasRoomForRest(fields: HeaderList, first: number, into: Buffer, at: number): boolean {
  let needed = ((fields.length - first) / 2) * FIELD_ROOM
  for (let index = first; index < fields.length; index += 1) needed += (fields[index] as string).length
  return needed <= into.length - at
}
