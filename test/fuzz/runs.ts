/**
 * How long the fuzzing goes on. In the tests it is short and the same each time; for a long search with a new seed:
 *
 *     FUZZ_RUNS=100000 npm run test:fuzz
 *     FUZZ_SEED=42 FUZZ_RUNS=100000 npm run test:fuzz   # the same once more
 */
import fc, { type Parameters } from 'fast-check'

const asked = Number(process.env.FUZZ_RUNS ?? 0)

/** Parameters of a property: `least` runs with a fixed seed, or what the environment asks for. */
export function runs<T>(least: number): Parameters<T> {
  return { numRuns: Math.max(least, asked), seed: seed() }
}

/** 1 in the tests; a long run without one draws its own, which a failure names. */
export function seed(): number {
  if (process.env.FUZZ_SEED !== undefined) return Number(process.env.FUZZ_SEED)
  return asked > 0 ? Math.floor(Math.random() * 2 ** 31) : 1
}

/** Time for a test, ms: more for a longer search. */
export function patience(least: number, perRun = 5): number {
  return Math.max(least, asked * perRun)
}

/** Strings of any UTF-16 code units, control characters and half surrogates too; those of one byte come often. */
export function wildText(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.oneof(fc.nat(0xff), fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code))
  return fc.string({ unit, maxLength })
}
