/** Blocks that break RFC 7541. Each is a connection error, so each must be an HpackError that says what is wrong. */
import { expect, test } from 'vitest'
import { HpackError } from '../../../../../src/wire/http2/hpack/hpack-error.ts'
import { hpack } from '../../../../support/hpack.ts'
import { decode, fieldsOf, hex, newDecoder } from './blocks.ts'

const INTEGER_CUT = /ends inside an integer/
const NO_STRING = /where a string should start/
const TOO_LONG = /longer than the \d+ left/
const BEYOND = /beyond the table/
const OVERFLOW = /above 2\^32 - 1/
const ENDLESS = /more than 5 bytes/
const PADDING = /padding/
const EOS = /EOS/
const TOO_LARGE_UPDATE = /above the limit/

const cases: readonly (readonly [what: string, block: string, message: RegExp])[] = [
  ['index 0', '80', /index 0/],
  ['index 0 behind a field', '8280', /index 0/],
  ['index 0 with a long form of it', 'ff80', INTEGER_CUT],
  ['the first dynamic index of an empty table', 'be', BEYOND],
  ['the last index of one byte', 'fe', BEYOND],
  ['an index of two bytes beyond the table', 'ff00', BEYOND],
  ['a large index, cut off', 'ffffffffff', INTEGER_CUT],
  ['a large index', 'ffffffff7f', BEYOND],
  ['a name beyond the table, with indexing', '7e0161', BEYOND],
  ['a name beyond the table, without indexing', '0f2f0161', BEYOND],
  ['a name beyond the table, never indexed', '1f2f0161', BEYOND],
  ['an index beyond a table of one entry', '4001610162bf', BEYOND],
  ['an index without its continuation', 'ff', INTEGER_CUT],
  ['an index cut in its continuation', 'ff80', INTEGER_CUT],
  ['a name index without its continuation', '7f', INTEGER_CUT],
  ['a name index without its continuation, not indexed', '0f', INTEGER_CUT],
  ['a name index without its continuation, never indexed', '1f', INTEGER_CUT],
  ['a size update without its continuation', '3f', INTEGER_CUT],
  ['a size update cut in its continuation', '3fff', INTEGER_CUT],
  ['a string length without its continuation', '007f', INTEGER_CUT],
  ['a Huffman string length without its continuation', '00ff', INTEGER_CUT],
  ['an index above 2^32', 'ffffffffff7f', OVERFLOW],
  ['an index just above 2^32 - 1', 'ff81ffffff0f', OVERFLOW],
  ['a size update above 2^32', '3fffffffff7f', OVERFLOW],
  ['a string length above 2^32', '007fffffffff7f', OVERFLOW],
  ['an index of endless zeros', 'ff808080808080808000', ENDLESS],
  ['an index of endless ones', `ff${'ff'.repeat(20)}`, ENDLESS],
  ['a length of endless zeros', `007f${'80'.repeat(20)}00`, ENDLESS],
  ['a size update of endless zeros', `3f${'80'.repeat(6)}00`, ENDLESS],
  ['a literal that ends behind its first byte, with indexing', '40', NO_STRING],
  ['a literal that ends behind its first byte, without indexing', '00', NO_STRING],
  ['a literal that ends behind its first byte, never indexed', '10', NO_STRING],
  ['a literal that ends behind its indexed name', '41', NO_STRING],
  ['a literal that ends behind its indexed name, without indexing', '04', NO_STRING],
  ['a literal that ends behind its indexed name, never indexed', '1f08', NO_STRING],
  ['a literal that ends behind its name', '400161', NO_STRING],
  ['a literal that ends behind its name, without indexing', '000161', NO_STRING],
  ['a name longer than the block', '400261', TOO_LONG],
  ['a value longer than the block', '4001610362', TOO_LONG],
  ['a value longer than the block, without indexing', '00016103 6262', TOO_LONG],
  ['a Huffman value longer than the block', '4187f1e3', TOO_LONG],
  ['a value of 4 GiB', '41 7f80ffffff0f 61', TOO_LONG],
  ['a Huffman value of 4 GiB', '41 ff80ffffff0f 1f', TOO_LONG],
  ['a name of 256 MiB', '40 7fffffff7f 61', TOO_LONG],
  ['a Huffman value with EOS', '4184ffffffff', EOS],
  ['a Huffman value with EOS behind a symbol', '41851fffffffff', EOS],
  ['a Huffman name with EOS', '4084ffffffff0161', EOS],
  ['Huffman padding of an octet', '4181ff', PADDING],
  ['Huffman padding of an octet behind a whole symbol', '4182fcff', PADDING],
  ['Huffman padding of zeros', '418118', PADDING],
  ['Huffman padding with one zero', '41811d', PADDING],
  ['a Huffman code that is cut off', '4182fffe', PADDING],
  ['Huffman padding of an octet in a name', '4081ff0161', PADDING],
  ['bad padding in a value that is never indexed', '1f088118', PADDING],
  [
    'bad padding in a long value',
    `41${hpack.integer(200, 7, 0x80).toString('hex')}${'00'.repeat(199)}1e`,
    PADDING,
  ],
  ['a size update just above the limit', '3fe21f', TOO_LARGE_UPDATE],
  ['a large size update', '3fffffff07', TOO_LARGE_UPDATE],
  ['a second size update above the limit', '203fe21f', TOO_LARGE_UPDATE],
  ['a size update behind a field', '8220', /stands behind a field/],
  ['a size update between fields', '823fe11f84', /stands behind a field/],
  ['a size update behind a literal', '400161016220', /stands behind a field/],
  ['three size updates', '20213fe11f', /more than two/],
  ['three size updates to the same size', '3fe11f3fe11f3fe11f82', /more than two/],
  ['an index that a size update has evicted', '400161016220be', /stands behind a field/],
]

test.each(cases)('%s: %s', (_what, block, message) => {
  const decoder = newDecoder()
  expect(() => decode(decoder, hex(block))).toThrow(HpackError)
  expect(() => decode(newDecoder(), hex(block))).toThrow(message)
})

test('there are enough of them', () => {
  expect(new Set(cases.map(([, block]) => block)).size).toBeGreaterThanOrEqual(60)
})

test.each(cases)('in a list that is too large already, %s: %s', (_what, block, message) => {
  const decoder = newDecoder({ maxListSize: 10 })
  // A size update comes first or not at all, so only what stands behind a field can be tried.
  const first = Number.parseInt(block.slice(0, 2), 16)
  if (first >= 0x20 && first < 0x40) return
  expect(() => decode(decoder, hex(`82${block}`))).toThrow(message)
})

test('an entry that was evicted', () => {
  const decoder = newDecoder()
  fieldsOf(decoder, hex('4001610162'))
  expect(fieldsOf(decoder, hex('be'))).toEqual(['a', 'b'])
  expect(() => decode(decoder, hex('20be'))).toThrow(BEYOND)
})

test('an entry that another has pushed out', () => {
  const decoder = newDecoder()
  fieldsOf(decoder, hex('3f11')) // 48 bytes: one small entry
  fieldsOf(decoder, hex('4001610162'))
  fieldsOf(decoder, hex('4001630164'))
  expect(fieldsOf(decoder, hex('be'))).toEqual(['c', 'd'])
  expect(() => decode(decoder, hex('bf'))).toThrow(BEYOND)
})

test('an entry that was too large for the table', () => {
  const decoder = newDecoder()
  fieldsOf(decoder, hex('20'))
  expect(fieldsOf(decoder, hex('4001610162'))).toEqual(['a', 'b'])
  expect(() => decode(decoder, hex('be'))).toThrow(BEYOND)
})

test('a size update above what was announced, though below the default', () => {
  expect(() => decode(newDecoder({ maxTableSize: 100 }), hex('3f46'))).toThrow(
    /101 is above the limit of 100/,
  )
})

test('no size update after the limit was lowered, even for a block that was seen before', () => {
  const decoder = newDecoder()
  fieldsOf(decoder, hex('82'))
  decoder.setMaxTableSize(100)
  expect(() => decode(decoder, hex('82'))).toThrow(/no table size update/)
})
