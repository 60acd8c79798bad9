import { expect, test } from 'vitest'
import { Turns } from '../../../src/core/turns.ts'

/** An event loop by hand: `round` is one round of it. */
function setUp() {
  let now = 0
  const deferred: (() => void)[] = []
  const turns = new Turns(
    () => now,
    (run) => deferred.push(run),
  )
  const log: string[] = []
  const steps = function* (name: string, cost: number) {
    for (let step = 1; ; step += 1) {
      now += cost
      log.push(`${name}${step}`)
      yield step
    }
  }
  /** Takes what it can get, as the upload does. */
  const take = async (name: string, cost: number, count: number) => {
    const iterator = turns.run(steps(name, cost))
    for (let step = 0; step < count; step += 1) await iterator.next()
    await iterator.return()
    log.push(`${name} done`)
  }
  const round = async () => {
    log.push('|')
    for (const run of deferred.splice(0)) run()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { turns, take, round, log }
}

test('nothing is computed before the first turn', async () => {
  const { take, round, log } = setUp()
  void take('a', 1, 2)
  expect(log).toEqual([])
  await round()
  expect(log).toEqual(['|', 'a1', 'a2', 'a done'])
})

test('one slice in a round, however many there are', async () => {
  const { take, round, log } = setUp()
  void take('a', 1, 3)
  void take('b', 1, 3)
  void take('c', 5, 1)
  for (let rounds = 0; rounds < 6; rounds += 1) await round()
  expect(log.join(' ')).toBe('| a1 a2 | b1 b2 | c1 c done | a3 a done | b3 b done |')
})

test('who comes later waits for its turn as the others do', async () => {
  const { take, round, log } = setUp()
  void take('a', 2, 2)
  await round()
  void take('b', 2, 1)
  await round()
  await round()
  expect(log.join(' ')).toBe('| a1 | a2 a done | b1 b done')
})
