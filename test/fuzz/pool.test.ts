/**
 * The pool's state machine under random interleavings of everything that can happen to it. A counterexample is
 * shrunk to the fewest events that show it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AlpnProtocol } from '../../src/wire/contract.ts'
import { type Event, PoolWorld, type Settings } from './pool-world.ts'
import { patience, runs } from './runs.ts'

const settings: fc.Arbitrary<Settings> = fc.record({
  maxSessions: fc.integer({ min: 1, max: 3 }),
  maxSockets: fc.integer({ min: 1, max: 4 }),
  connectionsPerOrigin: fc.integer({ min: 4, max: 8 }),
  queued: fc.constantFrom(0, 1, 5, 1000),
  room: fc.constantFrom(1, 3, 100),
  interval: fc.constantFrom(0, 2000),
  maxLifetime: fc.constantFrom(Number.POSITIVE_INFINITY, 5000),
  protocols: fc.constantFrom<readonly AlpnProtocol[]>(['h2'], ['http/1.1'], ['h2', 'h2', 'http/1.1']),
})

const often: Event['do'][] = ['enter', 'answer', 'dial', 'settings', 'time', 'turn']
const seldom: Event['do'][] = [
  'abort',
  'preconnect',
  'leavePreconnect',
  'dialFails',
  'attachFails',
  'openFails',
  'reset',
  'goAway',
  'lose',
  'close',
  'suspect',
  'pong',
  'noPong',
  'requireHttp1',
  'misdirected',
  'evictIdle',
  'crowd',
]
const event: fc.Arbitrary<Event> = fc.record({
  do: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...often) },
    { weight: 2, arbitrary: fc.constantFrom(...seldom) },
  ),
  at: fc.nat(20),
  n: fc.nat(100),
})
const events = fc.array(event, { minLength: 1, maxLength: 80, size: 'max' })

test('every kind of event is played', () => {
  const world = new PoolWorld(fc.sample(settings, { numRuns: 1, seed: 1 })[0] as Settings)
  expect([...often, ...seldom].sort()).toEqual(Object.keys(world.events).sort())
})

test(
  'whatever happens, close() leaves everybody served or told, and nothing behind',
  async () => {
    await fc.assert(
      fc.asyncProperty(settings, events, async (given, script) => {
        const world = new PoolWorld(given)
        for (const one of script) await world.play(one)
        await world.close()
      }),
      runs(200),
    )
  },
  patience(30_000, 60),
)

test(
  'whatever happens, destroy() ends all of it in one turn',
  async () => {
    await fc.assert(
      fc.asyncProperty(settings, events, async (given, script) => {
        const world = new PoolWorld(given)
        for (const one of script) await world.play(one)
        await world.destroy()
      }),
      runs(200),
    )
  },
  patience(30_000, 60),
)
