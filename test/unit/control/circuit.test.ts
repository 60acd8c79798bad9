import { describe, expect, test } from 'vitest'
import {
  BREAKER_DEFAULTS,
  type BreakerPolicy,
  type CallPermit,
  type CallVerdict,
  Circuit,
  type CircuitChange,
} from '../../../src/control/circuit.ts'

class World {
  readonly changes: CircuitChange[] = []
  readonly circuit: Circuit
  now = 1000

  constructor(policy: Partial<BreakerPolicy> = {}) {
    const onStateChange = (change: CircuitChange) => this.changes.push(change)
    this.circuit = new Circuit('https://a.test', { ...BREAKER_DEFAULTS, onStateChange, ...policy })
  }

  begin(): CallPermit {
    const permit = this.circuit.enter(this.now)
    if (permit === null) throw new Error('refused')
    return permit
  }

  end(permit: CallPermit, verdict: CallVerdict = 'success', duration = 1): void {
    this.circuit.record(permit, verdict, duration, this.now)
  }

  calls(count: number, verdict: CallVerdict, duration = 1): void {
    for (let call = 0; call < count; call += 1) this.end(this.begin(), verdict, duration)
  }

  get state() {
    return this.circuit.stats(this.now).state
  }

  get refused(): boolean {
    return this.circuit.refuses(this.now)
  }

  /** Fails until it opens. */
  open(): void {
    while (this.state === 'closed') this.calls(1, 'failure')
  }
}

describe('closed', () => {
  test('opens at the failure rate, not before it has seen enough', () => {
    const world = new World({ minimumCalls: 10 })
    world.calls(5, 'success')
    world.calls(4, 'failure')
    expect(world.state).toBe('closed')
    world.calls(1, 'failure')
    expect(world.state).toBe('open')
    expect(world.changes).toEqual([
      {
        origin: 'https://a.test',
        from: 'closed',
        to: 'open',
        calls: 10,
        failed: 5,
        slow: 0,
        retryAfter: 5000,
      },
    ])
  })

  test('stays closed below it', () => {
    const world = new World()
    for (let round = 0; round < 100; round += 1) {
      world.calls(11, 'success')
      world.calls(9, 'failure')
    }
    expect(world.state).toBe('closed')
  })

  test('opens when too many are slow', () => {
    const world = new World({ slowAfter: 500, slowRate: 0.8, minimumCalls: 5 })
    world.calls(1, 'success', 499)
    world.calls(3, 'success', 500)
    expect(world.state).toBe('closed')
    world.calls(1, 'success', 9000)
    expect(world.state).toBe('open')
    expect(world.circuit.stats(world.now)).toMatchObject({ calls: 5, failed: 0, slow: 4 })
  })

  test('slow calls count for nothing unless it is said what slow is', () => {
    const world = new World({ minimumCalls: 1 })
    world.calls(100, 'success', 1e9)
    expect(world.state).toBe('closed')
  })

  test('forgets what left the window', () => {
    const world = new World({ window: 20, minimumCalls: 20 })
    world.calls(9, 'failure')
    world.calls(20, 'success')
    world.calls(9, 'failure')
    expect(world.state).toBe('closed')
    world.calls(1, 'failure')
    expect(world.state).toBe('open')
  })

  test('a window smaller than minimumCalls is enough when it is full', () => {
    const world = new World({ window: 4, minimumCalls: 20 })
    world.calls(4, 'failure')
    expect(world.state).toBe('open')
  })

  test('a window of time has no such way out', () => {
    const world = new World({ windowTime: 1000, minimumCalls: 20 })
    world.calls(19, 'failure')
    world.now += 1000
    world.calls(19, 'failure')
    expect(world.state).toBe('closed')
    world.calls(1, 'failure')
    expect(world.state).toBe('open')
  })

  test('ignored calls are not there', () => {
    const world = new World({ minimumCalls: 1 })
    world.calls(1000, 'ignored')
    expect(world.circuit.stats(world.now)).toMatchObject({ calls: 0, state: 'closed' })
  })
})

describe('open', () => {
  test('refuses until its time is over, and says when that is', () => {
    const world = new World()
    world.open()
    world.now += 1
    expect(world.refused).toBe(true)
    expect(world.circuit.enter(world.now)).toBe(null)
    expect(world.circuit.retryAfter(world.now)).toBe(4999)
    world.now += 4999
    expect(world.refused).toBe(false)
    expect(world.circuit.retryAfter(world.now)).toBe(0)
    expect(world.state).toBe('open')
    world.begin()
    expect(world.state).toBe('half-open')
  })

  test('calls that began before it opened change nothing', () => {
    const world = new World()
    const early = [world.begin(), world.begin(), world.begin()]
    world.open()
    world.now += 5000
    const probe = world.begin()
    for (const permit of early) world.end(permit, 'failure')
    expect(world.state).toBe('half-open')
    expect(world.circuit.stats(world.now).calls).toBe(0)
    world.end(probe)
  })
})

describe('half open', () => {
  function probing(policy: Partial<BreakerPolicy> = {}) {
    const world = new World(policy)
    world.open()
    world.now += 5000
    return { world, probes: [world.begin(), world.begin(), world.begin()] as const }
  }

  test('lets so many probes through, no more', () => {
    const { world } = probing()
    expect(world.refused).toBe(true)
    expect(world.circuit.enter(world.now)).toBe(null)
  })

  test('closes when they were well, with an empty memory', () => {
    const { world, probes } = probing()
    for (const probe of probes) world.end(probe)
    expect(world.state).toBe('closed')
    expect(world.changes.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'closed open',
      'open half-open',
      'half-open closed',
    ])
    expect(world.circuit.stats(world.now).calls).toBe(0)
  })

  test('opens again as soon as the rate is reached, whatever the others will say', () => {
    const { world, probes } = probing()
    world.end(probes[0], 'failure')
    expect(world.state).toBe('half-open')
    world.end(probes[1], 'failure')
    expect(world.state).toBe('open')
    world.end(probes[2], 'success')
    expect(world.state).toBe('open')
  })

  test('slow probes open it too', () => {
    const { world, probes } = probing({ slowAfter: 100, slowRate: 0.5 })
    world.end(probes[0], 'success', 100)
    world.end(probes[1], 'success', 100)
    expect(world.state).toBe('open')
  })

  test('a probe that was called off makes place for another', () => {
    const { world, probes } = probing()
    world.end(probes[0], 'ignored')
    expect(world.refused).toBe(false)
    world.begin()
    expect(world.refused).toBe(true)
  })

  test('probes that never come back are given up after the open time', () => {
    const { world, probes } = probing()
    world.now += 4999
    expect(world.circuit.retryAfter(world.now)).toBe(1)
    world.now += 1
    world.begin()
    expect(world.changes).toHaveLength(2)
    for (const probe of probes) world.end(probe, 'failure')
    expect(world.state).toBe('half-open')
  })

  test('each opening without a closing between lasts longer, up to a limit', () => {
    const world = new World({ probes: 1, openTime: 1000, openTimeFactor: 3, maxOpenTime: 10_000 })
    world.open()
    const times = [world.circuit.retryAfter(world.now)]
    for (let round = 0; round < 4; round += 1) {
      world.now += world.circuit.retryAfter(world.now)
      world.end(world.begin(), 'failure')
      times.push(world.circuit.retryAfter(world.now))
    }
    expect(times).toEqual([1000, 3000, 9000, 10_000, 10_000])
    world.now += 10_000
    world.end(world.begin())
    expect(world.state).toBe('closed')
    world.open()
    expect(world.circuit.retryAfter(world.now)).toBe(1000)
  })

  test('an openTime above the maximum is taken as it is', () => {
    const world = new World({ openTime: 90_000 })
    world.open()
    expect(world.circuit.retryAfter(world.now)).toBe(90_000)
  })
})
