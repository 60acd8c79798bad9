import { describe, expect, test } from 'vitest'
import { settleClose } from '../../src/closing.ts'

describe('options of close', () => {
  test('have defaults', () => {
    expect(settleClose({})).toEqual({ timeout: 10_000, queued: 'finish' })
  })

  test.each([
    [{ timout: 5 }, /timout is not an option\. Did you mean timeout\? The options are timeout, queued/],
    [{ timeout: '5s' }, /timeout must be a number of milliseconds, at least 0, not 5s/],
    [{ timeout: Number.NaN }, /timeout must be a number/],
    [{ queued: 'drop' }, /queued must be 'finish' or 'reject', not drop/],
  ])('%j is refused by name', (options, message) => {
    expect(() => settleClose(options as never)).toThrow(message)
  })
})
