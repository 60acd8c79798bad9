import { describe, expect, test } from 'vitest'
import { retryAfterMs } from '../../../src/interceptors/retry-after.ts'

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0)

describe('retryAfterMs', () => {
  test.each([
    ['0', 0],
    ['1', 1000],
    ['120', 120_000],
    [' 5 ', 5000],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['Thu Jan  1 12:00:30 2026', 30_000],
    ['Thu, 01 Jan 2026 11:59:00 GMT', 0],
    ['Sat, 01 Jan 2000 00:00:00 GMT', 0],
  ])('%j is %d ms', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected)
  })

  test.each([
    '',
    '-1',
    '1.5',
    '1e3',
    '+5',
    '0x10',
    'soon',
    'Infinity',
    '2026-01-01T12:00:30Z',
    'Thu, nonsense',
    '5 seconds',
  ])('%j is neither form', (value) => {
    expect(retryAfterMs(value, NOW)).toBeNull()
  })

  test('an absurd number of seconds stays a number that can be compared', () => {
    expect(retryAfterMs('9'.repeat(400), NOW)).toBe(Number.MAX_SAFE_INTEGER)
  })
})
