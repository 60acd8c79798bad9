import { expect, test } from 'vitest'
import { UrgencyQueue } from '../../../src/control/urgency-queue.ts'

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
