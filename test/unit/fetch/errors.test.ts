import { describe, expect, test } from 'vitest'
import { BodyError, ConnectError, InvalidRequestError, ProtocolError } from '../../../src/core/errors.ts'
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

  test('a request body that ends in an abort is an abort', () => {
    const body = new BodyError('ERR_TRUNKLINE_REQUEST_BODY_FAILED', 'off', {
      cause: new DOMException('the other call was given up', 'AbortError'),
    })
    const error = toFetchError(body, 'fetch failed') as DOMException
    expect(error).toBeInstanceOf(DOMException)
    expect([error.name, error.cause]).toEqual(['AbortError', body])
    const other = new BodyError('ERR_TRUNKLINE_REQUEST_BODY_FAILED', 'off', { cause: new Error('disk') })
    expect(toFetchError(other, 'terminated')).toBeInstanceOf(TypeError)
  })

  test.each([new DOMException('aborted', 'AbortError'), new Error('mine'), 'text', null, undefined])(
    '%s passes untouched, as the reason of an abort must',
    (reason) => {
      expect(toFetchError(reason, 'fetch failed')).toBe(reason)
    },
  )

  test('a request body that was aborted aborts the call', () => {
    const abort = new DOMException('its own', 'AbortError')
    const failure = new BodyError('ERR_TRUNKLINE_REQUEST_BODY_FAILED', 'it failed', { cause: abort })
    const error = toFetchError(failure, 'fetch failed') as DOMException
    expect(error).toBeInstanceOf(DOMException)
    expect(error).toMatchObject({ name: 'AbortError', cause: failure })
    const other = new BodyError('ERR_TRUNKLINE_REQUEST_BODY_FAILED', 'it failed', { cause: new Error('x') })
    expect(toFetchError(other, 'fetch failed')).toBeInstanceOf(TypeError)
  })
})
