import { describe, expect, test, vi } from 'vitest'
import { Lifetime } from '../../../src/core/lifetime.ts'
import { pause } from '../../../src/core/pause.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  const lifetime = new Lifetime()
  const abort = new AbortController()
  const settled: string[] = []
  const begin = (ms: number, signal: AbortSignal | null = abort.signal) =>
    pause(clock, lifetime, ms, signal).then(
      () => settled.push('over'),
      (reason) => settled.push(`rejected: ${reason}`),
    )
  return { clock, lifetime, abort, settled, begin }
}

describe('pause', () => {
  test('lasts as long as told, and keeps the process alive', async () => {
    const { clock, settled, begin } = setUp()
    void begin(100)
    expect(clock.pendingRefs).toBe(1)
    await clock.advance(99)
    expect(settled).toEqual([])
    await clock.advance(1)
    expect(settled).toEqual(['over'])
  })

  test('ends at an abort, with its reason', async () => {
    const { clock, abort, settled, begin } = setUp()
    void begin(100)
    abort.abort('enough')
    await clock.advance(1000)
    expect(settled).toEqual(['rejected: enough'])
    expect(clock.pending).toBe(0)
  })

  test('ends with the client, with its reason', async () => {
    const { clock, lifetime, settled, begin } = setUp()
    void begin(100, null)
    lifetime.end('destroyed')
    await clock.advance(1000)
    expect(settled).toEqual(['rejected: destroyed'])
    expect(clock.pending).toBe(0)
  })

  test('does not begin when it is over already', async () => {
    const aborted = setUp()
    aborted.abort.abort('enough')
    void aborted.begin(100)
    const ended = setUp()
    ended.lifetime.end('destroyed')
    void ended.begin(100)
    await aborted.clock.flush()
    expect(aborted.settled).toEqual(['rejected: enough'])
    expect(ended.settled).toEqual(['rejected: destroyed'])
    expect(aborted.clock.pending + ended.clock.pending).toBe(0)
  })

  test('leaves no listener behind, however it ends', async () => {
    for (const end of ['time', 'abort', 'lifetime']) {
      const { clock, lifetime, abort, begin } = setUp()
      const add = vi.spyOn(abort.signal, 'addEventListener')
      const remove = vi.spyOn(abort.signal, 'removeEventListener')
      const watch = vi.spyOn(lifetime, 'watch')
      const unwatch = vi.spyOn(lifetime, 'unwatch')
      void begin(100)
      if (end === 'abort') abort.abort('enough')
      if (end === 'lifetime') lifetime.end('destroyed')
      await clock.advance(1000)
      expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
        add.mock.calls.map(([, listener]) => listener),
      )
      expect(unwatch.mock.calls).toEqual(watch.mock.calls)
    }
  })
})
