import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientRequest } from '../../../src/core/dispatch.ts'
import { ConnectionError, type ErrorCode, ProtocolError, StreamError } from '../../../src/core/errors.ts'
import { Lifetime } from '../../../src/core/lifetime.ts'
import { oneShotBody } from '../../../src/core/request-body.ts'
import { RETRY_DEFAULTS, type RetryEvent, type RetryPolicy } from '../../../src/core/retry-policy.ts'
import { createRetry } from '../../../src/interceptors/retry.ts'
import { RetryBudget } from '../../../src/interceptors/retry-budget.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  clientRequest,
  clientResponse,
  openResponse,
  type Step,
  scripted,
  textBody,
} from '../fakes/exchange.ts'

const lost = () => new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost')
const ok = () => clientResponse(200)

function policy(part: Partial<RetryPolicy> = {}): RetryPolicy {
  return { ...RETRY_DEFAULTS, ...part }
}

function setUp(steps: Step[], random = () => 0.5) {
  const clock = new FakeClock()
  const lifetime = new Lifetime()
  const script = scripted(...steps)
  const dispatch = createRetry(clock, lifetime, new RetryBudget(), random)(script.dispatch)
  return {
    clock,
    lifetime,
    requests: script.requests,
    send: (part: Partial<ClientRequest> = {}, retry: Partial<RetryPolicy> = {}) =>
      dispatch(clientRequest({ ...part, retry: policy(retry) })),
  }
}

/** Rejections are looked at later; until then they are not unhandled. */
function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

describe('what is repeated', () => {
  test('a lost connection, once, at once', async () => {
    const { clock, requests, send } = setUp([lost(), ok()])
    expect((await send()).status).toBe(200)
    expect(requests.length).toBe(2)
    expect(clock.pending).toBe(0)
  })

  test('the second failure is the answer when the limit is one', async () => {
    const second = lost()
    const { requests, send } = setUp([lost(), second])
    await expect(send()).rejects.toBe(second)
    expect(requests.length).toBe(2)
  })

  test('a limit of 0 is no retry', async () => {
    const { requests, send } = setUp([lost()])
    await expect(send({}, { limit: 0 })).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST' })
    expect(requests.length).toBe(1)
  })

  test.each([
    ['GET', true],
    ['HEAD', true],
    ['OPTIONS', true],
    ['PUT', true],
    ['DELETE', true],
    ['POST', false],
    ['PATCH', false],
    ['get', false],
    ['PROPFIND', false],
  ])('%s: %s', async (method, repeated) => {
    const { requests, send } = setUp([lost(), ok()])
    await send({ method }).catch(() => {})
    expect(requests.length).toBe(repeated ? 2 : 1)
  })

  test('whatever was provably not processed, if the policy names its code', async () => {
    const { requests, send } = setUp([new ConnectionError('ERR_TRUNKLINE_GOAWAY', ''), ok()])
    await send({ method: 'POST', body: textBody('x') }, { errors: ['ERR_TRUNKLINE_GOAWAY'] })
    expect(requests.length).toBe(2)
  })

  test('POST with an Idempotency-Key is', async () => {
    const { requests, send } = setUp([lost(), ok()])
    await send({ method: 'POST', headers: ['idempotency-key', 'k'] })
    expect(requests.length).toBe(2)
  })

  test.each<[ErrorCode, boolean]>([
    ['ERR_TRUNKLINE_PING_TIMEOUT', true],
    ['ERR_TRUNKLINE_CONNECTION_LOST', true],
    ['ERR_TRUNKLINE_GOAWAY', false],
  ])('by default %s: %s', async (code, repeated) => {
    const { requests, send } = setUp([new ConnectionError(code as 'ERR_TRUNKLINE_GOAWAY', ''), ok()])
    await send().catch(() => {})
    expect(requests.length).toBe(repeated ? 2 : 1)
  })

  test('codes that the policy adds', async () => {
    const { requests, send } = setUp([new StreamError('ERR_TRUNKLINE_STREAM_RESET', ''), ok()])
    await send({}, { errors: ['ERR_TRUNKLINE_STREAM_RESET'] })
    expect(requests.length).toBe(2)
  })

  test('never what the server answered', async () => {
    const { requests, send } = setUp([
      new ProtocolError('ERR_TRUNKLINE_MALFORMED_RESPONSE', '', { processed: 'yes' }),
    ])
    await expect(send({}, { errors: ['ERR_TRUNKLINE_MALFORMED_RESPONSE'] })).rejects.toThrow()
    expect(requests.length).toBe(1)
  })

  test('never an abort, nor an error that is not ours', async () => {
    for (const error of [new DOMException('aborted', 'AbortError'), new TypeError('bug')]) {
      const { requests, send } = setUp([error])
      await expect(send()).rejects.toBe(error)
      expect(requests.length).toBe(1)
    }
  })

  test('a body of bytes goes again; one that was read does not', async () => {
    const bytes = setUp([lost(), ok()])
    await bytes.send({ method: 'PUT', body: textBody('x') })
    expect(bytes.requests[1]?.body).toBe(bytes.requests[0]?.body)
    const body = oneShotBody(['x'])
    const read = setUp([
      () => {
        body.open()
        throw lost()
      },
    ])
    await expect(read.send({ method: 'PUT', body })).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_LOST',
    })
    expect(read.requests.length).toBe(1)
  })

  test('a stream that was not touched yet goes again', async () => {
    const { requests, send } = setUp([lost(), ok()])
    await send({ method: 'PUT', body: oneShotBody(['x']) })
    expect(requests.length).toBe(2)
  })
})

describe('statuses', () => {
  const overloaded = (headers: string[] = []) => clientResponse(503, headers)

  test('are not repeated by default', async () => {
    const { requests, send } = setUp([overloaded()])
    expect((await send()).status).toBe(503)
    expect(requests.length).toBe(1)
  })

  test('of a method that may not be repeated are not, whatever the policy names', async () => {
    const { requests, send } = setUp([overloaded()])
    expect((await send({ method: 'POST' }, { statuses: [503] })).status).toBe(503)
    expect(requests.length).toBe(1)
  })

  test('are when the policy names them, after a pause', async () => {
    const { clock, requests, send } = setUp([overloaded(), ok()])
    const response = send({}, { statuses: [503], baseDelay: 100 })
    await clock.advance(49)
    expect(requests.length).toBe(1)
    await clock.advance(1)
    expect((await response).status).toBe(200)
  })

  test('the last one is handed to the caller, its body unread', async () => {
    const last = openResponse(503)
    const { clock, send } = setUp([overloaded(), last.response])
    const response = send({}, { statuses: [503] })
    await clock.advance(1000)
    expect(await response).toBe(last.response)
    expect(last.log.cancelled).toBe(0)
    expect(last.response.body.used).toBe(false)
  })

  test('the body of one that is repeated is let go', async () => {
    const first = openResponse(503)
    const { clock, send } = setUp([first.response, ok()])
    const response = send({}, { statuses: [503] })
    await clock.advance(1000)
    await response
    expect(first.log.cancelled).toBe(1)
  })
})

describe('Retry-After', () => {
  const NOW = Date.UTC(2026, 0, 1)
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW }))
  afterEach(() => void vi.useRealTimers())

  test.each([
    ['seconds', '3'],
    ['a date', new Date(NOW + 3000).toUTCString()],
  ])('in %s is waited for, no more and no less', async (_, value) => {
    const { clock, requests, send } = setUp([clientResponse(503, ['retry-after', value]), ok()])
    const response = send({}, { statuses: [503] })
    await clock.advance(2999)
    expect(requests.length).toBe(1)
    await clock.advance(1)
    expect((await response).status).toBe(200)
  })

  test('longer than allowed: the response is handed to the caller', async () => {
    const first = openResponse(503, ['retry-after', '61'])
    const { requests, send } = setUp([first.response])
    expect(await send({}, { statuses: [503] })).toBe(first.response)
    expect(requests.length).toBe(1)
    expect(first.log.cancelled).toBe(0)
  })

  test('that is nonsense counts as none', async () => {
    const { clock, requests, send } = setUp([clientResponse(503, ['retry-after', 'soon']), ok()])
    const response = send({}, { statuses: [503], baseDelay: 100 })
    await clock.advance(50)
    await response
    expect(requests.length).toBe(2)
  })

  test('of 0 is at once', async () => {
    const { send } = setUp([clientResponse(503, ['retry-after', '0']), ok()])
    expect((await send({}, { statuses: [503] })).status).toBe(200)
  })
})

describe('pauses', () => {
  const failing = (count: number) => Array.from({ length: count }, lost)

  async function delays(retry: Partial<RetryPolicy>, random: () => number): Promise<number[]> {
    const seen: number[] = []
    const { clock, send } = setUp([...failing(retry.limit as number), ok()], random)
    const response = send({}, { ...retry, onRetry: ({ delay }) => seen.push(delay) })
    for (let turn = 0; turn <= (retry.limit as number); turn += 1) await clock.advance(100_000)
    await response
    return seen
  }

  test('the first is none, the others a random part of a doubling time', async () => {
    expect(await delays({ limit: 4, baseDelay: 100 }, () => 0.5)).toEqual([0, 100, 200, 400])
    expect(await delays({ limit: 4, baseDelay: 100 }, () => 0)).toEqual([0, 0, 0, 0])
  })

  test('and at most maxDelay', async () => {
    expect(await delays({ limit: 5, baseDelay: 100, maxDelay: 300 }, () => 1)).toEqual([
      0, 200, 300, 300, 300,
    ])
  })

  test('keep the process alive, since a request is pending', async () => {
    const { clock, send } = setUp([clientResponse(503), ok()])
    const response = send({}, { statuses: [503] })
    await clock.flush()
    expect(clock.pendingRefs).toBe(1)
    await clock.advance(1000)
    await response
  })

  test('end at an abort, with its reason, and nothing is sent any more', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const { clock, requests, send } = setUp([clientResponse(503), ok()])
    const response = held(send({ signal: abort.signal }, { statuses: [503] }))
    await clock.flush()
    abort.abort(reason)
    await expect(response).rejects.toBe(reason)
    await clock.advance(60_000)
    expect(requests.length).toBe(1)
    expect(clock.pending).toBe(0)
  })

  test('end with the client, with the reason of its end', async () => {
    const reason = new Error('destroyed')
    const { clock, lifetime, requests, send } = setUp([clientResponse(503), ok()])
    const response = held(send({}, { statuses: [503] }))
    await clock.flush()
    lifetime.end(reason)
    await expect(response).rejects.toBe(reason)
    await clock.advance(60_000)
    expect(requests.length).toBe(1)
  })

  test('do not begin after an abort', async () => {
    const abort = new AbortController()
    const { clock, requests, send } = setUp([
      () => {
        abort.abort(new Error('enough'))
        return clientResponse(503)
      },
    ])
    await expect(send({ signal: abort.signal }, { statuses: [503] })).rejects.toThrow('enough')
    expect(requests.length).toBe(1)
    expect(clock.pending).toBe(0)
  })

  test('leave no listener on the signal', async () => {
    const { signal } = new AbortController()
    const remove = vi.spyOn(signal, 'removeEventListener')
    const add = vi.spyOn(signal, 'addEventListener')
    const { clock, send } = setUp([clientResponse(503), ok()])
    const response = send({ signal }, { statuses: [503] })
    await clock.advance(1000)
    await response
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length)
  })
})

describe('onRetry', () => {
  test('hears of each retry before its pause, with its reason', async () => {
    const events: RetryEvent[] = []
    const first = lost()
    const { clock, send } = setUp([first, clientResponse(503), ok()])
    const response = send(
      { method: 'PUT' },
      { limit: 2, statuses: [503], baseDelay: 100, onRetry: (event) => events.push(event) },
    )
    await clock.flush()
    expect(events).toEqual([
      { method: 'PUT', url: 'https://example.test/', retry: 1, delay: 0, reason: { error: first } },
      { method: 'PUT', url: 'https://example.test/', retry: 2, delay: 100, reason: { status: 503 } },
    ])
    await clock.advance(100)
    await response
  })

  test('is not called for a failure that is not repeated', async () => {
    const onRetry = vi.fn()
    const { send } = setUp([lost()])
    await send({ method: 'POST' }, { onRetry }).catch(() => {})
    expect(onRetry).not.toHaveBeenCalled()
  })
})

describe('budget', () => {
  test('a failing origin gets ten retries, then failures are reported at once', async () => {
    const { requests, send } = setUp(Array.from({ length: 100 }, lost))
    for (let count = 0; count < 20; count += 1) await send().catch(() => {})
    expect(requests.length).toBe(20 + 11)
  })

  test('of one origin is not spent by another', async () => {
    const { requests, send } = setUp(Array.from({ length: 100 }, lost))
    for (let count = 0; count < 20; count += 1) await send().catch(() => {})
    const before = requests.length
    await send({ target: clientRequest({}, 'https://other.test/').target }).catch(() => {})
    expect(requests.length).toBe(before + 2)
  })

  test('is not spent by requests that are not repeated', async () => {
    const { requests, send } = setUp([...Array.from({ length: 50 }, lost), lost(), ok()])
    for (let count = 0; count < 50; count += 1) await send({ method: 'POST' }).catch(() => {})
    await send()
    expect(requests.length).toBe(52)
  })
})
