import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TlsMaterial } from '../../src/connect/tls-identity.ts'
import { TlsReload } from '../../src/tls-reload.ts'
import { FakeClock } from '../support/fake-clock.ts'

beforeEach(() => void vi.spyOn(process, 'emitWarning').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

function scene(load: () => TlsMaterial | undefined | Promise<TlsMaterial | undefined>, interval = 100) {
  const clock = new FakeClock()
  const applied: TlsMaterial[] = []
  let verdict: () => boolean = () => true
  const apply = (material: TlsMaterial) => {
    applied.push(material)
    return verdict()
  }
  const reload = new TlsReload({ clock, options: { load, interval }, apply })
  const judge = (by: () => boolean) => {
    verdict = by
  }
  return { clock, applied, reload, judge }
}

describe('a function', () => {
  test('is asked at each interval, and what it gives is put in force', async () => {
    const { clock, applied, reload } = scene(() => ({ cert: 'c' }))
    await clock.advance(99)
    expect(applied).toEqual([])
    await clock.advance(1)
    await clock.advance(100)
    expect(applied).toEqual([{ cert: 'c' }, { cert: 'c' }])
    expect(reload.stats).toEqual({ changes: 2, failures: 0 })
  })

  test('that gives nothing new is no change', async () => {
    const { clock, reload, judge } = scene(() => undefined)
    judge(() => false)
    await clock.advance(100)
    expect(reload.stats).toEqual({ changes: 0, failures: 0 })
  })

  test.each<[string, () => never | Promise<never>]>([
    ['throws', () => bad()],
    ['rejects', () => Promise.reject(new Error('no secret today'))],
  ])('that %s is counted, and asked again', async (_title, load) => {
    const { clock, reload, applied } = scene(load)
    await clock.advance(100)
    await clock.advance(100)
    expect([applied, reload.stats]).toEqual([[], { changes: 0, failures: 2 }])
  })

  test('that gives what cannot be used is counted, and asked again', async () => {
    const { clock, reload, judge } = scene(() => ({ cert: 'x' }))
    judge(bad)
    await clock.advance(100)
    judge(() => true)
    await clock.advance(100)
    expect(reload.stats).toEqual({ changes: 1, failures: 1 })
  })

  test('that takes long is not asked a second time meanwhile, nor heard after the end', async () => {
    const { promise, resolve } = Promise.withResolvers<TlsMaterial>()
    const load = vi.fn(() => promise)
    const { clock, reload, applied } = scene(load)
    await clock.advance(1000)
    expect(load).toHaveBeenCalledTimes(1)
    reload.stop()
    resolve({ cert: 'late' })
    await clock.flush()
    expect([applied, clock.pending]).toEqual([[], 0])
  })
})

function bad(): never {
  throw new Error('cannot be used')
}
