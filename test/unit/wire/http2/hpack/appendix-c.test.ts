/** The examples of RFC 7541 appendix C. */
import { describe, expect, test } from 'vitest'
import { HpackEncoder } from '../../../../../src/wire/http2/hpack/encoder.ts'
import { writeInteger } from '../../../../../src/wire/http2/hpack/literal-writer.ts'
import { encode, fieldsOf, hex, newDecoder } from './blocks.ts'

const REQUESTS = [
  [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'],
  [
    ':method',
    'GET',
    ':scheme',
    'http',
    ':path',
    '/',
    ':authority',
    'www.example.com',
    'cache-control',
    'no-cache',
  ],
  [
    ...[':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com'],
    ...['custom-key', 'custom-value'],
  ],
]

const RESPONSES = [
  [
    ...[':status', '302', 'cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ...['location', 'https://www.example.com'],
  ],
  [
    ...[':status', '307', 'cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ...['location', 'https://www.example.com'],
  ],
  [
    ...[':status', '200', 'cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
    ...['location', 'https://www.example.com', 'content-encoding', 'gzip'],
    ...['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
  ],
]

const WITHOUT_HUFFMAN = [
  '828684410f7777772e6578616d706c652e636f6d',
  '828684be58086e6f2d6361636865',
  '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
]

const WITH_HUFFMAN = [
  '828684418cf1e3c2e5f23a6ba0ab90f4ff',
  '828684be5886a8eb10649cbf',
  '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
]

/** Both with a table of 256 bytes, so that entries are evicted. */
const RESPONSES_WITHOUT_HUFFMAN = [
  `4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54
   6e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
  '4803333037c1c0bf',
  `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d41
   53444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b207665727369
   6f6e3d31`,
]

const RESPONSES_WITH_HUFFMAN = [
  `488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8
   e9ae82ae43d3`,
  '4883640effc1c0bf',
  `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b
   3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`,
]

test.each([
  ['C.1.1', 10, 0x1f, '0a'],
  ['C.1.2', 1337, 0x1f, '1f9a0a'],
  ['C.1.3', 42, 0xff, '2a'],
])('%s: the integer %d', (_section, value, mask, bytes) => {
  const into = Buffer.alloc(8)
  expect(into.subarray(0, writeInteger(into, 0, mask, 0, value)).toString('hex')).toBe(bytes)
})

test.each([
  ['C.2.1', '400a637573746f6d2d6b65790d637573746f6d2d686561646572', ['custom-key', 'custom-header']],
  ['C.2.2', '040c2f73616d706c652f70617468', [':path', '/sample/path']],
  ['C.2.3', '100870617373776f726406736563726574', ['password', 'secret']],
  ['C.2.4', '82', [':method', 'GET']],
])('%s: one field', (_section, block, fields) => {
  expect(fieldsOf(newDecoder(), hex(block))).toEqual(fields)
})

describe.each([
  ['C.3', WITHOUT_HUFFMAN, REQUESTS, ''],
  ['C.4', WITH_HUFFMAN, REQUESTS, ''],
  ['C.5', RESPONSES_WITHOUT_HUFFMAN, RESPONSES, '3fe101'],
  ['C.6', RESPONSES_WITH_HUFFMAN, RESPONSES, '3fe101'],
])('%s', (_section, blocks, lists, sizeUpdate) => {
  test('is decoded', () => {
    const decoder = newDecoder()
    const decoded = blocks.map((block, place) =>
      fieldsOf(decoder, hex(place === 0 ? sizeUpdate + block : block)),
    )
    expect(decoded).toEqual(lists)
  })
})

test('our encoder writes C.4 to the byte', () => {
  const encoder = new HpackEncoder()
  expect(REQUESTS.map((fields) => encode(encoder, fields).toString('hex'))).toEqual(WITH_HUFFMAN)
})
