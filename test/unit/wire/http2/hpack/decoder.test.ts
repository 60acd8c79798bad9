import { describe, expect, test } from 'vitest'
import { hpack } from '../../../../support/hpack.ts'
import { decode, fieldsOf, hex, newDecoder } from './blocks.ts'

const literal = (name: string, value: string, indexing: 'incremental' | 'without' | 'never' = 'without') =>
  hpack.literal(name, value, { indexing })
const indexedLiteral = (name: string, value: string) => literal(name, value, 'incremental')

describe('a block', () => {
  test('has its fields and their size', () => {
    const block = decode(newDecoder(), Buffer.concat([hex('88'), literal('server', 'x')]))
    expect(block).toMatchObject({
      fields: [':status', '200', 'server', 'x'],
      size: 7 + 3 + 32 + 6 + 1 + 32,
      memo: null,
    })
  })

  test('may be empty, or hold size updates only', () => {
    const decoder = newDecoder()
    expect(decode(decoder, hex(''))).toMatchObject({ fields: [], size: 0 })
    expect(decode(decoder, hex('20'))).toMatchObject({ fields: [], size: 0 })
    expect(decode(decoder, hex('203fe11f'))).toMatchObject({ fields: [], size: 0 })
  })

  test('keeps bytes above 0x7f', () => {
    const value = Buffer.from('grüße', 'utf8').toString('latin1')
    for (const huffman of [false, true]) {
      const block = hpack.literal('x', value, { huffman })
      expect(fieldsOf(newDecoder(), block)).toEqual(['x', value])
    }
  })

  test('may hold never-indexed literals, which leave no trace', () => {
    const decoder = newDecoder()
    const block = literal('authorization', 'secret', 'never')
    expect(fieldsOf(decoder, block)).toEqual(['authorization', 'secret'])
    expect(fieldsOf(decoder, block)).toEqual(['authorization', 'secret'])
    expect(() => decode(decoder, hex('be'))).toThrow(/beyond the table/)
  })

  test('may name a dynamic entry by index in a literal that pushes it out', () => {
    const decoder = newDecoder()
    fieldsOf(decoder, Buffer.concat([hpack.sizeUpdate(64), indexedLiteral('name', 'old')]))
    const next = hpack.literal('', 'new', { indexing: 'incremental', nameIndex: 62 })
    expect(fieldsOf(decoder, next)).toEqual(['name', 'new'])
    expect(fieldsOf(decoder, hex('be'))).toEqual(['name', 'new'])
  })

  test('may have integers with zeros behind them', () => {
    expect(fieldsOf(newDecoder(), hex('0f8180808000 0161'))).toEqual(['accept-encoding', 'a'])
  })
})

describe('limits', () => {
  const small = { maxListSize: 100, maxFields: 3 }

  test('a list is as large as the limit, but not larger', () => {
    const decoder = newDecoder(small)
    expect(decode(decoder, literal('abc', 'x'.repeat(65)))).toMatchObject({ size: 100 })
    expect(decode(decoder, literal('abc', 'x'.repeat(66)))).toBe('too large')
    expect(decode(decoder, literal('x'.repeat(66), 'abc'))).toBe('too large')
    expect(decode(decoder, hpack.literal('abc', 'x'.repeat(65), { huffman: true }))).toMatchObject({
      size: 100,
    })
    expect(decode(decoder, hpack.literal('abc', 'x'.repeat(66), { huffman: true }))).toBe('too large')
  })

  test('the number of fields', () => {
    const decoder = newDecoder({ maxFields: 3 })
    expect(decode(decoder, hex('828684'))).toMatchObject({ fields: { length: 6 } })
    expect(decode(decoder, hex('82868484'))).toBe('too large')
  })

  test('a block that is too large still fills the table', () => {
    const decoder = newDecoder(small)
    const large = Buffer.concat([
      indexedLiteral('a', '1'),
      literal('b', 'x'.repeat(1000)),
      indexedLiteral('c', 'y'.repeat(1000)),
      hpack.literal('d', 'z'.repeat(1000), { indexing: 'never', huffman: true }),
      hpack.literal('e', '2', { indexing: 'incremental', huffman: true }),
    ])
    expect(decode(decoder, large)).toBe('too large')
    expect(fieldsOf(decoder, hex('bec0'))).toEqual(['e', '2', 'a', '1'])
    expect(decode(decoder, hex('bf'))).toBe('too large')
    expect(decode(decoder, large)).toBe('too large')
  })

  test('a literal larger than the table empties it, even if nobody wants it', () => {
    const decoder = newDecoder(small)
    fieldsOf(decoder, indexedLiteral('a', '1'))
    expect(decode(decoder, indexedLiteral('b', 'x'.repeat(5000)))).toBe('too large')
    expect(() => decode(decoder, hex('be'))).toThrow(/beyond the table/)
  })

  test('a block of many references to a large entry takes no memory to speak of', () => {
    const decoder = newDecoder()
    fieldsOf(decoder, indexedLiteral('a', 'x'.repeat(4000)))
    expect(decode(decoder, Buffer.alloc(15_000, 0xbe))).toBe('too large')
    expect(decode(decoder, Buffer.alloc(10, 0xbe))).toMatchObject({ size: 10 * 4033 })
  })
})

describe('size updates', () => {
  test('up to what was announced', () => {
    const decoder = newDecoder({ maxTableSize: 10_000 })
    fieldsOf(decoder, Buffer.concat([hpack.sizeUpdate(10_000), indexedLiteral('a', 'x'.repeat(9900))]))
    expect(fieldsOf(decoder, hex('be'))).toHaveLength(2)
  })

  test('the table has 4096 bytes until the peer says otherwise', () => {
    const decoder = newDecoder({ maxTableSize: 10_000 })
    fieldsOf(decoder, indexedLiteral('a', 'x'.repeat(4063)))
    expect(fieldsOf(decoder, hex('be'))).toHaveLength(2)
    fieldsOf(decoder, indexedLiteral('a', 'x'.repeat(4064)))
    expect(() => decode(decoder, hex('be'))).toThrow(/beyond the table/)
  })

  test('are due when the acknowledged limit is below the size of the table', () => {
    const decoder = newDecoder({ maxTableSize: 100 })
    fieldsOf(decoder, hex('82'))
    decoder.setMaxTableSize(100)
    expect(fieldsOf(decoder, Buffer.concat([hpack.sizeUpdate(100), hex('82')]))).toEqual([':method', 'GET'])
    expect(fieldsOf(decoder, hex('82'))).toEqual([':method', 'GET'])
    decoder.setMaxTableSize(100)
    expect(fieldsOf(decoder, hex('82'))).toEqual([':method', 'GET'])
    decoder.setMaxTableSize(4096)
    expect(fieldsOf(decoder, hex('3fe11f82'))).toEqual([':method', 'GET'])
  })
})

describe('a block seen before', () => {
  const block = Buffer.concat([hex('88'), literal('server', 'x')])

  test('is the same object, with its memo', () => {
    const decoder = newDecoder()
    const first = decode(decoder, block)
    if (first === 'too large') throw new Error('it is small')
    first.memo = 'what the engine knows'
    expect(decode(decoder, block)).toBe(first)
    decode(decoder, hex('82'))
    expect(decode(decoder, block)).toBe(first)
  })

  test('is another one where a byte differs, first, last or anywhere', () => {
    for (let place = 0; place < 8; place += 1) {
      const decoder = newDecoder()
      const values = Array.from({ length: 8 }, (_, at) => (at === place ? 'y' : 'x')).join('')
      expect(fieldsOf(decoder, literal('a', 'xxxxxxxx'))).toEqual(['a', 'xxxxxxxx'])
      expect(fieldsOf(decoder, literal('a', values))).toEqual(['a', values])
    }
  })

  test('is another one when the table has changed, unless it has nothing to do with the table', () => {
    const decoder = newDecoder()
    const own = decode(decoder, block)
    fieldsOf(decoder, indexedLiteral('a', '1'))
    expect(fieldsOf(decoder, hex('be'))).toEqual(['a', '1'])
    fieldsOf(decoder, indexedLiteral('b', '2'))
    expect(fieldsOf(decoder, hex('be'))).toEqual(['b', '2'])
    expect(fieldsOf(decoder, hex('bf'))).toEqual(['a', '1'])
    expect(decode(decoder, block)).toBe(own)
  })

  test('is read again when it changes the table', () => {
    const decoder = newDecoder()
    const adds = indexedLiteral('a', '1')
    expect(decode(decoder, adds)).not.toBe(decode(decoder, adds))
    expect(fieldsOf(decoder, hex('bebf'))).toEqual(['a', '1', 'a', '1'])
    expect(() => decode(decoder, hex('c0'))).toThrow(/beyond the table/)
  })

  test('may add to a table that takes nothing', () => {
    const decoder = newDecoder()
    fieldsOf(decoder, hex('20'))
    const adds = indexedLiteral('a', '1')
    expect(decode(decoder, adds)).toBe(decode(decoder, adds))
    fieldsOf(decoder, hex('3fe11f'))
    fieldsOf(decoder, adds)
    expect(fieldsOf(decoder, hex('be'))).toEqual(['a', '1'])
  })

  test('is right among more blocks than are remembered', () => {
    const decoder = newDecoder()
    for (let round = 0; round < 3; round += 1) {
      for (let number = 0; number < 200; number += 1) {
        const value = String(number).padStart(1 + (number % 40), '0')
        expect(fieldsOf(decoder, literal('a', value))).toEqual(['a', value])
        expect(fieldsOf(decoder, block)).toEqual([':status', '200', 'server', 'x'])
      }
    }
  })

  test('is found again after many that were not', () => {
    const decoder = newDecoder()
    for (let number = 0; number < 500; number += 1) decode(decoder, literal('a', String(number)))
    const seen = new Set(Array.from({ length: 50 }, () => decode(decoder, block)))
    expect(seen.size).toBeLessThan(30)
    expect(decode(decoder, block)).toBe(decode(decoder, block))
  })
})
