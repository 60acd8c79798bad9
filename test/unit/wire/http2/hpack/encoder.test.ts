import { describe, expect, test } from 'vitest'
import { HpackEncoder } from '../../../../../src/wire/http2/hpack/encoder.ts'
import { HpackDecoder as OtherDecoder } from '../../../../support/hpack.ts'
import { encode, hex } from './blocks.ts'

const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.example', ':path', '/items/1']

/** An encoder beside the decoder of another hand; each block is decoded as it is written. */
function pair(options?: { neverIndexed?: ReadonlySet<string> }) {
  const encoder = new HpackEncoder(options)
  const decoder = new OtherDecoder()
  const send = (fields: readonly string[]): Buffer => {
    const block = encode(encoder, fields)
    expect(decoder.decode(block)).toEqual(fields)
    return block
  }
  return { encoder, decoder, send }
}

/** How the only field of a block is written. */
function kindOf(block: Buffer): string {
  const first = block[0] as number
  if (first >= 0x80) return 'indexed'
  if (first >= 0x40) return 'with indexing'
  return first >= 0x10 ? 'never indexed' : 'without indexing'
}

describe('what is indexed', () => {
  test('a field that may come again, once', () => {
    const { send } = pair()
    expect(kindOf(send(['accept', 'text/html']))).toBe('with indexing')
    expect(send(['accept', 'text/html']).toString('hex')).toBe('be')
  })

  test('a field of the static table never', () => {
    const { send, decoder } = pair()
    expect(
      send([':method', 'GET', ':path', '/', ':status', '304', 'accept-encoding', 'gzip, deflate']),
    ).toEqual(hex('82848b90'))
    expect(send(['accept', ''])).toEqual(hex('93'))
    expect(decoder.tableSize).toBe(0)
  })

  test.each(['authorization', 'proxy-authorization'])('%s never', (name) => {
    const { send, decoder } = pair()
    for (let round = 0; round < 3; round += 1)
      expect(kindOf(send([name, 'Bearer abc']))).toBe('never indexed')
    expect(kindOf(send([name, '']))).toBe('never indexed')
    expect(decoder.tableSize).toBe(0)
  })

  test('cookies from 20 characters on', () => {
    const { send } = pair()
    expect(kindOf(send(['cookie', 'x'.repeat(19)]))).toBe('never indexed')
    expect(kindOf(send(['cookie', 'x'.repeat(19)]))).toBe('never indexed')
    expect(kindOf(send(['cookie', 'x'.repeat(20)]))).toBe('with indexing')
    expect(kindOf(send(['cookie', 'x'.repeat(20)]))).toBe('indexed')
    expect(kindOf(send(['cookie', 'y'.repeat(19)]))).toBe('never indexed')
  })

  test('fields named by the option never', () => {
    const { send, decoder } = pair({ neverIndexed: new Set(['x-api-key', 'cookie']) })
    for (const name of ['x-api-key', 'cookie', 'authorization']) {
      expect(kindOf(send([name, 'k'.repeat(30)]))).toBe('never indexed')
      expect(kindOf(send([name, 'l'.repeat(30)]))).toBe('never indexed')
    }
    expect(decoder.tableSize).toBe(0)
  })

  test.each([':path', 'traceparent', 'x-request-id', 'content-length', 'date', 'etag', 'if-none-match'])(
    'values of %s never, since they are new each time',
    (name) => {
      const { send, decoder } = pair()
      for (const value of ['/1', '/2', '/2', '/3'])
        expect(kindOf(send([name, value]))).toBe('without indexing')
      expect(decoder.tableSize).toBe(0)
    },
  )

  test('values of a field that turns out to be new each time, not for long', () => {
    const { send } = pair()
    const kinds = Array.from({ length: 12 }, (_, number) => kindOf(send(['x-serial', `number ${number}`])))
    expect(kinds.indexOf('without indexing')).toBe(8)
    expect(kinds.slice(8).every((kind) => kind === 'without indexing')).toBe(true)
  })

  test('values of a field that comes again, however many there are', () => {
    const { send } = pair()
    for (let number = 0; number < 30; number += 1) {
      expect(kindOf(send(['x-tenant', `tenant ${number}`]))).toBe('with indexing')
      expect(kindOf(send(['x-tenant', `tenant ${number}`]))).toBe('indexed')
    }
  })

  test('values that changed after many blocks', () => {
    const { send } = pair()
    for (let number = 0; number < 12; number += 1) {
      expect(kindOf(send(['x-token', `token ${number}`]))).toBe('with indexing')
      for (let block = 0; block < 20; block += 1) send(GET)
    }
  })

  test('a value that would fill most of the table never', () => {
    const { send, decoder } = pair()
    send(['a', '1'])
    expect(kindOf(send(['x-large', 'x'.repeat(3100)]))).toBe('without indexing')
    expect(decoder.tableSize).toBe(34)
  })

  test('the name of a literal, when a table has it', () => {
    const { send } = pair()
    send(['x-serial', 'first'])
    send(['x-other', 'first'])
    const second = send(['x-serial', 'second'])
    expect(second.subarray(0, 1)).toEqual(hex('7f')) // 63: one entry was added since
  })
})

describe('a list seen before', () => {
  test('is written alike by whatever array', () => {
    const { send } = pair()
    const fields = [...GET, 'accept', 'text/html', 'x-one', '1']
    send(fields)
    const second = send(fields)
    expect(second.length).toBeLessThan(20)
    expect(send(fields)).toEqual(second)
    expect(send([...fields])).toEqual(second)
  })

  test('may have been changed by its owner', () => {
    const { send } = pair()
    const fields = [...GET, 'accept', 'text/html', 'x-one', '1']
    for (let round = 0; round < 3; round += 1) send(fields)
    fields[11] = '2'
    send(fields)
    fields[10] = 'x-two'
    send(fields)
    fields[7] = '/items/2'
    send(fields)
    fields.push('x-more', 'more')
    send(fields)
  })

  test('with other values of fields that are not indexed keeps the rest', () => {
    const { send } = pair()
    const fields = (path: string, trace: string) => [
      ...[':method', 'GET', ':path', path, 'accept', 'text/html', 'authorization', 'Basic abc'],
      ...['traceparent', trace, 'x-last', 'last'],
    ]
    for (let round = 0; round < 3; round += 1) send(fields('/', 'first'))
    const once = send(fields('/', 'first'))
    expect(send(fields('/items', 'first')).length).toBeGreaterThan(once.length)
    send(fields('/items', 'second'))
    send(fields('/index.html', `long ${'x'.repeat(300)}`))
    send(fields('/', ''))
    expect(send(fields('/', 'first'))).toEqual(once)
  })

  test('with another value of an indexed field adds it, and goes on', () => {
    const { send } = pair()
    const fields = (accept: string) => [...GET, 'x-a', '1', 'accept', accept, 'x-b', '2', 'x-c', '3']
    for (let round = 0; round < 3; round += 1) send(fields('text/html'))
    send(fields('text/plain'))
    const known = send(fields('text/html'))
    expect(known.length).toBeLessThan(20)
    for (let round = 0; round < 20; round += 1) send(fields(round % 2 ? 'text/plain' : 'text/html'))
    for (let round = 0; round < 20; round += 1) send(fields('text/plain'))
  })

  test('of another length, or with other names, is not mixed up', () => {
    const { send } = pair()
    for (let round = 0; round < 4; round += 1) {
      send(['a', '1', 'b', '2'])
      send(['a', '1', 'b', '2', 'c', '3'])
      send(['b', '2', 'a', '1'])
      send(['a', '2', 'b', '1'])
      send(['a', '1'])
      send([])
      send(Array.from({ length: 9 }, (_, at) => [`n${at}`, String(round)]).flat())
      send(Array.from({ length: 200 }, (_, at) => [`n${at % 9}`, String(at % 7)]).flat())
    }
  })

  test('is written in full once the table has lost its fields', () => {
    const { send, encoder, decoder } = pair()
    for (let round = 0; round < 3; round += 1) send(['a', '1', 'b', '2'])
    decoder.setAllowedSize(0)
    encoder.setMaxTableSize(0)
    send(['a', '1', 'b', '2'])
    send(['a', '1', 'b', '2'])
    expect(decoder.tableSize).toBe(0)
  })
})

describe('size updates', () => {
  test('none while the table has the size that every peer starts with', () => {
    const encoder = new HpackEncoder()
    for (const size of [4096, 65_536, 0xffff_ffff]) encoder.setMaxTableSize(size)
    expect(encode(encoder, [':method', 'GET'])).toEqual(hex('82'))
  })

  test.each([
    ['a lower size', [100], '3f4582'],
    ['the lower one of two', [200, 100], '3f4582'],
    ['the lowest, then the final one', [0, 100], '203f4582'],
    ['the lowest of many, then the final one', [2000, 300, 0, 50, 100], '203f4582'],
    ['the lowest, then the first size again', [100, 4096], '3f453fe11f82'],
    ['the lowest, and no more than the usual size', [0, 0xffff_ffff], '203fe11f82'],
    ['nothing for the same size', [4096, 4096], '82'],
  ])('%s', (_what, sizes, block) => {
    const encoder = new HpackEncoder()
    for (const size of sizes) encoder.setMaxTableSize(size)
    expect(encode(encoder, [':method', 'GET']).toString('hex')).toBe(block)
    expect(encode(encoder, [':method', 'GET'])).toEqual(hex('82'))
  })

  test('a size that goes up and down between blocks', () => {
    const encoder = new HpackEncoder()
    encoder.setMaxTableSize(100)
    encode(encoder, GET)
    encoder.setMaxTableSize(200)
    expect(encode(encoder, [':method', 'GET']).toString('hex')).toBe('3fa90182')
    encoder.setMaxTableSize(300)
    encoder.setMaxTableSize(200)
    expect(encode(encoder, [':method', 'GET']).toString('hex')).toBe('82')
  })

  test('evict at once, and on the other side as well', () => {
    const { send, encoder, decoder } = pair()
    for (let round = 0; round < 2; round += 1) send([...GET, 'accept', 'text/html', 'x-one', '1'])
    decoder.setAllowedSize(60)
    decoder.setAllowedSize(4096)
    encoder.setMaxTableSize(60)
    encoder.setMaxTableSize(4096)
    for (let round = 0; round < 3; round += 1) send([...GET, 'accept', 'text/html', 'x-one', '1'])
    decoder.setAllowedSize(100)
    encoder.setMaxTableSize(100)
    for (let round = 0; round < 3; round += 1) send([...GET, 'accept', 'text/html', 'x-one', '1'])
  })

  test('come again when there was no room for the block', () => {
    const encoder = new HpackEncoder()
    encoder.setMaxTableSize(0)
    expect(encoder.encode(GET, Buffer.alloc(10), 0)).toBe(-1)
    expect(encoder.encode(GET, Buffer.alloc(30), 0)).toBe(-1)
    expect(encode(encoder, [':method', 'GET'])).toEqual(hex('2082'))
  })
})

describe('no room', () => {
  const fields = [...GET, 'accept', 'text/html', 'x-one', '1', 'traceparent', 'one', 'x-two', '2']

  test('writes nothing beyond the end, and says so until there is enough', () => {
    const encoder = new HpackEncoder()
    for (let round = 0; round < 5; round += 1) {
      const other = fields.with(-1, String(round >> 1)).with(-3, `trace ${round}`)
      const into = Buffer.alloc(1000)
      let size = 10
      let end = -1
      while (end === -1) {
        into.fill(0xee)
        end = encoder.encode(other, into.subarray(0, size), 10)
        expect(into.subarray(size).every((byte) => byte === 0xee)).toBe(true)
        expect(into.subarray(0, 10).every((byte) => byte === 0xee)).toBe(true)
        size += 1
      }
      expect(end).toBeLessThan(size)
    }
  })

  test('a failed try and none make the same blocks', () => {
    const tried = pair()
    const plain = pair()
    for (let round = 0; round < 6; round += 1) {
      const other = fields.with(-1, String(round >> 1)).with(-3, `trace ${round}`)
      for (let room = 0; room < 40; room += 1) tried.encoder.encode(other, Buffer.alloc(room), 0)
      expect(tried.send(other)).toEqual(plain.send(other))
    }
  })
})

test('after a list that cannot be written both sides start with an empty table', () => {
  const { encoder, decoder, send } = pair()
  for (let round = 0; round < 2; round += 1) send([...GET, 'accept', 'text/html'])
  expect(() => encode(encoder, [...GET, 'accept', 'text/plain', 'x-bad', '\u010a'])).toThrow(RangeError)
  for (let round = 0; round < 3; round += 1) send([...GET, 'accept', 'text/plain'])
  expect(decoder.maxTableSize).toBe(4096)
  expect(() => encode(encoder, [...GET, 'x-bad', '\u010a', 'accept', 'text/html'])).toThrow(RangeError)
  expect(send([...GET, 'accept', 'text/plain']).length).toBeLessThan(20)
})

test('names without end do not push out what is known of those in the table', () => {
  const { send, encoder, decoder } = pair()
  decoder.setAllowedSize(100)
  encoder.setMaxTableSize(100)
  send(['accept', 'text/html'])
  // Too large to be indexed.
  for (let number = 0; number < 1500; number += 1) {
    expect(send([`x-name-${number}`, 'x'.repeat(60), 'accept', 'text/html']).at(-1)).toBe(0xbe)
  }
})
