import { HpackError } from './hpack-error.ts'
import { EOS, HUFFMAN_CODES, HUFFMAN_LENGTHS } from './huffman-code.ts'
import { latin1Text } from './latin1-text.ts'

/**
 * The code as a machine that eats half an octet a step. Its states are the inner nodes of the code tree, and one
 * more that nothing leads out of: EOS was read. No code is shorter than five bits, so a step ends at most one
 * symbol. A transition holds the symbol in bits 0 to 7, bit 8 when there is one, and the next state from bit 9 on.
 */
const EMITS = 0x100
const STATE_SHIFT = 9
const ROOT = 0
const FAILED = 256

/** RFC 7541 section 5.2: padding is shorter than an octet. */
const MAX_PADDING_BITS = 7

/** For each inner node its children after a 0 and a 1: another node, or `~symbol`. */
const children = codeTree()
const transitions = stepTable()
/** States in which a string may end: nothing is left over but at most seven ones, the start of EOS. */
const mayEnd = paddingStates()

/** Reused by each call; strings that need more room get their own, and it is not kept. */
const scratch = Buffer.allocUnsafeSlow(4096)

/**
 * The string that `bytes` from `start` to `end` stand for, as latin1.
 * @throws HpackError for EOS, and for padding that is longer than 7 bits or not all ones (RFC 7541 section 5.2).
 */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number): string {
  const output =
    longestDecoded(end - start) <= scratch.length
      ? scratch
      : Buffer.allocUnsafeSlow(huffmanDecodedLength(bytes, start, end))
  let state = ROOT
  let length = 0
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number
    const high = transitions[(state << 4) | (byte >> 4)] as number
    if ((high & EMITS) !== 0) output[length++] = high
    const low = transitions[((high >> STATE_SHIFT) << 4) | (byte & 15)] as number
    if ((low & EMITS) !== 0) output[length++] = low
    state = low >> STATE_SHIFT
  }
  if (mayEnd[state] === 0) throw endError(state)
  return latin1Text(output, 0, length)
}

/**
 * How many octets `huffmanDecode` would make, without making them.
 * @throws HpackError as `huffmanDecode` does.
 */
export function huffmanDecodedLength(bytes: Uint8Array, start: number, end: number): number {
  let state = ROOT
  let length = 0
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number
    const high = transitions[(state << 4) | (byte >> 4)] as number
    const low = transitions[((high >> STATE_SHIFT) << 4) | (byte & 15)] as number
    length += ((high & EMITS) + (low & EMITS)) >> 8
    state = low >> STATE_SHIFT
  }
  if (mayEnd[state] === 0) throw endError(state)
  return length
}

/** The most octets that a Huffman-coded string of `length` octets can stand for: five bits each. */
export function longestDecoded(length: number): number {
  return Math.floor((length * 8) / 5)
}

function endError(state: number): HpackError {
  return new HpackError(
    state === FAILED
      ? 'a Huffman-coded string holds EOS'
      : 'a Huffman-coded string ends with more than 7 bits of padding, or with bits that are not all ones',
  )
}

function codeTree(): Int16Array {
  const tree = new Int16Array(2 * 256)
  let nodes = 1
  for (let symbol = 0; symbol <= EOS; symbol += 1) {
    const code = HUFFMAN_CODES[symbol] as number
    let node = ROOT
    for (let bit = (HUFFMAN_LENGTHS[symbol] as number) - 1; bit > 0; bit -= 1) {
      const edge = 2 * node + ((code >> bit) & 1)
      if (tree[edge] === 0) tree[edge] = nodes++
      node = tree[edge] as number
    }
    tree[2 * node + (code & 1)] = ~symbol
  }
  return tree
}

function stepTable(): Int32Array {
  const table = new Int32Array((FAILED + 1) * 16)
  for (let state = 0; state < FAILED; state += 1) {
    for (let nibble = 0; nibble < 16; nibble += 1) table[(state << 4) | nibble] = stepOf(state, nibble)
  }
  table.fill(FAILED << STATE_SHIFT, FAILED << 4)
  return table
}

function stepOf(state: number, nibble: number): number {
  let node = state
  let emitted = 0
  for (let bit = 3; bit >= 0; bit -= 1) {
    const child = children[2 * node + ((nibble >> bit) & 1)] as number
    if (child === ~EOS) return FAILED << STATE_SHIFT
    if (child < 0) emitted = EMITS | ~child
    node = child < 0 ? ROOT : child
  }
  return (node << STATE_SHIFT) | emitted
}

function paddingStates(): Uint8Array {
  const states = new Uint8Array(FAILED + 1)
  let node = ROOT
  for (let bits = 0; bits <= MAX_PADDING_BITS; bits += 1) {
    states[node] = 1
    node = children[2 * node + 1] as number
  }
  return states
}
