/** What the catalogue lists as the right end of a fault, as the engine under test says it. */
import { expect } from 'vitest'
import { ClientError, type ErrorCode, type Phase, type Processed } from '../../../src/index.ts'
import { type ErrorCodeName, ErrorCode as Http2Code } from '../../support/frame-types.ts'
import { engine } from './engine-under-test.ts'
import type { Outcome } from './scene.ts'

export interface Failure {
  readonly name: string
  readonly code: ErrorCode
  readonly processed: Processed
  readonly phase?: Phase
  readonly http2Code?: number
}

type Where = 'headers' | 'body'

/** CE(x) of the catalogue: the server broke the protocol; GOAWAY(x) was sent and the connection closed. */
export function violation(code: ErrorCodeName, where: Where = 'headers'): Failure {
  return {
    name: 'ProtocolError',
    code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION',
    http2Code: Http2Code[code],
    ...at(where),
  }
}

/**
 * The same where nghttp2 ends the session by itself: Node then gives one and the same error (errno -505) whatever
 * the code, which stands in the GOAWAY alone.
 */
export function violationWithHiddenCode(code: ErrorCodeName, where: Where = 'headers'): Failure {
  return {
    ...violation(code, where),
    http2Code: expect.toBeOneOf([Http2Code[code], Http2Code.PROTOCOL_ERROR]),
  }
}

/**
 * SE(x): one stream ended with RST_STREAM(x), its connection lives on. node:http2 does not tell whether it sent the
 * RST_STREAM or received it, so both are one error of that engine.
 */
export function streamReset(code: ErrorCodeName, where: Where = 'headers'): Failure {
  return { name: 'StreamError', code: 'ERR_TRUNKLINE_STREAM_RESET', http2Code: Http2Code[code], ...at(where) }
}

/** SE(x) that the client raised. Of node:http2 it is not known who did; the wire engine says what was wrong. */
export function streamViolation(code: ErrorCodeName, where: Where = 'headers'): Failure {
  return engine === 'node' ? streamReset(code, where) : violation(code, where)
}

/** A header section above the limits. */
export const headersTooLarge: Failure = {
  name: 'ProtocolError',
  code: 'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE',
  ...at('headers'),
}

/** TRUNCATED: whole bytes were announced, and other than these came. */
export const lengthMismatch: Failure = {
  name: 'ProtocolError',
  code: 'ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH',
  ...at('body'),
}

export function malformed(where: Where = 'headers', processed: Processed = 'yes'): Failure {
  return { name: 'ProtocolError', code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE', phase: where, processed }
}

/**
 * On Node 22 and 24 a session may not notice that its TCP connection died; keepalive then finds out, within half a
 * second (nodejs/node#61304; node-http2-traps.test.ts).
 */
export function connectionLost(where: Where = 'headers'): Failure {
  return { name: 'ConnectionError', code: lostCode(), ...at(where) }
}

function lostCode(): ErrorCode {
  const lost = 'ERR_TRUNKLINE_CONNECTION_LOST'
  const mayBeZombie = Number.parseInt(process.versions.node, 10) < 26
  return mayBeZombie ? expect.toBeOneOf([lost, 'ERR_TRUNKLINE_PING_TIMEOUT']) : lost
}

export function timedOut(code: ErrorCode, phase: Phase, processed: Processed = 'no'): Failure {
  return { name: 'TimeoutError', code, phase, processed }
}

export function connectFailed(code: ErrorCode, phase: Phase): Failure {
  return { name: 'ConnectError', code, phase, processed: 'no' }
}

function at(where: Where): { phase: Phase; processed: Processed } {
  return { phase: where, processed: where === 'body' ? 'yes' : 'maybe' }
}

/** The outcome in the fields of a `Failure`, or whatever else it was. */
export function failureOf(outcome: Outcome): object {
  if (outcome.kind === 'response') return { status: outcome.status, body: outcome.body.slice(0, 100) }
  const { error } = outcome
  if (!(error instanceof ClientError)) return { notOfTheClient: String(error) }
  const { name, code, processed, phase, http2Code, message } = error
  return { name, code, processed, phase, http2Code, message }
}

export function expectFailure(outcome: Outcome, expected: Failure): void {
  expect(failureOf(outcome)).toMatchObject(expected)
  if (outcome.kind === 'response') return
  const error = outcome.error as ClientError
  expect(error.message.length).toBeGreaterThan(20)
  // What it says is for people: no code of Node's stands for an explanation.
  expect(error.origin).toMatch(/^https?:/)
}

/** The answer of a connection in order. */
export function expectGood(outcome: Outcome): void {
  expect(outcome.kind === 'response' ? outcome : failureOf(outcome)).toMatchObject({
    status: 200,
    body: 'good',
  })
}

/** The index of the connection that gave a good answer. */
export function connectionOf(outcome: Outcome): number {
  expectGood(outcome)
  return outcome.kind === 'response' ? Number(outcome.headers['x-connection']) : Number.NaN
}
