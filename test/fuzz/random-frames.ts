/** Frames as no server should send them: valid ones in any order, and valid ones with something wrong. */
import {
  altSvcFrame,
  continuationFrame,
  dataFrame,
  goAwayFrame,
  headersFrame,
  pingFrame,
  priorityFrame,
  pushPromiseFrame,
  rawFrame,
  rstStreamFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../support/frame-encoder.ts'
import { encodeHeaders } from '../support/hpack.ts'
import type { Random } from '../unit/fakes/random.ts'

type Make = (random: Random, streamId: number) => Buffer

const FIELDS: readonly string[][] = [
  [':status', '200'],
  [':status', '200', 'content-length', '4'],
  [':status', '200', 'content-length', '0', 'content-type', 'text/plain'],
  [':status', '204'],
  [':status', '103', 'link', '</a>'],
  [':status', '100'],
  [':status', '101'],
  [':status', '421'],
  [':status', '503', 'retry-after', '0'],
  [':status', '301', 'location', '/again'],
  [':status', 'abc'],
  [':status', '200', ':status', '204'],
  ['content-type', 'text/plain'],
  [':method', 'GET', ':path', '/'],
  [':status', '200', 'X-Upper', 'yes'],
  [':status', '200', 'connection', 'close'],
  [':status', '200', 'transfer-encoding', 'chunked'],
  [':status', '200', 'content-encoding', 'gzip'],
  [':status', '200', 'content-length', '4', 'content-length', '5'],
  [':status', '200', 'x-long', 'x'.repeat(2000)],
]

function block(random: Random): Buffer {
  if (random.chance(0.15)) return bytes(random, 40)
  const whole = encodeHeaders(random.pick(FIELDS))
  return random.chance(0.1) ? whole.subarray(0, random.below(whole.length + 1)) : whole
}

function bytes(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.below(most + 1) }, () => random.below(256)))
}

/** Small numbers, the limits, and anything. */
function uint32(random: Random): number {
  const kind = random.below(4)
  if (kind === 0) return random.below(20)
  if (kind === 1) return random.pick([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 16_384, 65_535])
  return random.below(2 ** 32)
}

function settings(random: Random): Buffer {
  const entries = Array.from(
    { length: random.below(4) },
    () => [random.chance(0.9) ? random.below(10) : random.below(65_536), uint32(random)] as const,
  )
  return settingsFrame(entries)
}

const KINDS: readonly Make[] = [
  (random) => settings(random),
  () => settingsAckFrame(),
  (random) => pingFrame(Buffer.alloc(8, random.below(256)), random.chance(0.5)),
  (random) =>
    goAwayFrame({
      lastStreamId: uint32(random) & 0x7fff_ffff,
      code: random.below(16),
      debug: bytes(random, 30),
    }),
  (random, id) => rstStreamFrame(id, random.below(16)),
  (random, id) =>
    headersFrame(id, block(random), { endStream: random.chance(0.4), endHeaders: random.chance(0.9) }),
  (random, id) => headersFrame(id, block(random), { endStream: random.chance(0.2) }),
  (random, id) => dataFrame(id, bytes(random, 30), { endStream: random.chance(0.4) }),
  (random, id) => dataFrame(id, 'body', { endStream: random.chance(0.8), padding: random.below(10) }),
  (random, id) => continuationFrame(id, block(random), { endHeaders: random.chance(0.7) }),
  (random, id) => pushPromiseFrame(id, 2 * random.below(5), block(random)),
  (random, id) => windowUpdateFrame(random.chance(0.5) ? 0 : id, uint32(random) & 0x7fff_ffff),
  (random, id) =>
    priorityFrame(id, {
      exclusive: random.chance(0.5),
      dependency: uint32(random) & 0x7fff_ffff,
      weight: 1 + random.below(256),
    }),
  () => altSvcFrame(0, 'https://localhost', 'h2=":1"'),
  (random, id) =>
    rawFrame({ type: random.below(256), flags: random.below(256), streamId: id, payload: bytes(random, 40) }),
]

/** Something in it is not what it was. */
function mutated(random: Random, frame: Buffer): Buffer {
  const copy = Buffer.from(frame)
  const kind = random.below(5)
  if (kind === 0) copy[random.below(copy.length)] = random.below(256)
  else if (kind === 1) copy[random.below(copy.length)]! ^= 1 << random.below(8)
  else if (kind === 2) copy.writeUIntBE(random.below(random.chance(0.8) ? 100 : 2 ** 24), 0, 3)
  else if (kind === 3) return copy.subarray(0, random.below(copy.length + 1))
  else copy.writeUInt32BE(uint32(random), 5)
  return copy
}

function streamId(random: Random, present: number): number {
  return random.chance(0.75) ? present : random.pick([0, 1, 2, 3, 5, present + 2, 0x7fff_ffff])
}

/** A response as it should be, which others may follow. */
function response(random: Random, present: number): Buffer[] {
  const block = encodeHeaders(random.pick(FIELDS.slice(0, 3)))
  return [
    headersFrame(present, block, { endStream: false }),
    dataFrame(present, random.pick(['body', 'body', '']), { endStream: true }),
  ]
}

/** A few frames for a connection on which `present` is the stream that waits. */
export function randomFrames(random: Random, present: number): Buffer[] {
  const frames = Array.from({ length: 1 + random.below(5) }, () => {
    const frame = random.pick(KINDS)(random, streamId(random, present))
    return random.chance(0.25) ? mutated(random, frame) : frame
  })
  if (random.chance(0.4)) frames.unshift(...response(random, present))
  else if (random.chance(0.2)) frames.push(...response(random, present))
  return frames
}
