import { describe, expect, test } from 'vitest'
import {
  type ConnectionFacts,
  requestRefused,
  streamOutcome,
} from '../../../../src/wire/node-http2/outcome.ts'

const node = (code: string, part: object = {}) => Object.assign(new Error(`node: ${code}`), { code, ...part })

function facts(part: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return { origin: 'https://example.test', connectionId: 7, goAway: null, lost: null, ...part }
}

const goAway = (lastStreamId: number, http2Code = 0, debug = '') => ({ lastStreamId, http2Code, debug })

interface Row {
  readonly when: string
  readonly facts?: Partial<ConnectionFacts>
  readonly sawHead?: boolean
  readonly streamId?: number | undefined
  readonly rstCode: number
  readonly ended?: boolean
  readonly error?: Error | null
  /** Code without its prefix, processed, phase, HTTP/2 code; null: a complete response. */
  readonly becomes: readonly [string, 'no' | 'maybe' | 'yes', string, number?] | null
}

const NO_ERROR = 0
const REFUSED = 7
const CANCEL = 8

const ROWS: readonly Row[] = [
  { when: 'a whole response', sawHead: true, rstCode: NO_ERROR, becomes: null },
  {
    when: 'a whole response on a connection that is going away',
    facts: { goAway: goAway(5) },
    sawHead: true,
    rstCode: NO_ERROR,
    becomes: null,
  },
  {
    when: 'a whole response on a socket that is gone',
    facts: { socketClosed: true },
    sawHead: true,
    rstCode: NO_ERROR,
    becomes: null,
  },
  { when: 'an end without a head', rstCode: NO_ERROR, becomes: ['MALFORMED_RESPONSE', 'maybe', 'headers'] },
  {
    when: 'a close with 0 whose body was not read to its end',
    sawHead: true,
    ended: false,
    rstCode: NO_ERROR,
    becomes: ['CONNECTION_LOST', 'yes', 'body'],
  },

  { when: 'REFUSED_STREAM', rstCode: REFUSED, becomes: ['STREAM_REFUSED', 'no', 'headers', 7] },
  {
    when: 'REFUSED_STREAM after the head',
    sawHead: true,
    rstCode: REFUSED,
    becomes: ['STREAM_RESET', 'yes', 'body', 7],
  },
  { when: 'HTTP_1_1_REQUIRED', rstCode: 13, becomes: ['HTTP_1_1_REQUIRED', 'no', 'headers', 13] },
  {
    when: 'HTTP_1_1_REQUIRED after the head',
    sawHead: true,
    rstCode: 13,
    becomes: ['STREAM_RESET', 'yes', 'body', 13],
  },
  { when: 'CANCEL by the peer', rstCode: CANCEL, becomes: ['STREAM_RESET', 'maybe', 'headers', 8] },
  {
    when: 'CANCEL by the peer in the body',
    sawHead: true,
    rstCode: CANCEL,
    becomes: ['STREAM_RESET', 'yes', 'body', 8],
  },
  {
    when: 'INTERNAL_ERROR',
    rstCode: 2,
    error: node('ERR_HTTP2_STREAM_ERROR'),
    becomes: ['STREAM_RESET', 'maybe', 'headers', 2],
  },
  { when: 'ENHANCE_YOUR_CALM', rstCode: 11, becomes: ['STREAM_RESET', 'maybe', 'headers', 11] },

  {
    when: 'GOAWAY below it',
    facts: { goAway: goAway(3) },
    streamId: 5,
    rstCode: REFUSED,
    becomes: ['GOAWAY', 'no', 'headers', 0],
  },
  {
    when: 'GOAWAY below it, the socket gone',
    facts: { goAway: goAway(3), socketClosed: true },
    streamId: 5,
    rstCode: CANCEL,
    becomes: ['GOAWAY', 'no', 'headers', 0],
  },
  {
    when: 'GOAWAY with an error, below it',
    facts: { goAway: goAway(3, 11), lost: node('ERR_HTTP2_SESSION_ERROR') },
    streamId: 5,
    rstCode: 11,
    error: node('ERR_HTTP2_SESSION_ERROR'),
    becomes: ['GOAWAY', 'no', 'headers', 11],
  },
  {
    when: 'GOAWAY before it had an id',
    facts: { goAway: goAway(3) },
    streamId: undefined,
    rstCode: CANCEL,
    error: node('ERR_HTTP2_GOAWAY_SESSION'),
    becomes: ['GOAWAY', 'no', 'headers', 0],
  },
  {
    when: 'GOAWAY at its very id, then the end',
    facts: { goAway: goAway(5), socketClosed: true },
    streamId: 5,
    rstCode: CANCEL,
    becomes: ['CONNECTION_LOST', 'maybe', 'headers', 0],
  },
  {
    when: 'GOAWAY with an error, above it',
    facts: { goAway: goAway(9, 2), lost: node('ERR_HTTP2_SESSION_ERROR') },
    streamId: 5,
    rstCode: 2,
    error: node('ERR_HTTP2_SESSION_ERROR'),
    becomes: ['CONNECTION_LOST', 'maybe', 'headers', 2],
  },
  {
    when: 'GOAWAY below one that has its head',
    facts: { goAway: goAway(3), socketClosed: true },
    sawHead: true,
    streamId: 5,
    rstCode: CANCEL,
    becomes: ['CONNECTION_LOST', 'yes', 'body', 0],
  },

  {
    when: 'the socket closed',
    facts: { socketClosed: true },
    rstCode: CANCEL,
    becomes: ['CONNECTION_LOST', 'maybe', 'headers'],
  },
  {
    when: 'the socket closed in the body',
    facts: { socketClosed: true },
    sawHead: true,
    rstCode: CANCEL,
    becomes: ['CONNECTION_LOST', 'yes', 'body'],
  },
  {
    when: 'the socket reset',
    facts: { lost: node('ECONNRESET') },
    rstCode: CANCEL,
    error: node('ECONNRESET'),
    becomes: ['CONNECTION_LOST', 'maybe', 'headers'],
  },
  {
    when: 'a session error',
    rstCode: 2,
    error: node('ERR_HTTP2_SESSION_ERROR'),
    becomes: ['CONNECTION_LOST', 'maybe', 'headers'],
  },

  {
    when: 'a stream never sent: closing session',
    streamId: undefined,
    rstCode: CANCEL,
    error: node('ERR_HTTP2_GOAWAY_SESSION'),
    becomes: ['CONNECTION_UNUSABLE', 'no', 'headers'],
  },
  {
    when: 'a stream never sent: closed session',
    streamId: undefined,
    rstCode: CANCEL,
    error: node('ERR_HTTP2_INVALID_SESSION'),
    becomes: ['CONNECTION_UNUSABLE', 'no', 'headers'],
  },
  {
    when: 'a stream never sent: ids used up',
    streamId: undefined,
    rstCode: REFUSED,
    error: node('ERR_HTTP2_OUT_OF_STREAMS'),
    becomes: ['CONNECTION_UNUSABLE', 'no', 'headers'],
  },

  {
    when: 'a broken protocol',
    rstCode: 1,
    error: node('ERR_HTTP2_ERROR', { errno: -505 }),
    becomes: ['PROTOCOL_VIOLATION', 'maybe', 'headers', 1],
  },
  {
    when: 'a broken header block',
    rstCode: 1,
    error: node('ERR_HTTP2_ERROR', { errno: -523 }),
    becomes: ['PROTOCOL_VIOLATION', 'maybe', 'headers', 9],
  },
  {
    when: 'broken flow control',
    rstCode: 1,
    error: node('ERR_HTTP2_ERROR', { errno: -524 }),
    becomes: ['PROTOCOL_VIOLATION', 'maybe', 'headers', 3],
  },
  {
    when: 'a frame of a wrong size',
    rstCode: 1,
    error: node('ERR_HTTP2_ERROR', { errno: -522 }),
    becomes: ['PROTOCOL_VIOLATION', 'maybe', 'headers', 6],
  },
  {
    when: 'a flood',
    rstCode: 1,
    error: node('ERR_HTTP2_ERROR', { errno: -904 }),
    becomes: ['PROTOCOL_VIOLATION', 'maybe', 'headers', 11],
  },
  {
    when: 'too many invalid frames',
    rstCode: 1,
    error: node('ERR_HTTP2_TOO_MANY_INVALID_FRAMES'),
    becomes: ['PROTOCOL_VIOLATION', 'maybe', 'headers', 11],
  },
  {
    when: 'a broken protocol that ended the session',
    facts: { lost: node('ERR_HTTP2_ERROR', { errno: -523 }), socketClosed: true },
    sawHead: true,
    rstCode: CANCEL,
    becomes: ['PROTOCOL_VIOLATION', 'yes', 'body', 9],
  },
]

describe('streamOutcome', () => {
  test.each(ROWS)(
    '$when',
    ({ facts: part, sawHead = false, rstCode, ended = true, error = null, becomes, ...row }) => {
      const streamId = 'streamId' in row ? row.streamId : 5
      const outcome = streamOutcome(facts(part), { streamId, sawHead }, rstCode, ended, error)
      if (becomes === null) return expect(outcome).toBeNull()
      const [code, processed, phase, http2Code] = becomes
      expect(outcome).toMatchObject({
        code: `ERR_TRUNKLINE_${code}`,
        processed,
        origin: 'https://example.test',
        connectionId: 7,
      })
      expect(outcome?.http2Code).toBe(http2Code)
      if (code !== 'CONNECTION_UNUSABLE') expect(outcome).toMatchObject({ phase, streamId })
      expect(outcome?.message).toContain('https://example.test')
    },
  )

  test('what Node said is the cause', () => {
    const error = node('ERR_HTTP2_STREAM_ERROR')
    expect(streamOutcome(facts(), { streamId: 1, sawHead: false }, 2, true, error)?.cause).toBe(error)
    const lost = node('ECONNRESET')
    expect(streamOutcome(facts({ lost }), { streamId: 1, sawHead: false }, CANCEL, true, null)?.cause).toBe(
      lost,
    )
  })

  test('a GOAWAY is told with its code and its debug text, cut', () => {
    const outcome = streamOutcome(
      facts({ goAway: goAway(0, 11, `too_many_pings${'x'.repeat(2000)}`) }),
      { streamId: 1, sawHead: false },
      REFUSED,
      true,
      null,
    )
    expect(outcome?.message).toContain('ENHANCE_YOUR_CALM, "too_many_pings')
    expect(outcome?.message.length).toBeLessThan(400)
  })
})

test.each([
  ['ERR_INVALID_CHAR', 'INVALID_HEADER'],
  ['ERR_INVALID_ARG_VALUE', 'INVALID_HEADER'],
  ['ERR_HTTP2_INVALID_CONNECTION_HEADERS', 'INVALID_HEADER'],
  ['ERR_HTTP2_HEADER_SINGLE_VALUE', 'INVALID_HEADER'],
  ['ERR_HTTP2_INVALID_HEADER_VALUE', 'INVALID_HEADER'],
  ['ERR_HTTP2_INVALID_PSEUDOHEADER', 'INVALID_HEADER'],
  ['ERR_HTTP2_INVALID_SESSION', 'CONNECTION_UNUSABLE'],
  ['ERR_HTTP2_GOAWAY_SESSION', 'CONNECTION_UNUSABLE'],
  ['ERR_HTTP2_OUT_OF_STREAMS', 'CONNECTION_UNUSABLE'],
])('request() that throws %s is %s, and nothing was sent', (nodeCode, code) => {
  const cause = node(nodeCode)
  expect(requestRefused(facts(), cause)).toMatchObject({
    code: `ERR_TRUNKLINE_${code}`,
    processed: 'no',
    cause,
  })
})
