import { describe, expect, test } from 'vitest'
import { EJECTION_DEFAULTS, EndpointHealth } from '../../../src/discovery/endpoint-health.ts'

const POLICY = { ...EJECTION_DEFAULTS, failures: 3, duration: 1000, maxDuration: 5000 }
const yes = () => true

function ejected(at = 0): EndpointHealth {
  const health = new EndpointHealth(POLICY)
  for (let failure = 0; failure < 3; failure += 1) health.fail(at, false, yes)
  return health
}

/** Its time is over, it is probed, and the probe fails. */
function failProbe(health: EndpointHealth, now: number): void {
  health.fail(now, health.begin(now), yes)
}

describe('ejection', () => {
  test('comes with failures in a row, and not with fewer', () => {
    const health = new EndpointHealth(POLICY)
    health.fail(0, false, yes)
    health.fail(0, false, yes)
    health.succeed(0, false)
    health.fail(0, false, yes)
    health.fail(0, false, yes)
    expect(health.state).toBe('up')
    health.fail(0, false, yes)
    expect([health.state, health.isFit(0), health.ejectedFor(0)]).toEqual(['ejected', false, 1000])
  })

  test('does not come when the set has no room for it, but with the next failure that finds some', () => {
    const health = new EndpointHealth(POLICY)
    for (let failure = 0; failure < 5; failure += 1) health.fail(0, false, () => false)
    expect([health.state, health.failures]).toEqual(['up', 5])
    health.fail(0, false, yes)
    expect(health.state).toBe('ejected')
  })

  test('never comes without a policy', () => {
    const health = new EndpointHealth(null)
    for (let failure = 0; failure < 100; failure += 1) health.fail(0, false, yes)
    expect(health.state).toBe('up')
  })
})

describe('a probe', () => {
  test('is one request when the time is over; it brings the endpoint back', () => {
    const health = ejected()
    expect(health.isFit(999)).toBe(false)
    expect(health.isFit(1000)).toBe(true)
    expect(health.begin(1000)).toBe(true)
    expect([health.state, health.isFit(1000), health.begin(1000)]).toEqual(['probing', false, false])
    health.succeed(1010, true)
    expect([health.state, health.failures, health.isFit(1010)]).toEqual(['up', 0, true])
  })

  test('that fails doubles the time, up to the longest', () => {
    const health = ejected()
    let now = 1000
    const durations: number[] = []
    for (let probe = 0; probe < 5; probe += 1) {
      failProbe(health, now)
      durations.push(health.ejectedFor(now))
      now += health.ejectedFor(now)
    }
    expect(durations).toEqual([2000, 4000, 5000, 5000, 5000])
  })

  test('that tells nothing makes room for another one', () => {
    const health = ejected()
    expect(health.begin(1000)).toBe(true)
    health.releaseProbe()
    expect([health.state, health.isFit(1000), health.begin(1000)]).toEqual(['ejected', true, true])
  })

  test('is not what a request from before the ejection was', () => {
    const health = ejected()
    health.succeed(10, false)
    expect(health.state).toBe('ejected')
    health.fail(20, false, yes)
    expect(health.ejectedFor(0)).toBe(1000)
  })
})

describe('the past', () => {
  test('counts for who fails soon again', () => {
    const health = ejected()
    failProbe(health, 1000)
    health.succeed(3000, health.begin(3000))
    for (let failure = 0; failure < 3; failure += 1) health.fail(4999, false, yes)
    expect(health.ejectedFor(4999)).toBe(4000)
  })

  test('is forgotten in as much time as the last ejection took', () => {
    const health = ejected()
    failProbe(health, 1000)
    health.succeed(3000, health.begin(3000))
    for (let failure = 0; failure < 3; failure += 1) health.fail(5000, false, yes)
    expect(health.ejectedFor(5000)).toBe(1000)
  })
})
