import { describe, expect, test } from 'vitest'
import { HpackError } from '../../../../../src/wire/http2/hpack/hpack-error.ts'
import { EOS, HUFFMAN_CODES, HUFFMAN_LENGTHS } from '../../../../../src/wire/http2/hpack/huffman-code.ts'
import {
  huffmanDecode,
  huffmanDecodedLength,
  longestDecoded,
} from '../../../../../src/wire/http2/hpack/huffman-decoder.ts'
import { LENGTH_ROOM, writeString } from '../../../../../src/wire/http2/hpack/literal-writer.ts'
import { HUFFMAN_CODES as OTHER_CODES } from '../../../../support/hpack-tables.ts'
import { huffmanEncode } from '../../../../support/huffman.ts'
import { Random } from '../../../fakes/random.ts'
import { hex } from './blocks.ts'

const ALL_OCTETS = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet)).toString('latin1')

function decoded(bytes: Uint8Array): string {
  const text = huffmanDecode(bytes, 0, bytes.length)
  expect(huffmanDecodedLength(bytes, 0, bytes.length)).toBe(text.length)
  return text
}

function written(text: string): Buffer {
  const into = Buffer.alloc(text.length + LENGTH_ROOM)
  return into.subarray(0, writeString(into, 0, text))
}

/** A string of bits, filled with ones to whole octets. */
function bits(text: string): Buffer {
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '1')
  return Buffer.from(padded.match(/.{8}/g)?.map((octet) => Number.parseInt(octet, 2)) ?? [])
}

function codeOf(symbol: number): string {
  return (HUFFMAN_CODES[symbol] as number).toString(2).padStart(HUFFMAN_LENGTHS[symbol] as number, '0')
}

describe('the code', () => {
  test('is complete', () => {
    expect(HUFFMAN_LENGTHS).toHaveLength(257)
    expect(HUFFMAN_LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1)
  })

  test('is that of the other implementation', () => {
    expect(Array.from(HUFFMAN_CODES, (code, symbol) => ({ code, length: HUFFMAN_LENGTHS[symbol] }))).toEqual(
      OTHER_CODES,
    )
  })

  test.each([
    ['0', '00000'],
    ['a', '00011'],
    [' ', '010100'],
    ['X', '11111100'],
    ['\\', '1111111111111110000'],
    ['\n', '111111111111111111111111111100'],
  ])('of %j is %s', (text, code) => {
    expect(codeOf(text.charCodeAt(0))).toBe(code)
  })
})

describe('decoding', () => {
  test.each(Array.from(ALL_OCTETS, (octet) => [octet]))('the octet %j, once and after another', (octet) => {
    expect(decoded(bits(codeOf(octet.charCodeAt(0))))).toBe(octet)
    expect(decoded(bits(`${codeOf(0x61)}${codeOf(octet.charCodeAt(0))}`))).toBe(`a${octet}`)
  })

  test('all octets in one string, and longer ones than the usual room', () => {
    expect(decoded(huffmanEncode(ALL_OCTETS))).toBe(ALL_OCTETS)
    const long = 'e'.repeat(100_000)
    expect(decoded(huffmanEncode(long))).toBe(long)
  })

  test('the empty string', () => {
    expect(decoded(hex(''))).toBe('')
  })

  test('what the other implementation encodes', () => {
    const random = new Random(7)
    for (let round = 0; round < 300; round += 1) {
      const length = random.below(60)
      const text = Array.from({ length }, () => random.pick([...ALL_OCTETS, ...'etaoin shrdlu0123'])).join('')
      expect(decoded(huffmanEncode(text))).toBe(text)
    }
  })

  test('no string is longer than the bound', () => {
    for (let length = 0; length < 40; length += 1) {
      const bytes = Buffer.alloc(length)
      expect(longestDecoded(length)).toBeGreaterThanOrEqual(Math.floor((8 * length) / 5))
      // A code of five zeros stands for '0'; the rest is made padding.
      const used = Math.floor((8 * length) / 5) * 5
      for (let bit = used; bit < 8 * length; bit += 1)
        bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7))
      expect(decoded(bytes)).toHaveLength(longestDecoded(length))
    }
  })

  test.each([
    ['EOS alone', bits(codeOf(EOS)), /EOS/],
    ['EOS behind a symbol', bits(codeOf(0x61) + codeOf(EOS)), /EOS/],
    ['EOS before a symbol', bits(codeOf(EOS) + codeOf(0x61)), /EOS/],
    ['an octet of padding', hex('ff'), /padding/],
    ['padding of eight bits behind a symbol', bits(`${codeOf(0x58)}11111111`), /padding/],
    ['padding of eleven bits', bits(`${codeOf(0x61)}111${'1'.repeat(8)}`), /padding/],
    ['three octets of padding', hex('ffffff'), /padding/],
    ['padding with a zero at its start', bits(`${codeOf(0x30)}011`), /padding/],
    ['padding of zeros', Buffer.of(0b00011_000), /padding/],
    ['padding with a zero at its end', bits(`${codeOf(0x30)}110`), /padding/],
    ['a code that is cut off', bits(codeOf(0x0a)).subarray(0, 2), /padding/],
  ])('not %s', (_name, bytes, message) => {
    expect(() => huffmanDecode(bytes, 0, bytes.length)).toThrow(HpackError)
    expect(() => huffmanDecode(bytes, 0, bytes.length)).toThrow(message)
    expect(() => huffmanDecodedLength(bytes, 0, bytes.length)).toThrow(message)
  })
})

describe('writing a string', () => {
  test.each([
    ['an empty one', '', '00'],
    ['one that gets shorter', 'www.example.com', '8cf1e3c2e5f23a6ba0ab90f4ff'],
    ['one that would not get shorter, raw', 'XZ', '02585a'],
    ['one with line noise, raw', '\u0001abc', '0401616263'],
    ['obs-text, raw', '\u00e9\u00ff', '02e9ff'],
  ])('%s', (_name, text, bytes) => {
    expect(written(text).toString('hex')).toBe(bytes)
  })

  test.each([126, 127, 128, 200, 254, 255, 1000, 20_000])('of %d characters', (length) => {
    const easy = written('e'.repeat(length))
    expect(easy.length).toBeLessThan(length)
    const prefix = length < 203 ? 1 : length < 405 ? 2 : 3
    expect(decoded(easy.subarray(prefix))).toBe('e'.repeat(length))
    const hard = written('\u00fd'.repeat(length))
    expect(hard.subarray(-length).toString('latin1')).toBe('\u00fd'.repeat(length))
  })

  test.each(['\u0100', '\u010a', 'a\u2028', 'emoji \u{1f600}', `${'x'.repeat(200)}\u0100`, '\u00fd\u0101'])(
    'not with a character that is no octet: %j',
    (text) => {
      expect(() => written(text)).toThrow(RangeError)
    },
  )
})
