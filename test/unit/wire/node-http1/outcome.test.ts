import { describe, expect, test } from 'vitest'
import type { ClientError } from '../../../../src/core/errors.ts'
import {
  cannotPing,
  connectNotSupported,
  exchangeFailure,
  headerListTooLarge,
  idleConnectionLost,
  malformed,
  type Progress,
  requestRefused,
  tooManyInformational,
  unsolicited,
  unusable,
  wrongBodyLength,
} from '../../../../src/wire/node-http1/outcome.ts'

const facts = { origin: 'https://a.test', connectionId: 7, maxHeaderListSize: 65_536, maxInformational: 32 }
const unsent: Progress = { processed: 'no', sawHead: false }
const waiting: Progress = { processed: 'maybe', sawHead: false }
const reading: Progress = { processed: 'yes', sawHead: true }

function nodeError(code: string, message = code): Error {
  return Object.assign(new Error(message), { code })
}

/** What every error of this engine says. */
function expectWellMade(error: ClientError): void {
  expect(error).toMatchObject({ origin: 'https://a.test', connectionId: 7, streamId: undefined })
  expect(error.message).toContain('https://a.test')
  expect(error.message).toMatch(/^[A-Zh].*\.$/)
}

describe('a connection that ends under an exchange', () => {
  test.each([
    [waiting, 'ERR_TRUNKLINE_CONNECTION_LOST', 'maybe', 'headers'],
    [reading, 'ERR_TRUNKLINE_CONNECTION_LOST', 'yes', 'body'],
    [unsent, 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', 'no', 'headers'],
  ] as const)('%j', (progress, code, processed, phase) => {
    for (const nodeCode of [
      'ECONNRESET',
      'EPIPE',
      'ETIMEDOUT',
      'ERR_SSL_BAD_RECORD_TYPE',
      'ERR_STREAM_DESTROYED',
    ]) {
      const cause = nodeError(nodeCode)
      const error = exchangeFailure(facts, progress, cause)
      expect(error).toMatchObject({ name: 'ConnectionError', code, processed, phase })
      expect(error.cause).toBe(cause)
      expectWellMade(error)
    }
  })

  test('the message tells a reset from an orderly close, which Node calls ECONNRESET too', () => {
    const reset = exchangeFailure(facts, waiting, nodeError('ECONNRESET', 'read ECONNRESET'))
    expect(reset.message).toContain('(ECONNRESET)')
    for (const madeUp of [
      nodeError('ECONNRESET', 'socket hang up'),
      nodeError('ECONNRESET', 'aborted'),
      null,
    ]) {
      const error = exchangeFailure(facts, waiting, madeUp)
      expect(error.message).toContain('the server closed it')
      expect(error.message).not.toContain('ECONNRESET')
    }
  })

  test('without an error of Node there is no cause', () => {
    expect('cause' in exchangeFailure(facts, reading, null)).toBe(false)
  })

  test('the message says where it happened and what that means', () => {
    expect(exchangeFailure(facts, waiting, null).message).toMatch(/before a response came.*may have acted/)
    expect(exchangeFailure(facts, reading, null).message).toMatch(/middle of the response body.*incomplete/)
  })
})

describe('a response that is no HTTP/1.1', () => {
  test("errors of the parser are the server's", () => {
    const cause = nodeError('HPE_INVALID_CHUNK_SIZE', 'Parse Error: Invalid character in chunk size')
    for (const progress of [waiting, reading]) {
      const error = exchangeFailure(facts, progress, cause)
      expect(error).toMatchObject({
        name: 'ProtocolError',
        code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE',
        processed: progress.processed,
        phase: progress.sawHead ? 'body' : 'headers',
      })
      expect(error.cause).toBe(cause)
      expect(error.message).toContain('Invalid character in chunk size')
      expectWellMade(error)
    }
  })

  test('a header section above the limit has its own code, and names the limit', () => {
    const error = exchangeFailure(facts, waiting, nodeError('HPE_HEADER_OVERFLOW'))
    expect(error).toMatchObject({ name: 'ProtocolError', code: 'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE' })
    expect(error.message).toContain('response headers of more than 65536 bytes')
    expect(headerListTooLarge(facts, reading).message).toContain('trailers')
    expectWellMade(error)
  })

  test('what a parser says is cut, and keeps to one line', () => {
    const error = exchangeFailure(facts, waiting, nodeError('HPE_X', `a\r\nb\u0000c${'d'.repeat(5000)}`))
    expect(error.message).toContain('a b c')
    expect(error.message.length).toBeLessThan(500)
    expect(error.message).not.toMatch(/[^\x20-\x7e]/)
  })

  test('reasons of our own', () => {
    expect(malformed(facts, waiting, 'its version is 2.0').message).toContain('its version is 2.0')
    const flood = tooManyInformational(facts, waiting)
    expect(flood).toMatchObject({ code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE', processed: 'maybe' })
    expect(flood.message).toContain('32 interim responses')
    expectWellMade(flood)
  })
})

describe('http.request() throws', () => {
  test.each([
    ['ERR_INVALID_CHAR', 'Invalid character in header content ["x"]', 'ERR_TRUNKLINE_INVALID_HEADER'],
    [
      'ERR_INVALID_HTTP_TOKEN',
      'Header name must be a valid HTTP token ["x y"]',
      'ERR_TRUNKLINE_INVALID_HEADER',
    ],
    ['ERR_INVALID_HTTP_TOKEN', 'Method must be a valid HTTP token ["G E"]', 'ERR_TRUNKLINE_INVALID_METHOD'],
    [
      'ERR_HTTP_INVALID_HEADER_VALUE',
      'Invalid value "undefined" for header "x"',
      'ERR_TRUNKLINE_INVALID_HEADER',
    ],
    ['ERR_UNESCAPED_CHARACTERS', 'Request path contains unescaped characters', 'ERR_TRUNKLINE_INVALID_URL'],
  ])('%s: %s', (nodeCode, message, code) => {
    const cause = nodeError(nodeCode, message)
    const error = requestRefused(facts, cause)
    expect(error).toMatchObject({ name: 'InvalidRequestError', code, processed: 'no', phase: 'validate' })
    expect(error.cause).toBe(cause)
    expect(error.message).toContain(message)
    expectWellMade(error)
  })

  test('for any other reason the connection is at fault, and nothing was sent', () => {
    const cause = nodeError('ERR_SOMETHING_NEW')
    expect(requestRefused(facts, cause)).toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
      processed: 'no',
      cause,
    })
    expect(requestRefused(facts, new Error('no code')).code).toBe('ERR_TRUNKLINE_CONNECTION_UNUSABLE')
  })
})

test('errors about the connection itself', () => {
  const cause = nodeError('ECONNRESET', 'read ECONNRESET')
  const idle = idleConnectionLost(facts, cause)
  expect(idle).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'no', cause })
  expect(idle.message).toContain('(ECONNRESET)')
  expect(unsolicited(facts)).toMatchObject({ code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION', processed: 'no' })
  expect(unusable(facts)).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
  expect(cannotPing(facts)).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE' })
  expect(cannotPing(facts).message).toContain('HTTP/1.1 has no PING')
  expect(connectNotSupported(facts)).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_METHOD', processed: 'no' })
  for (const error of [
    idle,
    unsolicited(facts),
    unusable(facts),
    cannotPing(facts),
    connectNotSupported(facts),
  ]) {
    expectWellMade(error)
  }
})

test('a request body of the wrong length says which way it is wrong', () => {
  const long = wrongBodyLength(facts, waiting, 3, true)
  expect(long).toMatchObject({
    name: 'BodyError',
    code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED',
    processed: 'maybe',
  })
  expect(long.message).toContain('more bytes than its content-length of 3')
  expect(wrongBodyLength(facts, waiting, 3, false).message).toContain('fewer bytes')
  expectWellMade(long)
})
