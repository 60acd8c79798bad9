import { describe, expect, test } from 'vitest'
import {
  contentLengthFor,
  redirectOf,
  signalOf,
  signalWithin,
  timeoutsOf,
} from '../../../src/fetch/options.ts'

const refused = expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION', processed: 'no' })

test('redirectOf takes the three modes', () => {
  for (const mode of ['follow', 'manual', 'error']) expect(redirectOf(mode)).toBe(mode)
  expect(() => redirectOf('sometimes')).toThrow(/redirect must be .* not "sometimes"/)
})

test('signalOf takes a signal, or none', () => {
  const { signal } = new AbortController()
  expect(signalOf(signal)).toBe(signal)
  expect(signalOf(undefined)).toBeNull()
  expect(signalOf(null)).toBeNull()
  for (const wrong of ['x', {}, new AbortController(), 5]) expect(() => signalOf(wrong)).toThrow(refused)
})

test('contentLengthFor', () => {
  expect(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'].map((method) => contentLengthFor(method, null))).toEqual([
    '0',
    '0',
    null,
    null,
    null,
  ])
})

describe('timeoutsOf', () => {
  test('the phases that are given', () => {
    expect(timeoutsOf(undefined)).toBeNull()
    expect(timeoutsOf({})).toEqual({})
    expect(timeoutsOf({ queue: 1, headers: Infinity, body: 2.5, total: 9 })).toEqual({
      queue: 1,
      headers: Infinity,
      body: 2.5,
    })
  })

  test.each([
    null,
    5,
    'x',
    { connect: 1 },
    { headers: 0 },
    { headers: '5' },
    { body: Number.NaN },
    { total: -1 },
  ])('%j is refused', (timeouts) => {
    expect(() => timeoutsOf(timeouts as object)).toThrow(refused)
  })
})

describe('signalWithin', () => {
  const { signal } = new AbortController()

  test('without a total, the signal alone', () => {
    expect(signalWithin(null, undefined)).toBeNull()
    expect(signalWithin(signal, { headers: 5 })).toBe(signal)
    expect(signalWithin(signal, { total: Infinity })).toBe(signal)
  })

  test('with one, whichever comes first', () => {
    const controller = new AbortController()
    const both = signalWithin(controller.signal, { total: 60_000 })
    const reason = new Error('mine')
    controller.abort(reason)
    expect(both?.reason).toBe(reason)
    expect(signalWithin(null, { total: 60_000 })?.aborted).toBe(false)
  })
})
