import { describe, expect, test } from 'vitest'
import {
  BodyError,
  ClientError,
  ClosedError,
  ConnectError,
  ConnectionError,
  copyOf,
  InvalidRequestError,
  LimitError,
  type Processed,
  ProtocolError,
  StreamError,
  TimeoutError,
} from '../../../src/core/errors.ts'

const all: readonly (readonly [ClientError, Processed])[] = [
  [new InvalidRequestError('ERR_TRUNKLINE_INVALID_URL', ''), 'no'],
  [new InvalidRequestError('ERR_TRUNKLINE_INVALID_HEADER', ''), 'no'],
  [new InvalidRequestError('ERR_TRUNKLINE_INVALID_METHOD', ''), 'no'],
  [new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', ''), 'no'],
  [new InvalidRequestError('ERR_TRUNKLINE_BODY_NOT_ALLOWED', ''), 'no'],
  [new ConnectError('ERR_TRUNKLINE_DNS_FAILED', ''), 'no'],
  [new ConnectError('ERR_TRUNKLINE_CONNECT_FAILED', ''), 'no'],
  [new ConnectError('ERR_TRUNKLINE_TLS_FAILED', ''), 'no'],
  [new ConnectError('ERR_TRUNKLINE_CERTIFICATE_REJECTED', ''), 'no'],
  [new ConnectError('ERR_TRUNKLINE_ALPN_REJECTED', ''), 'no'],
  [new TimeoutError('ERR_TRUNKLINE_QUEUE_TIMEOUT', ''), 'no'],
  [new TimeoutError('ERR_TRUNKLINE_DNS_TIMEOUT', ''), 'no'],
  [new TimeoutError('ERR_TRUNKLINE_CONNECT_TIMEOUT', ''), 'no'],
  [new TimeoutError('ERR_TRUNKLINE_TLS_TIMEOUT', ''), 'no'],
  [new TimeoutError('ERR_TRUNKLINE_HEADERS_TIMEOUT', ''), 'maybe'],
  [new TimeoutError('ERR_TRUNKLINE_BODY_TIMEOUT', ''), 'maybe'],
  [new TimeoutError('ERR_TRUNKLINE_TOTAL_TIMEOUT', ''), 'maybe'],
  [new StreamError('ERR_TRUNKLINE_STREAM_REFUSED', ''), 'no'],
  [new StreamError('ERR_TRUNKLINE_HTTP_1_1_REQUIRED', ''), 'no'],
  [new StreamError('ERR_TRUNKLINE_STREAM_RESET', ''), 'maybe'],
  [new ConnectionError('ERR_TRUNKLINE_CONNECTION_UNUSABLE', ''), 'no'],
  [new ConnectionError('ERR_TRUNKLINE_GOAWAY', ''), 'no'],
  [new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', ''), 'maybe'],
  [new ConnectionError('ERR_TRUNKLINE_PING_TIMEOUT', ''), 'maybe'],
  [new ProtocolError('ERR_TRUNKLINE_PROTOCOL_VIOLATION', ''), 'maybe'],
  [new ProtocolError('ERR_TRUNKLINE_MALFORMED_RESPONSE', ''), 'maybe'],
  [new BodyError('ERR_TRUNKLINE_REQUEST_BODY_FAILED', ''), 'maybe'],
  [new LimitError('ERR_TRUNKLINE_QUEUE_FULL', ''), 'no'],
  [new ClosedError('ERR_TRUNKLINE_CLIENT_CLOSED', ''), 'no'],
  [new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', ''), 'maybe'],
]

describe('errors', () => {
  test.each(all.map(([error, processed]) => ({ code: error.code, processed, error })))(
    '$code is processed: $processed by default',
    ({ error, processed }) => {
      expect(error.processed).toBe(processed)
    },
  )

  test('each is an Error and a ClientError, and carries the name of its class', () => {
    for (const [error] of all) {
      expect(error).toBeInstanceOf(Error)
      expect(error).toBeInstanceOf(ClientError)
      expect(error.name).toBe(error.constructor.name)
      expect(String(error)).toBe(error.name)
    }
  })

  test('what is known about the failure is on it', () => {
    const cause = new Error('why')
    const details = {
      cause,
      origin: 'https://example.test',
      connectionId: 3,
      streamId: 5,
      phase: 'body',
      http2Code: 8,
    } as const
    expect(new StreamError('ERR_TRUNKLINE_STREAM_RESET', 'reset', details)).toMatchObject({
      message: 'reset',
      attempts: 0,
      ...details,
    })
  })

  test('the processed of the details beats the default', () => {
    const error = new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', '', { processed: 'yes' })
    expect(error.processed).toBe('yes')
  })

  test('without a cause there is no cause property, and a cause of null is kept', () => {
    expect(Object.hasOwn(new LimitError('ERR_TRUNKLINE_QUEUE_FULL', ''), 'cause')).toBe(false)
    expect(new LimitError('ERR_TRUNKLINE_QUEUE_FULL', '', { cause: null }).cause).toBeNull()
  })

  test('an invalid request fails in validation and a limit in the queue, unless told otherwise', () => {
    expect(new InvalidRequestError('ERR_TRUNKLINE_INVALID_URL', '').phase).toBe('validate')
    expect(new LimitError('ERR_TRUNKLINE_QUEUE_FULL', '').phase).toBe('queue')
    expect(new LimitError('ERR_TRUNKLINE_QUEUE_FULL', '', { phase: 'connect' }).phase).toBe('connect')
  })

  test('a copy is an error of its own, alike in class and in all that is known, but for what was changed', () => {
    const cause = new Error('why')
    for (const [error] of all) {
      const copy = copyOf(error)
      expect(copy).not.toBe(error)
      expect(copy).toMatchObject({ name: error.name, code: error.code, processed: error.processed })
      expect(copy.phase).toBe(error.phase)
      expect(copy.constructor).toBe(error.constructor)
      expect(Object.hasOwn(copy, 'cause')).toBe(false)
    }
    const details = {
      cause,
      processed: 'yes',
      origin: 'https://a.test',
      connectionId: 1,
      http2Code: 8,
    } as const
    const error = new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost', details)
    expect(copyOf(error, 'lost again', { streamId: 5 })).toMatchObject({
      message: 'lost again',
      ...details,
      streamId: 5,
      attempts: 0,
    })
    expect(error.streamId).toBeUndefined()
  })
})
