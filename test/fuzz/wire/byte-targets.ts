/** The frame parser and both halves of HPACK under fuzzing, each beside something that must agree with it. */
import assert from 'node:assert/strict'
import { ConnectionFault } from '../../../src/wire/http2/connection-fault.ts'
import { FrameParser, type FrameSink } from '../../../src/wire/http2/frame-parser.ts'
import { type DecodeResult, type HeaderBlock, HpackDecoder } from '../../../src/wire/http2/hpack/decoder.ts'
import { HpackEncoder } from '../../../src/wire/http2/hpack/encoder.ts'
import { HpackError } from '../../../src/wire/http2/hpack/hpack-error.ts'
import { HpackDecoder as OtherDecoder } from '../../support/hpack.ts'
import { Input } from './input.ts'

/** `deepEqual` that is fast as long as nothing is wrong. */
function same(actual: readonly string[], expected: readonly string[]): void {
  if (actual.length === expected.length && actual.every((text, at) => text === expected[at])) return
  assert.deepEqual(actual, expected)
}

function fieldsOf(result: DecodeResult): readonly string[] {
  if (result === 'too large') throw new Error('too large')
  return result.fields
}

/** As the receiver: longer frames end the connection. */
const LONGEST_FRAME = 16_384
const LIMITS = { maxTableSize: 4096, maxListSize: 2000, maxFields: 20 }

/** What a parser told, as one number; the pieces of DATA are put together again. */
class Listener implements FrameSink {
  readonly stopped = false
  calls = 0
  digest = 0

  onFrameHeader(type: number, flags: number, streamId: number, length: number): void {
    if (length > LONGEST_FRAME) throw new ConnectionFault(6, 'too long')
    this.note(type, flags, streamId, length)
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    this.note(type, flags, streamId, end - start)
    this.#add(bytes, start, end)
  }

  onDataBegin(streamId: number, length: number): void {
    this.note(streamId, length)
  }

  onData(bytes: Buffer, start: number, end: number): void {
    if (end <= start) throw new Error('an empty piece of DATA')
    this.#add(bytes, start, end)
  }

  onDataEnd(flags: number): void {
    this.note(flags)
  }

  note(...numbers: readonly number[]): void {
    this.calls += 1
    for (const number of numbers) this.#mix(number)
  }

  #add(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at += 1) this.#mix(bytes[at] as number)
  }

  #mix(number: number): void {
    this.digest = Math.imul(this.digest ^ number, 0x01000193) + 0x7ed55d16
  }
}

function parse(chunks: Iterable<Buffer>): string {
  const listener = new Listener()
  const parser = new FrameParser(listener)
  try {
    for (const chunk of chunks) parser.push(chunk)
  } catch (error) {
    if (!(error instanceof ConnectionFault)) throw error
    listener.note(error.http2Code)
  }
  return `${listener.calls} ${listener.digest}`
}

function* cut(bytes: Buffer, sizes: Buffer): Generator<Buffer> {
  for (let at = 0, count = 0; at < bytes.length; count += 1) {
    const size = 1 + (sizes[count % Math.max(1, sizes.length)] ?? 0)
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/** However the bytes are cut, they mean the same. */
export function fuzzFrameParser(input: Uint8Array): void {
  const reader = new Input(input)
  const sizes = reader.take(reader.byte() & 15)
  const bytes = reader.take(input.length)
  assert.equal(parse(cut(bytes, sizes)), parse([bytes]))
}

/** What came out, or null for the one kind of error that may. */
function attempt<T>(run: () => T): T | null {
  try {
    return run()
  } catch (error) {
    if (error instanceof HpackError || (error as Error).name === 'HpackError') return null
    throw error
  }
}

/** RFC 7541 section 4.2 allows two size updates, which the other decoder does not count. */
function hasThirdUpdate(bytes: Buffer): boolean {
  return /^(?:[\x20-\x3e]|\x3f[\x80-\xff]*[^\x80-\xff]){3}/.test(bytes.toString('latin1'))
}

/** `false`: the connection is over. */
function compare(ours: DecodeResult | null, theirs: readonly string[] | null, bytes: Buffer): boolean {
  if (ours === null && theirs !== null && hasThirdUpdate(bytes)) return false
  assert.equal(ours === null, theirs === null)
  if (ours === null || theirs === null) return false
  const size = theirs.reduce((sum, text) => sum + text.length, 16 * theirs.length)
  if (size > LIMITS.maxListSize || theirs.length > 2 * LIMITS.maxFields) assert.equal(ours, 'too large')
  else {
    same(fieldsOf(ours), theirs)
    assert.equal((ours as HeaderBlock).size, size)
  }
  return true
}

/** A few blocks of one connection, into our decoder and into the one that the raw peer has. */
export function fuzzHpackDecoder(input: Uint8Array): void {
  const reader = new Input(input)
  const ours = new HpackDecoder(LIMITS)
  const theirs = new OtherDecoder(LIMITS.maxTableSize)
  const earlier: Buffer[] = []
  while (!reader.isOver) {
    const choice = reader.byte()
    const bytes =
      choice >= 0xf0 && earlier.length > 0
        ? (earlier[choice % earlier.length] as Buffer)
        : reader.take(choice)
    // At any place among other bytes, since the decoder looks at them in words.
    const start = choice & 7
    const around = Buffer.concat([Buffer.alloc(start, 0x82), bytes, Buffer.alloc(start ^ 5, 0x84)])
    const expected = attempt(() => theirs.decode(bytes))
    const got = attempt(() => ours.decode(around, start, start + bytes.length))
    if (!compare(got, expected, bytes)) return
    earlier.push(bytes)
  }
}

const NAMES = [
  'x-a',
  'cookie',
  ':path',
  'authorization',
  'accept',
  'date',
  ':method',
  'x-request-id',
  'set-cookie',
  '',
]

/** Lists of fields from the input; what our encoder makes of them both decoders understand. */
export function fuzzHpackEncoder(input: Uint8Array): void {
  const reader = new Input(input)
  const encoder = new HpackEncoder()
  const ours = new HpackDecoder({ maxTableSize: 4096, maxListSize: 1e6, maxFields: 1000 })
  const theirs = new OtherDecoder(4096)
  const into = Buffer.alloc(4096)
  const lists: string[][] = []
  while (!reader.isOver) {
    const choice = reader.byte()
    if (choice > 250) encoder.setMaxTableSize(reader.uint16() & 0x1fff)
    const fields = choice > 128 && lists.length > 0 ? [...(lists[choice % lists.length] as string[])] : []
    for (let count = choice & 7; count > 0; count -= 1) {
      const name = reader.byte() < 250 ? reader.pick(NAMES) : reader.take(4).toString('latin1')
      const value = reader.take(reader.byte() & 63).toString('latin1')
      const at = (reader.byte() % (fields.length / 2 + 1)) * 2
      fields.splice(at, reader.byte() > 128 ? 2 : 0, name, value)
    }
    lists.push(fields)
    const end = encoder.encode(fields, into, choice & 15)
    if (end === -1) continue
    const bytes = into.subarray(choice & 15, end)
    same(fieldsOf(ours.decode(bytes, 0, bytes.length)), fields)
    same(theirs.decode(bytes), fields)
  }
}
