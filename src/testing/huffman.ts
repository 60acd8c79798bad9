/** The Huffman code of HPACK (RFC 7541 section 5.2). */
import { EOS, HUFFMAN_CODES } from './hpack-tables.ts'

type Node = [Node | number | undefined, Node | number | undefined]

const root = buildTree()

export function huffmanEncode(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let count = 0
  for (let index = 0; index < text.length; index += 1) {
    const { code, length } = codeOf(text.charCodeAt(index))
    bits = bits * 2 ** length + code
    count += length
    while (count >= 8) {
      count -= 8
      const byte = Math.floor(bits / 2 ** count)
      bytes.push(byte)
      bits -= byte * 2 ** count
    }
  }
  // RFC 7541 section 5.2: the rest of the last octet is the most significant bits of EOS, all ones.
  if (count > 0) bytes.push(bits * 2 ** (8 - count) + (2 ** (8 - count) - 1))
  return Buffer.from(bytes)
}

/** Decodes, or says what is wrong: `error` is the reason. */
export function huffmanDecode(bytes: Uint8Array): { text: string } | { error: string } {
  const octets: number[] = []
  let node = root
  let padding = 0
  let onlyOnes = true
  for (const byte of bytes) {
    for (let shift = 7; shift >= 0; shift -= 1) {
      const bit = (byte >> shift) & 1
      const next = node[bit]
      padding += 1
      onlyOnes &&= bit === 1
      if (next === undefined) return { error: 'not a Huffman code' }
      if (next === EOS) return { error: 'EOS in a Huffman string' }
      if (typeof next !== 'number') {
        node = next
        continue
      }
      octets.push(next)
      node = root
      padding = 0
      onlyOnes = true
    }
  }
  if (padding > 7) return { error: 'Huffman padding longer than 7 bits' }
  if (!onlyOnes) return { error: 'Huffman padding is not the start of EOS' }
  return { text: Buffer.from(octets).toString('latin1') }
}

function codeOf(octet: number): { code: number; length: number } {
  const entry = HUFFMAN_CODES[octet]
  if (entry === undefined || octet === EOS) throw new RangeError(`header text holds a non-octet ${octet}`)
  return entry
}

function buildTree(): Node {
  const tree: Node = [undefined, undefined]
  for (const [symbol, { code, length }] of HUFFMAN_CODES.entries()) {
    let node = tree
    for (let shift = length - 1; shift > 0; shift -= 1) {
      const bit = Math.floor(code / 2 ** shift) % 2
      let next = node[bit]
      if (next === undefined) {
        next = [undefined, undefined]
        node[bit] = next
      }
      if (typeof next === 'number') throw new Error('the Huffman code is not prefix-free')
      node = next
    }
    node[code % 2] = symbol
  }
  return tree
}
