import { wordsOf } from './byte-words.ts'
import { HpackError } from './hpack-error.ts'
import { huffmanDecode, huffmanDecodedLength, longestDecoded } from './huffman-decoder.ts'
import { internedString, LONGEST_INTERNED } from './interned-strings.ts'
import { latin1Text } from './latin1-text.ts'

const NOTHING = Buffer.alloc(0)
const NO_WORDS = wordsOf(NOTHING)
const LONGEST_INTERNED_TEXT = longestDecoded(LONGEST_INTERNED)

/** RFC 7541 section 5.1 lets a decoder bound integers. None of ours needs more than 32 bits. */
const MAX_INTEGER = 2 ** 32 - 1
const MAX_CONTINUATION_BYTES = 5

/** A place in an encoded header block, and the primitive types of RFC 7541 section 5 read from there. */
export class BlockReader {
  bytes: Buffer = NOTHING
  at = 0
  end = 0
  #words = NO_WORDS

  open(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes
    this.#words = wordsOf(bytes)
    this.at = start
    this.end = end
  }

  /** Keeps nothing of the block alive. */
  close(): void {
    this.bytes = NOTHING
    this.#words = NO_WORDS
  }

  /**
   * RFC 7541 section 5.1. `mask` has the bits of the prefix.
   * @throws HpackError for an integer that the block cuts off, that is above 2^32 - 1 or has more than five
   * bytes behind its prefix.
   */
  integer(mask: number): number {
    const prefix = (this.bytes[this.at++] as number) & mask
    return prefix < mask ? prefix : this.#longInteger(mask)
  }

  #longInteger(mask: number): number {
    let value = mask
    let weight = 1
    for (let count = 0; count < MAX_CONTINUATION_BYTES; count += 1) {
      if (this.at >= this.end) throw new HpackError('the block ends inside an integer')
      const byte = this.bytes[this.at++] as number
      value += (byte & 0x7f) * weight
      weight *= 128
      if (byte >= 0x80) continue
      if (value > MAX_INTEGER) throw new HpackError('an integer is above 2^32 - 1')
      return value
    }
    throw new HpackError(`an integer has more than ${MAX_CONTINUATION_BYTES} bytes behind its prefix`)
  }

  /**
   * RFC 7541 section 5.2. The string as latin1, or null when it is longer than `limit` octets: then it was checked
   * and passed over, and no memory was taken.
   * @param intern Whether others may get the same string object.
   * @throws HpackError when the block ends first or the Huffman code is not valid.
   */
  string(limit: number, intern: boolean): string | null {
    if (this.at >= this.end) throw new HpackError('the block ends where a string should start')
    const huffman = (this.bytes[this.at] as number) >= 0x80
    const length = this.integer(0x7f)
    const start = this.at
    if (length > this.end - start) {
      throw new HpackError(
        `a string of ${length} octets is longer than the ${this.end - start} left of the block`,
      )
    }
    const end = start + length
    this.at = end
    if (intern && length <= LONGEST_INTERNED && limit >= LONGEST_INTERNED_TEXT) {
      return internedString(this.bytes, this.#words, start, end, huffman)
    }
    if (!huffman) return length > limit ? null : latin1Text(this.bytes, start, end)
    if (longestDecoded(length) > limit && huffmanDecodedLength(this.bytes, start, end) > limit) return null
    return huffmanDecode(this.bytes, start, end)
  }
}
