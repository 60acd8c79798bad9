import { areSame, copyWords, hashOf } from './byte-words.ts'
import { huffmanDecode } from './huffman-decoder.ts'
import { latin1Text } from './latin1-text.ts'

/** Slots; a power of two. */
const SLOTS = 1024
/** Longer strings are not kept, encoded bytes. */
export const LONGEST_INTERNED = 64

const HUFFMAN = 0x80

/**
 * Strings by their encoded octets, for all connections: what a header says is mostly what it said before, and then
 * neither decoding nor a new string is needed. A slot keeps the string that used it last, so it is bounded, and
 * needs no care. All of it is made with the first string.
 */
let strings: string[] = []
let keys: DataView = new DataView(new ArrayBuffer(0))
/** Length of each key, with the Huffman flag. A slot that was never used has the empty string, as it should be. */
let shapes = new Uint8Array(0)

/**
 * The string that `bytes` from `start` to `end` stand for, at most `LONGEST_INTERNED` of them; `words` are their memory.
 * @throws HpackError as `huffmanDecode` does.
 */
export function internedString(
  bytes: Buffer,
  words: DataView,
  start: number,
  end: number,
  huffman: boolean,
): string {
  if (strings.length === 0) makeSlots()
  const shape = (end - start) | (huffman ? HUFFMAN : 0)
  const from = bytes.byteOffset + start
  const to = bytes.byteOffset + end
  const slot = hashOf(words, from, to, shape) & (SLOTS - 1)
  const key = slot * LONGEST_INTERNED
  if (shapes[slot] === shape && areSame(words, from, to, keys, key)) return strings[slot] as string
  const text = huffman ? huffmanDecode(bytes, start, end) : latin1Text(bytes, start, end)
  copyWords(words, from, to, keys, key)
  shapes[slot] = shape
  strings[slot] = text
  return text
}

function makeSlots(): void {
  strings = new Array(SLOTS).fill('')
  keys = new DataView(new ArrayBuffer(SLOTS * LONGEST_INTERNED))
  shapes = new Uint8Array(SLOTS)
}
