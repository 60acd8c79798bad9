import { expect, test } from 'vitest'
import { isCreditDue, ReceiveWindow } from '../../../../src/wire/http2/receive-window.ts'

test('credit is due when what was consumed is half of what the peer has to work with', () => {
  expect([isCreditDue(50, 50), isCreditDue(49, 51), isCreditDue(0, 0), isCreditDue(1, -5)]).toEqual([
    true,
    false,
    false,
    true,
  ])
})

test('more than the window is too much, and nothing less', () => {
  const window = new ReceiveWindow(100)
  expect([window.take(60), window.take(40), window.take(1)]).toEqual([true, true, false])
})

test('bytes that nobody reads do not hold back the credit of those that are read', () => {
  const window = new ReceiveWindow(100_000)
  window.take(70_000)
  let given = 0
  for (let count = 0; count < 1000; count += 1) {
    window.take(1000)
    window.consume(1000)
    given += window.credit(false)
  }
  expect(given).toBeGreaterThan(1_000_000 - 30_000)
  expect(window.available).toBeLessThanOrEqual(30_000)
})

test('what was lent is paid back: in the end the window is as it was', () => {
  const window = new ReceiveWindow(100_000)
  window.take(100_000)
  expect(window.credit(false)).toBe(0)
  expect(window.credit(true)).toBe(65_536)
  expect(window.credit(true)).toBe(0)
  window.consume(100_000)
  window.credit(false)
  expect(window.available).toBeLessThanOrEqual(100_000)
  window.take(65_536)
  window.consume(65_536)
  window.credit(false)
  expect(window.available).toBe(100_000)
  expect(window.stalls).toBe(1)
})

test('a large window gets its credit before half of it is used up', () => {
  const MIB = 1024 * 1024
  expect(isCreditDue(2 * MIB - 1, 14 * MIB)).toBe(false)
  expect(isCreditDue(2 * MIB, 14 * MIB)).toBe(true)
  expect(isCreditDue(0, 0)).toBe(false)
})
