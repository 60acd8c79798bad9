import { describe, expect, test } from 'vitest'
import { ConnectError, InvalidRequestError, ProtocolError } from '../../../src/core/errors.ts'
import { toFetchError } from '../../../src/fetch/errors.ts'
import { bodyNotAllowed } from '../../../src/fetch/method.ts'

describe('toFetchError', () => {
  test.each(['fetch failed', 'terminated'] as const)(
    'a ClientError becomes a TypeError "%s", itself the cause',
    (message) => {
      for (const cause of [
        new ConnectError('ERR_TRUNKLINE_DNS_FAILED', 'no such host'),
        new ProtocolError('ERR_TRUNKLINE_DECODE_FAILED', 'broken'),
      ]) {
        const error = toFetchError(cause, message) as TypeError
        expect(error).toBeInstanceOf(TypeError)
        expect(error.message).toBe(message)
        expect(error.cause).toBe(cause)
      }
    },
  )

  test('a wrong request is told by its own message', () => {
    const cause = new InvalidRequestError('ERR_TRUNKLINE_INVALID_URL', 'that is no URL')
    const error = toFetchError(cause, 'fetch failed') as TypeError
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('that is no URL')
    expect(error.cause).toBe(cause)
  })

  test('where programs look for the platform’s words, they are there', () => {
    const error = toFetchError(bodyNotAllowed('GET'), 'fetch failed') as TypeError
    expect(() => new Request('https://a.test/', { body: 'x' })).toThrow(error.message)
    expect(error.cause).toMatchObject({ code: 'ERR_TRUNKLINE_BODY_NOT_ALLOWED' })
  })

  test.each([new DOMException('aborted', 'AbortError'), new Error('mine'), 'text', null, undefined])(
    '%s passes untouched, as the reason of an abort must',
    (reason) => {
      expect(toFetchError(reason, 'fetch failed')).toBe(reason)
    },
  )
})
