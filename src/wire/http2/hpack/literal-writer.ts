import { HUFFMAN_CODES, HUFFMAN_LENGTHS } from './huffman-code.ts'

/** What a string may take beside its characters: its length, as an integer of RFC 7541 section 5.1. Bytes. */
export const LENGTH_ROOM = 6

/** Lengths below it fit into the prefix of seven bits. */
const ONE_BYTE_LENGTHS = 127
/** A string with an octet whose code is longer is sent as it is: its code would hardly be shorter. Bits. */
const LONGEST_CODE = 24

/**
 * Writes an integer (RFC 7541 section 5.1) below 2^32. `mask` has the bits of the prefix, `flags` those above them.
 * @returns where it ends; it takes at most `LENGTH_ROOM` bytes.
 */
export function writeInteger(
  into: Uint8Array,
  offset: number,
  mask: number,
  flags: number,
  value: number,
): number {
  let at = offset
  if (value < mask) {
    into[at++] = flags | value
    return at
  }
  into[at++] = flags | mask
  let rest = value - mask
  while (rest >= 128) {
    into[at++] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 128)
  }
  into[at++] = rest
  return at
}

/**
 * Writes a string (RFC 7541 section 5.2), Huffman-coded when that is shorter. `into` must have room for its
 * characters and `LENGTH_ROOM`.
 * @returns where it ends.
 * @throws RangeError for a character above U+00FF: cut to an octet it could become a line break.
 */
export function writeString(into: Uint8Array, offset: number, text: string): number {
  const length = text.length
  if (length < ONE_BYTE_LENGTHS) {
    const end = writeHuffman(into, offset + 1, text)
    if (end === -1) return writeRaw(into, offset, text)
    into[offset] = 0x80 | (end - offset - 1)
    return end
  }
  const coded = huffmanLength(text)
  if (coded >= length) return writeRaw(into, offset, text)
  return writeHuffman(into, writeInteger(into, offset, 0x7f, 0x80, coded), text)
}

function writeRaw(into: Uint8Array, offset: number, text: string): number {
  const length = text.length
  const start = writeInteger(into, offset, 0x7f, 0, length)
  let seen = 0
  for (let index = 0; index < length; index += 1) {
    const octet = text.charCodeAt(index)
    seen |= octet
    into[start + index] = octet
  }
  if (seen > 0xff) throw notAnOctet()
  return start + length
}

/** Writes the code of `text` if it is shorter than `text`; otherwise returns -1. */
function writeHuffman(into: Uint8Array, offset: number, text: string): number {
  const last = offset + text.length - 1
  let at = offset
  let bits = 0
  let count = 0
  let seen = 0
  for (let index = 0; index < text.length; index += 1) {
    const octet = text.charCodeAt(index)
    const length = HUFFMAN_LENGTHS[octet] as number
    seen |= octet
    // Not true for a character that has no code either.
    if (!(length <= LONGEST_CODE)) return -1
    bits = (bits << length) | (HUFFMAN_CODES[octet] as number)
    count += length
    while (count >= 8) {
      if (at >= last) return -1
      count -= 8
      into[at++] = bits >>> count
    }
  }
  if (seen > 0xff) throw notAnOctet()
  // RFC 7541 section 5.2: the rest of the last octet is the start of EOS, all ones.
  if (count === 0 && text.length > 0) return at
  if (at >= last) return -1
  into[at++] = (bits << (8 - count)) | (0xff >>> count)
  return at
}

/** Octets of the code of `text`; above its length when `writeHuffman` would not write it. */
function huffmanLength(text: string): number {
  let bits = 0
  for (let index = 0; index < text.length; index += 1) {
    const length = HUFFMAN_LENGTHS[text.charCodeAt(index)] as number
    if (!(length <= LONGEST_CODE)) return text.length + 1
    bits += length
  }
  return Math.ceil(bits / 8)
}

function notAnOctet(): RangeError {
  return new RangeError('A header holds a character above U+00FF.')
}
