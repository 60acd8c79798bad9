/**
 * A short run of `npm run fuzz`, the same each time: the inputs that searches have found worth keeping, and what comes
 * of them when they are changed a little. Without the instruments of a search, so nothing new is learned here.
 */
import { describe, expect, test } from 'vitest'
import { Random } from '../unit/fakes/random.ts'
import { patience, runs, seed } from './runs.ts'
import { readCorpus } from './wire/corpus.ts'
import { mutated } from './wire/mutations.ts'
import { TARGET_NAMES, TARGETS } from './wire/targets.ts'

/** The input stands in the message: `npm run fuzz -- --target NAME --input HEX` runs it alone. */
function run(target: keyof typeof TARGETS, input: Uint8Array): void {
  try {
    TARGETS[target](input)
  } catch (error) {
    throw new Error(`input ${Buffer.from(input).toString('hex')}`, { cause: error })
  }
}

describe.each(TARGET_NAMES)('%s', (target) => {
  const corpus = readCorpus(target)

  test('inputs of earlier searches', () => {
    expect(corpus.length).toBeGreaterThan(20)
    for (const input of corpus) run(target, input)
  })

  test('and others made of them', { timeout: patience(30_000) }, () => {
    const random = new Random(seed())
    for (let left = runs(2000).numRuns as number; left > 0; left -= 1)
      run(target, mutated(random, random.pick(corpus), random.pick(corpus)))
  })
})

test('an exchange whose response was whole and unread before its request was is not forgotten', () => {
  run('session', Buffer.from('0853a89e00410000b7005c000000f6', 'hex'))
})
