import { describe, expect, test } from 'vitest'
import { bodyTimeout, headersTimeout, queueTimeout, sweepPeriod } from '../../../src/pool/phase-timeouts.ts'

const NEVER = Number.POSITIVE_INFINITY
const ORIGIN = 'https://example.test'

describe('sweepPeriod', () => {
  test.each([
    [{ queue: NEVER, headers: NEVER, body: NEVER }, 250],
    [{ queue: NEVER, headers: 300_000, body: 300_000 }, 250],
    [{ queue: NEVER, headers: 800, body: 300_000 }, 100],
    [{ queue: 80, headers: 800, body: 300_000 }, 10],
    [{ queue: 1, headers: 1, body: 1 }, 5],
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
