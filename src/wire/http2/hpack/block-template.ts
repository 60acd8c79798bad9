import type { HeaderList } from '../../../core/headers.ts'

/** In place of the start of a value: nothing but the whole field can be taken from the template. */
export const WHOLE_FIELD = 0

/**
 * A header block that was encoded and changed no table, to take its pieces from while the table stays as it is.
 * Fields are compared one by one, so it does not matter who made the list, and whether it was changed since.
 */
export interface BlockTemplate {
  /** A copy: the caller's list is the caller's. */
  readonly fields: readonly string[]
  readonly bytes: Buffer
  /** Where each field ends in `bytes`. */
  readonly ends: Int32Array
  /** Where the value of a literal starts in `bytes`, if another value would be written in the same way. */
  readonly valueStarts: Int32Array
  /** The generation of the dynamic table for which it holds. */
  readonly generation: number
  /** Blocks in a row with a field that was not like here. */
  misfits: number
}

/** Longer blocks are not kept, bytes. */
const LONGEST = 8192
/** Templates; a power of two. */
const SLOTS = 8
/** After so many misfits the next block is the template. */
const MAX_MISFITS = 4
/** From here on a native copy is faster than a loop, bytes. */
const NATIVE_COPY = 64

/** The templates of one encoder, by the number of their fields: requests of one kind have the same. */
export class BlockTemplates {
  readonly #slots: (BlockTemplate | null)[] = new Array(SLOTS).fill(null)

  /** A template to compare `fields` with, or null. */
  find(fields: HeaderList, generation: number): BlockTemplate | null {
    const template = this.#slots[slotOf(fields)] as BlockTemplate | null
    if (template === null || template.generation !== generation) return null
    return template.fields.length === fields.length && template.misfits < MAX_MISFITS ? template : null
  }

  keep(fields: HeaderList, block: Buffer, pieces: PieceLog, generation: number): void {
    if (block.length > LONGEST) return
    this.#slots[slotOf(fields)] = {
      fields: fields.slice(),
      bytes: Buffer.from(block),
      ends: pieces.ends.slice(0, fields.length / 2),
      valueStarts: pieces.valueStarts.slice(0, fields.length / 2),
      generation,
      misfits: 0,
    }
  }
}

/** Where the fields of a block and their values start and end, noted while it is encoded. */
export class PieceLog {
  ends = new Int32Array(32)
  valueStarts = new Int32Array(32)

  note(field: number, valueStart: number, end: number): void {
    if (field >= this.ends.length) this.#grow()
    this.ends[field] = end
    this.valueStarts[field] = valueStart
  }

  #grow(): void {
    const { ends, valueStarts } = this
    this.ends = new Int32Array(2 * ends.length)
    this.valueStarts = new Int32Array(2 * ends.length)
    this.ends.set(ends)
    this.valueStarts.set(valueStarts)
  }
}

/** Copies bytes of a template; returns where they end, or -1 if there is no room. */
export function copyPiece(from: Buffer, start: number, end: number, into: Buffer, offset: number): number {
  const length = end - start
  if (length > into.length - offset) return -1
  if (length >= NATIVE_COPY) from.copy(into, offset, start, end)
  else for (let at = 0; at < length; at += 1) into[offset + at] = from[start + at] as number
  return offset + length
}

function slotOf(fields: HeaderList): number {
  return (fields.length >> 1) & (SLOTS - 1)
}
