import { expect, test } from 'vitest'
import { connectionRefused, queueFull } from '../../../src/pool/pool-errors.ts'
import { ORIGIN } from '../fakes/pools.ts'

test('a full queue says how full it is and what to change', () => {
  const error = queueFull(ORIGIN, 70)
  expect(error).toMatchObject({
    code: 'ERR_TRUNKLINE_QUEUE_FULL',
    phase: 'queue',
    processed: 'no',
    origin: ORIGIN.key,
  })
  for (const word of ['70 requests', ORIGIN.key, 'limits.queued', 'http2.maxSessions', 'http1.maxSockets'])
    expect(error.message).toContain(word)
})

test('a connection that ended before its first request is one that did not come about', () => {
  const cause = new Error('reset')
  const error = connectionRefused(ORIGIN, cause)
  expect(error).toMatchObject({
    code: 'ERR_TRUNKLINE_CONNECT_FAILED',
    phase: 'settings',
    processed: 'no',
    cause,
  })
  expect(error.message).toContain(ORIGIN.key)
})
