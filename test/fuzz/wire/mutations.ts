/** How one fuzzing input becomes another. */
import type { Random } from '../../unit/fakes/random.ts'

const LONGEST = 200
const TELLING = [0, 1, 4, 5, 8, 9, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0x82, 0x88, 0xf0, 0xff]

type Mutation = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array

function changed(random: Random, bytes: Uint8Array, change: (value: number) => number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const at = random.below(bytes.length)
  if (bytes.length > 0) copy[at] = change(copy[at] as number)
  return copy
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

function noise(random: Random, most: number): Uint8Array {
  return Uint8Array.from({ length: 1 + random.below(most) }, () => random.below(256))
}

/** A stretch of the bytes. */
function part(random: Random, bytes: Uint8Array): Uint8Array {
  const start = random.below(bytes.length + 1)
  return bytes.subarray(start, start + 1 + random.below(Math.min(40, bytes.length + 1)))
}

const MUTATIONS: readonly Mutation[] = [
  (random, bytes) => changed(random, bytes, (value) => value ^ (1 << random.below(8))),
  (random, bytes) => changed(random, bytes, () => random.below(256)),
  (random, bytes) => changed(random, bytes, () => random.pick(TELLING)),
  (random, bytes) => changed(random, bytes, (value) => value + random.below(9) - 4),
  (random, bytes) => insert(random, bytes, noise(random, 8)),
  (random, bytes) => insert(random, bytes, part(random, bytes)),
  (random, bytes, other) => insert(random, bytes, part(random, other)),
  (random, bytes) => {
    const start = random.below(bytes.length + 1)
    return joined(bytes.subarray(0, start), bytes.subarray(start + 1 + random.below(16)))
  },
  (random, bytes) => bytes.subarray(0, random.below(bytes.length + 1)),
  (random, bytes, other) =>
    joined(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1))),
]

function insert(random: Random, bytes: Uint8Array, what: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1)
  return joined(bytes.subarray(0, at), what, bytes.subarray(at))
}

/** `bytes` with one to eight changes; some take from `other`. */
export function mutated(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let result = bytes
  for (let count = 1 << random.below(4); count > 0; count -= 1)
    result = random.pick(MUTATIONS)(random, result, other)
  return result.subarray(0, LONGEST)
}
