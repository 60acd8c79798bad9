import { describe, expect, test, vi } from 'vitest'
import {
  checkedRetry,
  RETRY_DEFAULTS,
  type RetryOptions,
  settleRetry,
} from '../../../src/core/retry-policy.ts'

describe('settleRetry', () => {
  test('undefined is the default policy itself', () => {
    expect(settleRetry(undefined, RETRY_DEFAULTS)).toBe(RETRY_DEFAULTS)
  })

  test('false is no retries, the rest as it was', () => {
    expect(settleRetry(false, RETRY_DEFAULTS)).toEqual({ ...RETRY_DEFAULTS, limit: 0 })
  })

  test('parts replace parts', () => {
    const policy = settleRetry({ limit: 3, statuses: [503] }, RETRY_DEFAULTS)
    expect(policy).toEqual({ ...RETRY_DEFAULTS, limit: 3, statuses: [503] })
  })

  test('a part that is undefined does not erase the default', () => {
    const given = { limit: undefined, baseDelay: 5 } as unknown as RetryOptions
    expect(settleRetry(given, RETRY_DEFAULTS)).toEqual({ ...RETRY_DEFAULTS, baseDelay: 5 })
  })

  test('the defaults are not changed', () => {
    const before = structuredClone(RETRY_DEFAULTS)
    settleRetry({ limit: 9 }, RETRY_DEFAULTS)
    expect(RETRY_DEFAULTS).toEqual(before)
  })

  test('by default POST is never repeated, nor a status', () => {
    expect(RETRY_DEFAULTS.methods).not.toContain('POST')
    expect(RETRY_DEFAULTS.methods).not.toContain('PATCH')
    expect(RETRY_DEFAULTS.statuses).toEqual([])
  })
})

describe('checkedRetry', () => {
  test.each<[RetryOptions | undefined]>([
    [undefined],
    [false],
    [{}],
    [{ limit: 0 }],
    [{ limit: 5, methods: [], errors: [], statuses: [503], baseDelay: 0, maxDelay: 1.5, maxRetryAfter: 0 }],
    [{ onRetry: null }],
    [{ onRetry: vi.fn() }],
    [{ maxDelay: Number.POSITIVE_INFINITY }],
  ])('takes %j', (options) => {
    expect(checkedRetry(options)).toBe(options)
  })

  test.each([
    ['retry', null],
    ['retry', true],
    ['retry', 3],
    ['retry', 'always'],
    ['retry.limit', { limit: -1 }],
    ['retry.limit', { limit: 1.5 }],
    ['retry.limit', { limit: '1' }],
    ['retry.limit', { limit: Number.POSITIVE_INFINITY }],
    ['retry.limit', { limit: null }],
    ['retry.methods', { methods: 'GET' }],
    ['retry.methods', { methods: [1] }],
    ['retry.errors', { errors: [null] }],
    ['retry.statuses', { statuses: ['503'] }],
    ['retry.statuses', { statuses: 503 }],
    ['retry.baseDelay', { baseDelay: -1 }],
    ['retry.baseDelay', { baseDelay: Number.NaN }],
    ['retry.maxDelay', { maxDelay: '1s' }],
    ['retry.maxRetryAfter', { maxRetryAfter: null }],
    ['retry.onRetry', { onRetry: true }],
    ['retry.attempts', { attempts: 3 }],
    ['retry.constructor', { constructor: 3 }],
    ['retry.toString', { toString: undefined }],
  ])('names %s in %j', (name, options) => {
    expect(() => checkedRetry(options as unknown as RetryOptions)).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_INVALID_OPTION',
        message: expect.stringMatching(new RegExp(`Invalid option: ${name} `)),
      }),
    )
  })

  test('lists what there is when an option is unknown', () => {
    expect(() => checkedRetry({ attempts: 1 } as RetryOptions)).toThrow(/limit, methods, errors, statuses/)
  })
})
