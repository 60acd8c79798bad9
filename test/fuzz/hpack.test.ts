/**
 * Bytes of all kinds into the HPACK decoder, beside the decoder of another hand. Only an HpackError may come out, both
 * must agree on what is right and what it means, and the limits hold.
 */
import { expect, test } from 'vitest'
import { type DecodeResult, HpackDecoder } from '../../src/wire/http2/hpack/decoder.ts'
import { HpackEncoder } from '../../src/wire/http2/hpack/encoder.ts'
import { HpackError } from '../../src/wire/http2/hpack/hpack-error.ts'
import { hpack, HpackDecoder as OtherDecoder } from '../support/hpack.ts'
import { Random } from '../unit/fakes/random.ts'
import { patience, runs, seed } from './runs.ts'

const CONNECTIONS = Math.ceil((runs(20_000).numRuns as number) / 20)
const BLOCKS = 20
const LIMITS = { maxTableSize: 4096, maxListSize: 2000, maxFields: 20 }

const TEXTS = [
  '',
  'a',
  'text/html',
  'accept',
  ':status',
  'x'.repeat(100),
  'e'.repeat(300),
  '\u00e9\u0000\n',
  'date',
]
const INDEXES = [0, 1, 2, 8, 14, 15, 16, 31, 32, 61, 62, 63, 64, 70, 100, 127, 128, 200, 2 ** 31, 2 ** 32]
const SIZES = [0, 1, 30, 31, 32, 33, 100, 500, 4095, 4096, 4097, 2 ** 32 - 1]

/** An index that is there as a rule: an error ends the connection, and what comes late needs long ones. */
function index(random: Random): number {
  if (random.chance(0.01)) return random.pick(INDEXES)
  return random.chance(0.1) ? 62 + random.below(2) : 1 + random.below(61)
}

/** One field, valid as a rule. */
function piece(random: Random): Buffer {
  const options = {
    huffman: random.chance(0.5),
    indexing: random.pick(['incremental', 'without', 'never'] as const),
  }
  if (random.chance(0.4)) return hpack.indexed(index(random))
  if (random.chance(0.5)) return hpack.literal(random.pick(TEXTS), random.pick(TEXTS), options)
  const nameIndex = index(random)
  return hpack.literal('', random.pick(TEXTS), { ...options, nameIndex })
}

function block(random: Random): Buffer {
  if (random.chance(0.02)) return noise(random, 60)
  const updates = random.chance(0.1) ? 1 + random.below(2) : 0
  const pieces = Array.from({ length: updates }, () =>
    hpack.sizeUpdate(random.chance(0.05) ? random.pick(SIZES) : random.below(4097)),
  )
  const count = random.below(random.chance(0.05) ? 60 : 6)
  return Buffer.concat([...pieces, ...Array.from({ length: count }, () => piece(random))])
}

function noise(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.below(most + 1) }, () => random.below(256)))
}

/** A bit turned, a byte changed, put in or taken out, or the end cut off. */
function mutated(random: Random, whole: Buffer): Buffer {
  const place = random.below(whole.length + 1)
  const before = whole.subarray(0, place)
  const kind = random.below(4)
  if (kind === 0) return before
  if (kind === 1) return Buffer.concat([before, noise(random, 4), whole.subarray(place)])
  if (kind === 2) return Buffer.concat([before, whole.subarray(place + 1)])
  const copy = Buffer.from(whole)
  if (place < whole.length) copy[place] = (copy[place] as number) ^ (1 << random.below(8))
  return copy
}

/** What came out, or null for an error, which must be one of ours. */
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

/** The bytes at any place among others, since the decoder looks at them in words; and where they start. */
function shifted(random: Random, bytes: Buffer): [Buffer, number] {
  const start = random.below(9)
  return [Buffer.concat([Buffer.alloc(start, 0x82), bytes, Buffer.alloc(random.below(9), 0x84)]), start]
}

function expectAlike(ours: DecodeResult | null, theirs: readonly string[] | null, bytes: Buffer): void {
  if (ours === null && theirs !== null && hasThirdUpdate(bytes)) return
  if (ours === null || theirs === null) {
    expect(ours === null, bytes.toString('hex')).toBe(theirs === null)
    return
  }
  const size = theirs.reduce((sum, text) => sum + text.length, 0) + 16 * theirs.length
  if (size > LIMITS.maxListSize || theirs.length > 2 * LIMITS.maxFields) expect(ours).toBe('too large')
  else expect(ours, bytes.toString('hex')).toMatchObject({ fields: theirs, size })
}

test('only HpackErrors, and what the other decoder says', { timeout: patience(30_000) }, () => {
  const random = new Random(seed())
  for (let connection = 0; connection < CONNECTIONS; connection += 1) {
    const ours = new HpackDecoder(LIMITS)
    const theirs = new OtherDecoder(LIMITS.maxTableSize)
    const sent: Buffer[] = []
    for (let count = 0; count < BLOCKS; count += 1) {
      const again = sent.length > 0 && random.chance(0.4)
      const whole = again ? random.pick(sent) : block(random)
      const bytes = random.chance(0.05) ? mutated(random, whole) : whole
      const [around, start] = shifted(random, bytes)
      const expected = attempt(() => theirs.decode(bytes))
      const got = attempt(() => ours.decode(around, start, start + bytes.length))
      expectAlike(got, expected, bytes)
      // After an error there is no connection any more.
      if (got === null || expected === null) break
      sent.push(bytes)
    }
  }
})

test('whatever is encoded is decoded', { timeout: patience(30_000) }, () => {
  const random = new Random(seed())
  const into = Buffer.alloc(20_000)
  for (let connection = 0; connection < CONNECTIONS; connection += 1) {
    const encoder = new HpackEncoder()
    const decoder = new HpackDecoder({ maxTableSize: 65_536, maxListSize: 100_000, maxFields: 1000 })
    const pool = Array.from({ length: 4 }, () =>
      Array.from({ length: 2 * random.below(9) }, () => random.pick(TEXTS)),
    )
    for (let count = 0; count < BLOCKS; count += 1) {
      if (random.chance(0.05)) encoder.setMaxTableSize(random.pick(SIZES))
      const fields = [...random.pick(pool)]
      if (fields.length > 0 && random.chance(0.3)) fields[random.below(fields.length)] = random.pick(TEXTS)
      const room = random.chance(0.1) ? random.below(300) : into.length
      const end = encoder.encode(fields, into.subarray(0, room), 0)
      if (end === -1) continue
      expect(decoder.decode(into, 0, end)).toMatchObject({ fields })
    }
  }
})
