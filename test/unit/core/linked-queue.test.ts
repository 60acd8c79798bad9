import { describe, expect, test } from 'vitest'
import { type Entry, LinkedQueue } from '../../../src/core/linked-queue.ts'
import { Random, seeds } from '../fakes/random.ts'

describe('LinkedQueue', () => {
  test('is first in, first out', () => {
    const queue = new LinkedQueue<string>()
    for (const value of ['a', 'b', 'c']) queue.push(value)
    expect(queue.size).toBe(3)
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual(['a', 'b', 'c', undefined])
    expect(queue.size).toBe(0)
  })

  test('an entry says whether it is still queued, and is removed once', () => {
    const queue = new LinkedQueue<string>()
    const entry = queue.push('a')
    expect(entry.queued).toBe(true)
    expect(queue.remove(entry)).toBe(true)
    expect(entry.queued).toBe(false)
    expect(queue.remove(entry)).toBe(false)
    expect(queue.size).toBe(0)
  })

  test('an entry that was shifted cannot be removed, and removal does not disturb its successor', () => {
    const queue = new LinkedQueue<string>()
    const first = queue.push('a')
    queue.push('b')
    queue.shift()
    expect(queue.remove(first)).toBe(false)
    expect(queue.size).toBe(1)
    expect(queue.shift()).toBe('b')
  })

  test('says the order of its head, and that of nobody is behind all', () => {
    const queue = new LinkedQueue<string>()
    expect(queue.firstOrder).toBe(Number.POSITIVE_INFINITY)
    const first = queue.push('a', 3)
    queue.push('b', 7)
    expect(queue.firstOrder).toBe(3)
    queue.remove(first)
    expect(queue.firstOrder).toBe(7)
    queue.shift()
    expect(queue.firstOrder).toBe(Number.POSITIVE_INFINITY)
  })

  test('an entry that left holds on to none of its neighbours', () => {
    const queue = new LinkedQueue<string>()
    const entries = ['a', 'b', 'c'].map((value) => queue.push(value))
    queue.remove(entries[1] as Entry<string>)
    expect(entries[1]).toMatchObject({ previous: null, next: null })
  })

  test.each(seeds(20))(
    'behaves as an array does under random pushes, shifts and removals (seed %i)',
    (seed) => {
      const random = new Random(seed)
      const queue = new LinkedQueue<number>()
      let model: number[] = []
      const entries: Entry<number>[] = []
      for (let step = 0; step < 500; step += 1) {
        const dice = random.next()
        if (dice < 0.45) {
          entries.push(queue.push(step))
          model.push(step)
        } else if (dice < 0.7) {
          expect(queue.shift()).toBe(model.shift())
        } else if (entries.length > 0) {
          const entry = random.pick(entries)
          expect(queue.remove(entry)).toBe(model.includes(entry.value))
          model = model.filter((value) => value !== entry.value)
        }
        expect(queue.size).toBe(model.length)
      }
      for (const entry of entries) expect(entry.queued).toBe(model.includes(entry.value))
      for (const value of model) expect(queue.shift()).toBe(value)
      expect(queue.shift()).toBeUndefined()
    },
  )
})
