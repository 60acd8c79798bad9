import { describe, expect, test } from 'vitest'
import { limitsOf } from '../../../src/core/phase-limits.ts'

describe('limitsOf', () => {
  test('the phases that are given', () => {
    expect(limitsOf(undefined)).toBeNull()
    expect(limitsOf({})).toEqual({})
    const all = { queue: 1, dns: 2, connect: 3, tls: 4, headers: Infinity, body: 2.5, total: 9 }
    expect(limitsOf({ ...all })).toEqual(all)
    expect(limitsOf({ headers: undefined })).toEqual({})
  })

  test.each([
    null,
    5,
    'x',
    { settings: 1 },
    { headers: 0 },
    { headers: '5' },
    { body: Number.NaN },
    { total: -1 },
  ])('%j is refused', (timeouts) => {
    expect(() => limitsOf(timeouts)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION', phase: 'validate' }),
    )
  })

  test('the message names what is wrong, and whose it is', () => {
    expect(() => limitsOf({ tls: 0 })).toThrow(
      /^Invalid request option: timeouts\.tls must be a number of milliseconds/,
    )
    expect(() => limitsOf({ x: 1 }, 'Invalid client option: it')).toThrow(
      /^Invalid client option: it\.x is not an option/,
    )
  })
})
