import { describe, expect, test } from 'vitest'
import { ConnectionError, StreamError } from '../../../src/core/errors.ts'
import { bytesBody, oneShotBody } from '../../../src/core/request-body.ts'
import { mayReplay, replayDelay } from '../../../src/pool/replay-rules.ts'

const refused = new StreamError('ERR_TRUNKLINE_STREAM_REFUSED', 'refused')

describe('what may be replayed', () => {
  test('a request that was not processed, three times at most', () => {
    expect([1, 2, 3, 4].map((attempts) => mayReplay(refused, attempts, null))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  test('not what may have been processed', () => {
    expect(mayReplay(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost'), 1, null)).toBe(false)
  })

  test('a body that can be sent from its start', () => {
    expect(mayReplay(refused, 1, bytesBody(new Uint8Array(1)))).toBe(true)
    const once = oneShotBody(['x'])
    if (once.kind === 'stream') once.open()
    expect(mayReplay(refused, 1, once)).toBe(false)
  })
})

test('the first replay goes out at once, later ones after a random part of their wait', () => {
  expect(replayDelay(1, 0.5)).toBe(0)
  expect([replayDelay(2, 0), replayDelay(2, 1), replayDelay(3, 0), replayDelay(3, 1)]).toEqual([
    50, 100, 200, 400,
  ])
})
