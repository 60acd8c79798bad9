import { describe, expect, test } from 'vitest'
import { DialProgress } from '../../../src/connect/dial-progress.ts'
import { parseTarget } from '../../../src/core/origin.ts'
import {
  bodyTimeout,
  dialOverdue,
  headersTimeout,
  queueTimeout,
  sweepPeriod,
} from '../../../src/pool/phase-timeouts.ts'

const NEVER = Number.POSITIVE_INFINITY
const ORIGIN = 'https://example.test'

describe('sweepPeriod', () => {
  test.each([
    [{ queue: NEVER, headers: NEVER, body: NEVER }, 250],
    [{ queue: NEVER, headers: 300_000, body: 300_000 }, 250],
    [{ queue: NEVER, headers: 800, body: 300_000 }, 100],
    [{ queue: 80, headers: 800, body: 300_000 }, 10],
    [{ queue: 1, headers: 1, body: 1 }, 5],
    [{ tls: 80 }, 10],
    [{ connect: 160, dns: 1000 }, 20],
    [{}, 250],
  ])('for %j is %d ms', (timeouts, period) => {
    expect(sweepPeriod(timeouts)).toBe(period)
  })
})

describe('errors', () => {
  test.each([
    [queueTimeout(ORIGIN, 70), 'ERR_TRUNKLINE_QUEUE_TIMEOUT', 'queue', 'no'],
    [headersTimeout(ORIGIN, 70), 'ERR_TRUNKLINE_HEADERS_TIMEOUT', 'headers', 'maybe'],
    [bodyTimeout(ORIGIN, 70), 'ERR_TRUNKLINE_BODY_TIMEOUT', 'body', 'yes'],
  ] as const)('say what took too long and which option governs it', (error, code, phase, processed) => {
    expect(error).toMatchObject({ code, phase, processed, origin: ORIGIN })
    expect(error.message).toContain('70 ms')
    expect(error.message).toContain(`timeouts.${phase}`)
  })
})

test('errors tell of the phases before', () => {
  const error = headersTimeout(ORIGIN, 70, { queue: 3, tls: 31 })
  expect(error.timings).toEqual({ queue: 3, tls: 31 })
  expect(error.message).toContain('within 70 ms (before: queue 3 ms, tls 31 ms). Raise')
})

describe('a dial that a request waits for', () => {
  const { origin } = parseTarget(`${ORIGIN}/`)
  const at = (lookedUp: number | null, connected: number | null) => {
    const progress = new DialProgress()
    progress.begin(100, false)
    if (lookedUp !== null) progress.lookedUp(lookedUp)
    if (connected !== null) progress.connected(connected)
    return progress
  }

  test.each([
    ['dns', { dns: 50 }, at(null, null), 149, 150, 'DNS'],
    ['connect, in the look-up', { connect: 50 }, at(null, null), 149, 150, 'DNS'],
    ['connect, in TCP', { connect: 50, dns: 9 }, at(105, null), 149, 150, 'CONNECT'],
    ['connect, in the handshake', { connect: 50 }, at(105, 120), 149, 150, 'TLS'],
    ['tls alone', { connect: 50, tls: 40 }, at(105, 120), 159, 160, 'TLS'],
  ] as const)('%s', (_, limits, progress, patient, late, code) => {
    expect(dialOverdue(limits, origin, progress, 0, patient)).toBeNull()
    expect(dialOverdue(limits, origin, progress, 0, late)).toMatchObject({
      code: `ERR_TRUNKLINE_${code}_TIMEOUT`,
      processed: 'no',
    })
  })

  test('counts from when the request began to wait for it', () => {
    expect(dialOverdue({ tls: 40, dns: 5 }, origin, at(105, 120), 150, 189)).toBeNull()
    expect(dialOverdue({ tls: 40 }, origin, at(105, 120), 150, 190)).toMatchObject({
      phase: 'tls',
      timings: { dns: 5, connect: 15 },
    })
  })

  test('may take as long as it likes without a limit', () => {
    expect(dialOverdue({ queue: 1 }, origin, at(null, null), 0, 1e9)).toBeNull()
  })
})
