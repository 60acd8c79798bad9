/**
 * The Huffman code of RFC 7541 appendix B. It is canonical: codes of one length follow each other in the order of
 * their symbols, and the shorter ones come first. So the lengths say everything.
 */

/** The symbol that ends nothing: it may not occur, and its first bits are the padding (RFC 7541 section 5.2). */
export const EOS = 256

const SHORTEST = 5
const LONGEST = 30

/** Bits of the code of each octet, then of EOS, as digits of base 36. */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq' +
  'u'

/** Length of each code, bits. */
export const HUFFMAN_LENGTHS: Uint8Array = Uint8Array.from(LENGTHS, (digit) => Number.parseInt(digit, 36))

/** Each code, in the low bits. */
export const HUFFMAN_CODES: Uint32Array = canonicalCodes()

function canonicalCodes(): Uint32Array {
  const codes = new Uint32Array(HUFFMAN_LENGTHS.length)
  let code = 0
  for (let length = SHORTEST; length <= LONGEST; length += 1) {
    for (let symbol = 0; symbol < codes.length; symbol += 1) {
      if (HUFFMAN_LENGTHS[symbol] === length) codes[symbol] = code++
    }
    code *= 2
  }
  return codes
}
