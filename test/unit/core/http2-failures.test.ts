import { describe, expect, test } from 'vitest'
import { ConnectionError, StreamError, TimeoutError } from '../../../src/core/errors.ts'
import { errorCodeName } from '../../../src/core/http2-error-names.ts'
import {
  connectionLost,
  type FailedConnection,
  forStream,
  goneAway,
  headerListTooLarge,
  resetByPeer,
  unusable,
} from '../../../src/core/http2-failures.ts'

const node = (code: string) => Object.assign(new Error(code), { code })

function facts(goAway: FailedConnection['goAway'] = null): FailedConnection {
  return { origin: 'https://example.test', connectionId: 7, goAway }
}

const waiting = { streamId: 3, sawHead: false }
const reading = { streamId: 5, sawHead: true }

test.each([
  [0, 'NO_ERROR'],
  [7, 'REFUSED_STREAM'],
  [13, 'HTTP_1_1_REQUIRED'],
  [14, 'error code 14'],
  [4_294_967_295, 'error code 4294967295'],
])('error code %i is %s', (code, name) => {
  expect(errorCodeName(code)).toBe(name)
})

test('a lost connection and an unusable one', () => {
  const cause = node('ECONNRESET')
  expect(connectionLost(facts(), cause)).toMatchObject({
    code: 'ERR_TRUNKLINE_CONNECTION_LOST',
    processed: 'maybe',
    connectionId: 7,
    cause,
    message: expect.stringContaining('ECONNRESET'),
  })
  expect(connectionLost(facts(), null).message).toContain('the server closed it')
  expect(unusable(facts())).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
})

test('each stream of a lost connection has an error of its own', () => {
  const error = connectionLost(facts(), null)
  const before = forStream(error, { streamId: 3, sawHead: false })
  const after = forStream(error, { streamId: 5, sawHead: true })
  expect(before).not.toBe(error)
  expect(before).toMatchObject({ streamId: 3, phase: 'headers', processed: 'maybe' })
  expect(before.message).toContain('before a response came')
  expect(after).toMatchObject({ code: error.code, streamId: 5, phase: 'body', processed: 'yes' })
  expect(after.message).toContain('in the middle of the response body')
  expect(after).toBeInstanceOf(ConnectionError)
})

test('a failure keeps its class, phase and cause for a stream', () => {
  const cause = new Error('why')
  const timeout = new TimeoutError('ERR_TRUNKLINE_SETTINGS_TIMEOUT', 'no SETTINGS', {
    phase: 'settings',
    cause,
  })
  expect(forStream(timeout, { streamId: 1, sawHead: false })).toMatchObject({
    name: 'TimeoutError',
    phase: 'settings',
    cause,
  })
  const reset = new StreamError('ERR_TRUNKLINE_STREAM_RESET', 'reset', { http2Code: 2 })
  expect(forStream(reset, { streamId: 1, sawHead: false }).http2Code).toBe(2)
})

test('a header section above the limits names both, and the options', () => {
  const error = headerListTooLarge(facts(), { streamId: 1, sawHead: false }, 1024, 50)
  expect(error).toMatchObject({
    code: 'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE',
    phase: 'headers',
    processed: 'maybe',
  })
  for (const word of ['1024 bytes', '50 fields', 'http2.maxHeaderListSize', 'http2.maxHeaderFields'])
    expect(error.message).toContain(word)
  expect(headerListTooLarge(facts(), { streamId: 1, sawHead: true }, 1, 1).message).toContain('trailers')
})

test('a lost connection says which GOAWAY came before, and where its stream was', () => {
  const lost = connectionLost(
    facts({ lastStreamId: 9, http2Code: 11, debug: 'too_many_pings' }),
    node('ECONNRESET'),
    reading,
  )
  expect(lost).toMatchObject({ http2Code: 11, streamId: 5, phase: 'body', processed: 'yes' })
  expect(lost.message).toBe(
    'The connection to https://example.test was lost in the middle of the response body after GOAWAY ENHANCE_YOUR_CALM, "too_many_pings".',
  )
})

test('a request that a GOAWAY left behind may be sent again', () => {
  const goAway = { lastStreamId: 1, http2Code: 0, debug: '' }
  expect(goneAway(facts(goAway), goAway, waiting)).toMatchObject({
    code: 'ERR_TRUNKLINE_GOAWAY',
    processed: 'no',
    http2Code: 0,
    message: expect.stringContaining('(GOAWAY NO_ERROR) and did not process this request'),
  })
})

describe('a reset', () => {
  const reset = (http2Code: number, stream = waiting) =>
    resetByPeer(facts(), stream, http2Code, { INTERNAL_ERROR: 'It is ill.' })

  test('before the head may be a refusal, or a wish for HTTP/1.1', () => {
    expect(reset(7)).toMatchObject({ code: 'ERR_TRUNKLINE_STREAM_REFUSED', processed: 'no', http2Code: 7 })
    expect(reset(13)).toMatchObject({ code: 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED', processed: 'no' })
    for (const code of [7, 13])
      expect(reset(code, reading)).toMatchObject({ code: 'ERR_TRUNKLINE_STREAM_RESET', processed: 'yes' })
  })

  test('says where the stream was, its code, and what the engine makes of that', () => {
    expect(reset(2).message).toBe(
      'The stream to https://example.test was reset before a response came (INTERNAL_ERROR). It is ill.',
    )
    expect(reset(8, reading).message).toContain(
      'in the middle of the response body (CANCEL). The server gave',
    )
    expect(reset(3).message).toMatch(/\(FLOW_CONTROL_ERROR\)\.$/)
  })
})
