import { describe, expect, test, vi } from 'vitest'
import { Lifetime } from '../../../src/core/lifetime.ts'

describe('Lifetime', () => {
  test('tells every watcher the reason, before end returns, once', () => {
    const lifetime = new Lifetime()
    const watchers = [vi.fn(), vi.fn()]
    for (const watcher of watchers) lifetime.watch(watcher)
    expect(lifetime.ended).toBeNull()
    lifetime.end('first')
    lifetime.end('second')
    for (const watcher of watchers) expect(watcher.mock.calls).toEqual([['first']])
    expect(lifetime.ended).toEqual({ reason: 'first' })
  })

  test('who stopped watching is not told', () => {
    const lifetime = new Lifetime()
    const watcher = vi.fn()
    lifetime.watch(watcher)
    lifetime.unwatch(watcher)
    lifetime.end('end')
    expect(watcher).not.toHaveBeenCalled()
  })

  test('a watcher may leave while all are being told', () => {
    const lifetime = new Lifetime()
    const told: string[] = []
    const first = () => {
      told.push('first')
      lifetime.unwatch(first)
    }
    lifetime.watch(first)
    lifetime.watch(() => told.push('second'))
    lifetime.end('end')
    expect(told).toEqual(['first', 'second'])
  })

  test('an end for the reason undefined is an end', () => {
    const lifetime = new Lifetime()
    lifetime.end(undefined)
    expect(lifetime.ended).toEqual({ reason: undefined })
  })
})
