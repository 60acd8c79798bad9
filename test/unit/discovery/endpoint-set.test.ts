import { describe, expect, test } from 'vitest'
import { parseTarget } from '../../../src/core/origin.ts'
import { type DiscoveryOptions, settleDiscovery } from '../../../src/discovery/discovery-options.ts'
import { EndpointSet } from '../../../src/discovery/endpoint-set.ts'
import { checkedEndpoints, type Endpoint } from '../../../src/discovery/resolver.ts'
import { staticResolver } from '../../../src/discovery/static-resolver.ts'
import type { TrackedEndpoint } from '../../../src/discovery/tracked-endpoint.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const ORIGIN = parseTarget('https://orders.service/').origin
const NONE: ReadonlySet<TrackedEndpoint> = new Set()

function scene(endpoints: readonly Endpoint[], options: Partial<DiscoveryOptions> = {}) {
  const clock = new FakeClock(1000)
  const drained: string[] = []
  const settled = settleDiscovery({
    match: ['.service'],
    resolver: staticResolver([]),
    balancer: 'round-robin',
    ...options,
  })
  const set = new EndpointSet(settled, clock, (key) => drained.push(key))
  const replace = (...list: Endpoint[]) => set.replace(checkedEndpoints(list))
  replace(...endpoints)
  const picks = (count: number, avoid = NONE) => Array.from({ length: count }, () => set.pick(avoid)?.port)
  const all = () => [...set.current]
  return { clock, drained, set, replace, picks, all }
}

const at = (port: number, more: Partial<Endpoint> = {}): Endpoint => ({ host: '10.0.0.1', port, ...more })

function eject(endpoint: TrackedEndpoint | undefined, now: number, mayEject = () => true): void {
  for (let failure = 0; failure < 5; failure += 1) endpoint?.health.fail(now, false, mayEject)
}

describe('the choice', () => {
  test('is nobody when there is nobody', () => {
    expect(scene([]).set.pick(NONE)).toBeNull()
  })

  test('is of the first priority as long as anyone there is fit', () => {
    const { picks, all } = scene([at(1, { priority: 1 }), at(2), at(3)])
    expect(picks(4)).toEqual([2, 3, 2, 3])
    eject(all()[1], 1000)
    expect(picks(2)).toEqual([3, 3])
    eject(all()[2], 1000)
    expect(picks(2)).toEqual([1, 1])
  })

  test('is not of who has no weight, unless nobody has any', () => {
    expect(scene([at(1, { weight: 0 }), at(2)]).picks(3)).toEqual([2, 2, 2])
    expect(new Set(scene([at(1, { weight: 0 }), at(2, { weight: 0 })]).picks(2)).size).toBe(2)
  })

  test('is another one than those to avoid, even one that is out of service, and those when there is no other', () => {
    const { picks, all, set } = scene([at(1), at(2), at(3)])
    const [one, two, three] = all() as [TrackedEndpoint, TrackedEndpoint, TrackedEndpoint]
    expect(picks(3, new Set([one]))).not.toContain(1)
    eject(two, 1000)
    expect(picks(2, new Set([one, three]))).toEqual([2, 2])
    expect(picks(4, new Set(all()))).not.toContain(2)
    expect([set.hasOther(new Set([one])), set.hasOther(new Set(all()))]).toEqual([true, false])
  })

  test('is of all when all are out of service', () => {
    const { picks, all } = scene([at(1), at(2)])
    for (const one of all()) eject(one, 1000)
    expect(new Set(picks(2)).size).toBe(2)
  })

  test('is who is due for a probe, once, whatever the balancer thinks of it', async () => {
    const { picks, all, set, clock } = scene([at(1), at(2), at(3)], { balancer: 'power-of-two' })
    const two = all()[1] as TrackedEndpoint
    two.failedAfter(1)
    eject(two, 1000)
    await clock.advance(9999)
    expect(picks(50)).not.toContain(2)
    await clock.advance(1)
    expect(set.pick(new Set([two]))).not.toBe(two)
    expect(set.pick(NONE)).toBe(two)
    expect(two.health.begin(clock.now())).toBe(true)
    expect(picks(50)).not.toContain(2)
  })

  test('of a balancer that names a stranger is one of the set all the same', () => {
    const balancer = () => ({ pick: () => ({ host: 'x', port: 9, weight: 1, inFlight: 0, latency: null }) })
    expect(scene([at(1)], { balancer }).picks(1)).toEqual([1])
  })
})

describe('no more may be ejected than', () => {
  test.each([
    [0.5, 1, 0],
    [0.5, 2, 1],
    [0.5, 3, 1],
    [0.5, 4, 2],
    [0, 4, 0],
    [1, 3, 3],
  ])('a share of %d of %d: %d', (maxShare, count, most) => {
    const { set, all } = scene(
      Array.from({ length: count }, (_, index) => at(index + 1)),
      { ejection: { maxShare } },
    )
    for (const one of all()) eject(one, 1000, () => set.mayEject())
    expect(all().filter(({ health }) => health.state === 'ejected').length).toBe(most)
  })
})

describe('a new set', () => {
  test('keeps what is known of those who stay, and takes over their new weight', () => {
    const { all, replace } = scene([at(1), at(2)])
    const [one] = all() as [TrackedEndpoint]
    one.answered(5)
    replace(at(3), at(1, { weight: 7, priority: 2 }))
    const again = all()[1]
    expect(again).toBe(one)
    expect([again?.weight, again?.priority, again?.latency]).toEqual([7, 2, 5])
  })

  test('drains those who left, on each origin that led to them, and forgets them when they are done', () => {
    const { all, replace, set, drained } = scene([at(1), at(2)])
    const [one, two] = all() as [TrackedEndpoint, TrackedEndpoint]
    one.originFor(ORIGIN)
    one.originFor(parseTarget('http://orders.service:8080/').origin)
    one.inFlight = 1
    replace(at(2))
    expect(drained).toEqual(['https://orders.service#10.0.0.1:1', 'http://orders.service:8080#10.0.0.1:1'])
    expect([...set.leaving]).toEqual([one])
    one.inFlight = 0
    set.forgetIfGone(one)
    expect([...set.leaving]).toEqual([])
    expect(all()).toEqual([two])
  })

  test('takes back who was about to leave', () => {
    const { all, replace, set } = scene([at(1)])
    const [one] = all() as [TrackedEndpoint]
    one.inFlight = 1
    replace()
    expect(set.size).toBe(0)
    replace(at(1))
    expect(all()).toEqual([one])
    expect([...set.leaving]).toEqual([])
  })
})

test('an origin at an endpoint is one of its own, with the name and authority of the service', () => {
  const { all } = scene([{ host: '::1', port: 8443 }])
  const [one] = all() as [TrackedEndpoint]
  const origin = one.originFor(ORIGIN)
  expect(origin).toEqual({
    ...ORIGIN,
    key: 'https://orders.service#[::1]:8443',
    endpoint: { host: '::1', port: 8443 },
  })
  expect(one.originFor(ORIGIN)).toBe(origin)
  expect(new URL(origin.key).host).toBe('orders.service')
})
