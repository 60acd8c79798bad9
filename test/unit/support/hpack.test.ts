import { describe, expect, test } from 'vitest'
import {
  encodeHeaders,
  type HeadersInput,
  HpackDecoder,
  HpackError,
  headerList,
  headerObject,
  hpack,
} from '../../support/hpack.ts'
import { HUFFMAN_CODES, STATIC_TABLE } from '../../support/hpack-tables.ts'
import { huffmanDecode, huffmanEncode } from '../../support/huffman.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('HPACK decoder (RFC 7541)', () => {
  test('the request examples of appendix C.4, on one table', () => {
    const decoder = new HpackDecoder()
    const first = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com']
    expect(decoder.decode(hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'))).toEqual(first)
    expect(decoder.tableSize).toBe(57)
    expect(decoder.decode(hex('8286 84be 5886 a8eb 1064 9cbf'))).toEqual([
      ...first,
      'cache-control',
      'no-cache',
    ])
    expect(decoder.tableSize).toBe(110)
    const third = decoder.decode(hex('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'))
    expect(third.slice(-2)).toEqual(['custom-key', 'custom-value'])
    expect(decoder.tableSize).toBe(164)
  })

  test('the response examples of appendix C.6: a table of 256 octets evicts', () => {
    const decoder = new HpackDecoder(256)
    decoder.decode(
      hex(
        `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e
           919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`.replaceAll('\n', ''),
      ),
    )
    expect(decoder.tableSize).toBe(222)
    expect(decoder.decode(hex('4883 640e ffc1 c0bf'))).toEqual([
      ':status',
      '307',
      'cache-control',
      'private',
      'date',
      'Mon, 21 Oct 2013 20:13:21 GMT',
      'location',
      'https://www.example.com',
    ])
    expect(decoder.tableSize).toBe(222)
  })

  test('an entry larger than the table empties it (section 4.4)', () => {
    const decoder = new HpackDecoder(64)
    decoder.decode(hpack.literal('a', 'b', { indexing: 'incremental' }))
    expect(decoder.tableSize).toBe(34)
    decoder.decode(hpack.literal('name', 'x'.repeat(64), { indexing: 'incremental' }))
    expect(decoder.tableSize).toBe(0)
  })

  test.each([
    ['index 0', hex('80'), 'index 0'],
    ['an index past the table', hpack.indexed(62), 'past the table'],
    ['a name index past the table', hpack.literal('', 'v', { nameIndex: 99 }), 'past the table'],
    ['a truncated literal', hex('0005'), 'longer than the block'],
    ['a literal without value', hex('000161'), 'ends inside a field'],
    ['a string longer than the block', hex('007f80 80 80 08'), 'longer than the block'],
    ['EOS in a string', Buffer.concat([hex('0084'), hex('ffffffff'), hex('0161')]), 'EOS'],
    ['Huffman padding of 8 bits', Buffer.concat([hex('0082'), hex('1fff'), hex('0161')]), 'longer than 7'],
    [
      'Huffman padding of zeros',
      Buffer.concat([hex('0081'), hex('18'), hex('0161')]),
      'not the start of EOS',
    ],
    ['an integer overflow', hex('ffffffffffffffffff7f'), 'integer overflow'],
    ['endless integer octets', Buffer.concat([hex('ff'), Buffer.alloc(100, 0x80)]), 'integer overflow'],
    ['a size update above the limit', hpack.sizeUpdate(4097), 'above 4096'],
    ['a size update after a field', Buffer.concat([hex('82'), hpack.sizeUpdate(0)]), 'after a field'],
  ])('%s is refused', (_name, block, message) => {
    expect(() => new HpackDecoder().decode(block)).toThrow(HpackError)
    expect(() => new HpackDecoder().decode(block)).toThrow(message)
  })

  test('after the limit was lowered the next block must begin with a size update (section 4.2)', () => {
    const decoder = new HpackDecoder()
    decoder.decode(hpack.literal('a', 'b', { indexing: 'incremental' }))
    decoder.setAllowedSize(0)
    expect(() => decoder.decode(hex('82'))).toThrow('no table size update')
    expect(decoder.decode(Buffer.concat([hpack.sizeUpdate(0), hex('82')]))).toEqual([':method', 'GET'])
    expect(decoder.tableSize).toBe(0)
  })
})

describe('HPACK encoder', () => {
  const octets = Array.from({ length: 256 }, (_, index) => String.fromCharCode(index)).join('')
  const inputs: HeadersInput[] = [
    [':method', 'GET', ':path', '/', 'x', 'y', 'x', 'z'],
    { ':status': 200, 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'], empty: '' },
    { 'x-octets': octets, [octets]: 'v' },
    ['', ''],
    { 'x-long': 'v'.repeat(70_000) },
  ]

  test.each(inputs.map((headers) => ({ headers })))(
    'decodes to what was encoded, and leaves no state',
    ({ headers }) => {
      for (const huffman of [true, false]) {
        const decoder = new HpackDecoder(0)
        expect(decoder.decode(encodeHeaders(headers, { huffman }))).toEqual(headerList(headers))
        expect(decoder.tableSize).toBe(0)
      }
    },
  )

  test('takes from the static table what fits', () => {
    expect(encodeHeaders({ ':status': 404 }).toString('hex')).toBe('8d')
    expect(encodeHeaders({ ':status': 418 }).toString('hex')).toBe('0803343138')
    expect(encodeHeaders({ ':path': '/x' }).toString('hex')).toBe('04022f78')
  })

  test('integers of RFC 7541 appendix C.1', () => {
    expect(hpack.integer(10, 5).toString('hex')).toBe('0a')
    expect(hpack.integer(1337, 5).toString('hex')).toBe('1f9a0a')
    expect(hpack.integer(42, 8).toString('hex')).toBe('2a')
  })

  test('literals in all three kinds', () => {
    expect(hpack.literal('a', 'b', { indexing: 'incremental' }).toString('hex')).toBe('4001610162')
    expect(hpack.literal('a', 'b', { indexing: 'never' }).toString('hex')).toBe('1001610162')
    expect(hpack.literal(':path', 'b', { nameIndex: 4 }).toString('hex')).toBe('040162')
  })
})

describe('tables', () => {
  test('61 static entries, a complete prefix code', () => {
    expect(STATIC_TABLE.length).toBe(61)
    expect(HUFFMAN_CODES.length).toBe(257)
    expect(HUFFMAN_CODES.reduce((sum, { length }) => sum + 2 ** -length, 0)).toBe(1)
    expect(HUFFMAN_CODES[256]).toEqual({ code: 0x3fff_ffff, length: 30 })
    expect(HUFFMAN_CODES['&'.charCodeAt(0)]).toEqual({ code: 0xf8, length: 8 })
  })

  test('Huffman example of RFC 7541 appendix C.4.1', () => {
    expect(huffmanEncode('www.example.com').toString('hex')).toBe('f1e3c2e5f23a6ba0ab90f4ff')
    expect(huffmanDecode(hex('f1e3c2e5f23a6ba0ab90f4ff'))).toEqual({ text: 'www.example.com' })
  })
})

describe('header forms', () => {
  test('repeats are joined by name, and `__proto__` is a name like any other', () => {
    const object = headerObject(['a', '1', 'cookie', 'x', 'a', '2', 'cookie', 'y', '__proto__', 'z'])
    expect(object.a).toBe('1, 2')
    expect(object.cookie).toBe('x; y')
    expect(Object.keys(object)).toContain('__proto__')
    expect(Object.getPrototypeOf(object)).toBe(null)
  })
})
