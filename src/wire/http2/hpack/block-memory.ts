import { areSame, copyWords, hashOf, wordsOf } from './byte-words.ts'
import type { HeaderBlock } from './header-block.ts'

/** Blocks of one connection; a power of two. Each may stand in two places. */
const PLACES = 32
/** Longer blocks are not remembered, bytes. */
const LONGEST = 512
/** Room for keys grows in such steps, bytes; a power of two. */
const KEY_STEP = 32
/** So many blocks in vain, and only every eighth is looked up and remembered: they seem to be all different. */
const PATIENCE = 64
const SELDOM = 8
const NOWHERE = -1
/** In place of a generation: the block does not depend on the dynamic table. */
export const ALWAYS = -1

interface Remembered {
  /** The encoded block, and perhaps more room behind it. */
  key: DataView
  length: number
  /** The generation of the dynamic table for which it holds, or `ALWAYS`. */
  generation: number
  block: HeaderBlock
}

/**
 * Header blocks by their encoded bytes. Servers repeat blocks to the byte, and a block that changes no table means
 * the same each time until the table changes.
 */
export class BlockMemory {
  readonly #places: (Remembered | null)[] = new Array(PLACES).fill(null)
  /** What was asked for last is likely to come next. */
  #last: Remembered | null = null
  /** Of the block that `recall` did not find; `NOWHERE`: it shall not be remembered. */
  #place = NOWHERE
  /** Blocks since one was found. */
  #vain = 0

  /** The block, or null. `generation` is that of the dynamic table now. */
  recall(bytes: Buffer, start: number, end: number, generation: number): HeaderBlock | null {
    const length = end - start
    this.#place = NOWHERE
    if (length > LONGEST || (this.#vain++ >= PATIENCE && this.#vain % SELDOM !== 0)) return null
    const words = wordsOf(bytes)
    const from = bytes.byteOffset + start
    const last = this.#last
    if (last !== null && is(last, words, from, length, generation)) {
      this.#vain = 0
      return last.block
    }
    const hash = hashOf(words, from, from + length, length)
    const place = (hash ^ (hash >>> 16)) & (PLACES - 1)
    this.#place = place
    return (
      this.#recallAt(place, words, from, length, generation) ??
      this.#recallAt(place ^ 1, words, from, length, generation)
    )
  }

  #recallAt(
    place: number,
    words: DataView,
    from: number,
    length: number,
    generation: number,
  ): HeaderBlock | null {
    const slot = this.#places[place] as Remembered | null
    if (slot === null || slot === this.#last || !is(slot, words, from, length, generation)) return null
    this.#last = slot
    this.#vain = 0
    return slot.block
  }

  /** Keeps a block that `recall` was just asked for in vain. */
  remember(bytes: Buffer, start: number, end: number, generation: number, block: HeaderBlock): void {
    if (this.#place === NOWHERE) return
    const length = end - start
    // Of the two places, not that of the block which came last.
    const place = this.#places[this.#place] === this.#last ? this.#place ^ 1 : this.#place
    let slot = this.#places[place] as Remembered | null
    if (slot === null || slot.key.byteLength < length) {
      const key = new DataView(new ArrayBuffer((length + KEY_STEP - 1) & -KEY_STEP))
      slot = { key, length, generation, block }
      this.#places[place] = slot
    }
    const from = bytes.byteOffset + start
    copyWords(wordsOf(bytes), from, from + length, slot.key, 0)
    slot.length = length
    slot.generation = generation
    slot.block = block
    this.#last = slot
  }

  clear(): void {
    this.#places.fill(null)
    this.#last = null
  }
}

function is(slot: Remembered, words: DataView, from: number, length: number, generation: number): boolean {
  if (slot.length !== length || (slot.generation !== generation && slot.generation !== ALWAYS)) return false
  return areSame(words, from, from + length, slot.key, 0)
}
