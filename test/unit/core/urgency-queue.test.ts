import { expect, test } from 'vitest'
import { UrgencyQueue } from '../../../src/core/urgency-queue.ts'

test('the lowest urgency number comes first, and first come first served among equals', () => {
  const queue = new UrgencyQueue<string>()
  queue.push('c', 3)
  queue.push('x', 7)
  queue.push('d', 3)
  queue.push('a', 0)
  expect(queue.size).toBe(4)
  expect([1, 2, 3, 4, 5].map(() => queue.shift())).toEqual(['a', 'c', 'd', 'x', undefined])
  expect(queue.size).toBe(0)
})

test('an entry leaves from anywhere, once', () => {
  const queue = new UrgencyQueue<string>()
  queue.push('a', 5)
  const entry = queue.push('b', 5)
  queue.push('c', 5)
  queue.remove(entry)
  queue.remove(entry)
  expect(queue.size).toBe(2)
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(['a', 'c', undefined])
})

test('those who arrived by some time leave before the others, whatever their urgency', () => {
  const queue = new UrgencyQueue<string>()
  queue.push('a', 3, 1)
  queue.push('b', 0, 2)
  queue.push('c', 3, 3)
  expect([queue.shift(1), queue.shift(1), queue.shift(2), queue.shift(2)]).toEqual([
    'a',
    undefined,
    'b',
    undefined,
  ])
  expect(queue.size).toBe(1)
  expect(queue.shift()).toBe('c')
})
