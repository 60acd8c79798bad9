import { describe, expect, test } from 'vitest'
import { BREAKER_DEFAULTS, type BreakerPolicy } from '../../../src/control/circuit.ts'
import {
  BodyError,
  ClosedError,
  ConnectError,
  ConnectionError,
  InvalidRequestError,
  LimitError,
  ProtocolError,
  StreamError,
  TimeoutError,
} from '../../../src/core/errors.ts'
import { classifyCall, createBreaker } from '../../../src/interceptors/breaker.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  clientRequest,
  clientResponse,
  openResponse,
  type Step,
  scripted,
  TIMINGS,
} from '../fakes/exchange.ts'

function setUp(policy: Partial<BreakerPolicy>, ...steps: Step[]) {
  const clock = new FakeClock(1000)
  const script = scripted(...steps)
  const breaker = createBreaker({ ...BREAKER_DEFAULTS, ...policy }, clock)
  const guarded = breaker.guard(script.dispatch)
  const send = (url = 'https://a.test/') => guarded(clientRequest({}, url))
  return { clock, breaker, requests: script.requests, send }
}

const down = () => clientResponse(503)

test('an open circuit refuses at once, and says when to try again', async () => {
  const { clock, requests, send, breaker } = setUp({ minimumCalls: 2 }, down(), down())
  await send()
  await send()
  await clock.advance(1000)
  const before = Date.now()
  const error = (await send().catch((reason) => reason)) as LimitError
  expect(error).toBeInstanceOf(LimitError)
  expect(error).toMatchObject({
    code: 'ERR_TRUNKLINE_CIRCUIT_OPEN',
    processed: 'no',
    phase: 'queue',
    origin: 'https://a.test',
    retryAfter: 4000,
  })
  expect(error.message).toContain('2 of its last 2 calls failed')
  expect(error.nextTryAt).toBeGreaterThanOrEqual(before + 4000)
  expect(error.nextTryAt).toBeLessThan(before + 60_000)
  expect(requests).toHaveLength(2)
  expect(breaker.stats()).toEqual([
    { origin: 'https://a.test', state: 'open', calls: 2, failed: 2, slow: 0, retryAfter: 4000 },
  ])
})

test('each origin has a circuit of its own', async () => {
  const { send, breaker } = setUp({ minimumCalls: 1 }, down(), clientResponse(200))
  await send('https://a.test/')
  expect((await send('https://b.test/')).status).toBe(200)
  expect(
    breaker
      .stats()
      .map(({ origin, state }) => `${origin} ${state}`)
      .sort(),
  ).toEqual(['https://a.test open', 'https://b.test closed'])
})

test('a probe that is well closes it', async () => {
  const { clock, send, breaker } = setUp({ minimumCalls: 1, probes: 1 }, down(), clientResponse(200))
  await send()
  await clock.advance(5000)
  await send()
  expect(breaker.stats()[0]?.state).toBe('closed')
})

test('a slow head counts, and waiting on our side does not', async () => {
  const slow = openResponse(200, [], { timings: { ...TIMINGS, queued: 9, firstByte: 500 } }).response
  const queued = openResponse(200, [], { timings: { ...TIMINGS, queued: 9000, firstByte: 5 } }).response
  const { send, breaker } = setUp({ slowAfter: 500, slowRate: 0.4, minimumCalls: 2 }, queued, slow)
  await send()
  await send()
  expect(breaker.stats()[0]).toMatchObject({ state: 'open', slow: 1 })
})

test('what would be refused anyway is refused before it waits for a turn', async () => {
  const clock = new FakeClock(1000)
  const breaker = createBreaker({ ...BREAKER_DEFAULTS, minimumCalls: 1 }, clock)
  let waited = 0
  const send = breaker.peek((request) => {
    waited += 1
    return breaker.guard(scripted(down()).dispatch)(request)
  })
  await send(clientRequest())
  await expect(send(clientRequest())).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CIRCUIT_OPEN' })
  expect(waited).toBe(1)
  // A look takes no probe away.
  await clock.advance(5000)
  await send(clientRequest())
  expect(waited).toBe(2)
})

describe('by default', () => {
  const failures = [
    new ConnectError('ERR_TRUNKLINE_CONNECT_FAILED', ''),
    new ConnectError('ERR_TRUNKLINE_CERTIFICATE_REJECTED', ''),
    new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', ''),
    new TimeoutError('ERR_TRUNKLINE_HEADERS_TIMEOUT', ''),
    new StreamError('ERR_TRUNKLINE_STREAM_RESET', ''),
    new ProtocolError('ERR_TRUNKLINE_MALFORMED_RESPONSE', ''),
  ]
  test.each(failures)('$code is a failure', (error) => {
    expect(classifyCall({ error })).toBe('failure')
  })

  const ignored = [
    new TimeoutError('ERR_TRUNKLINE_QUEUE_TIMEOUT', ''),
    new InvalidRequestError('ERR_TRUNKLINE_INVALID_HEADER', ''),
    new BodyError('ERR_TRUNKLINE_REQUEST_BODY_FAILED', ''),
    new LimitError('ERR_TRUNKLINE_QUEUE_FULL', ''),
    new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', ''),
    AbortSignal.abort().reason,
    new DOMException('too long for the caller', 'TimeoutError'),
    'any reason',
  ]
  test.each(ignored)('%s is ignored', (error) => {
    expect(classifyCall({ error })).toBe('ignored')
  })

  test.each([
    [200, 'success'],
    [304, 'success'],
    [404, 'success'],
    [429, 'success'],
    [500, 'failure'],
    [501, 'success'],
    [502, 'failure'],
    [503, 'failure'],
    [504, 'failure'],
  ])('%i is a %s', (status, verdict) => {
    expect(classifyCall({ status, headers: [] })).toBe(verdict)
  })
})

describe("the user's functions", () => {
  test('classify has the say, over responses and errors', async () => {
    const seen: unknown[] = []
    const { send, breaker } = setUp(
      {
        minimumCalls: 2,
        classify: (outcome) => {
          seen.push('status' in outcome ? outcome.status : (outcome.error as Error).message)
          return 'failure'
        },
      },
      clientResponse(404),
      new Error('mine'),
    )
    await send()
    await expect(send()).rejects.toThrow('mine')
    expect(seen).toEqual([404, 'mine'])
    expect(breaker.stats()[0]?.state).toBe('open')
  })

  test('one that throws goes to the caller; the body is let go of and the probe comes back', async () => {
    const { response, log } = openResponse(200)
    let throws = false
    const { clock, send } = setUp(
      {
        minimumCalls: 1,
        probes: 1,
        classify: () => {
          if (throws) throw new Error('classify')
          return 'failure'
        },
      },
      clientResponse(200),
      response,
      clientResponse(200),
    )
    await send()
    await clock.advance(5000)
    throws = true
    await expect(send()).rejects.toThrow('classify')
    expect(log.cancelled).toBe(1)
    throws = false
    await expect(send()).resolves.toMatchObject({ status: 200 })
  })

  test('onStateChange is told, in order', async () => {
    const told: string[] = []
    const { clock, send } = setUp(
      {
        minimumCalls: 1,
        probes: 1,
        onStateChange: ({ origin, from, to }) => told.push(`${origin}: ${from} ${to}`),
      },
      down(),
      clientResponse(200),
    )
    await send()
    await clock.advance(5000)
    await send()
    expect(told).toEqual([
      'https://a.test: closed open',
      'https://a.test: open half-open',
      'https://a.test: half-open closed',
    ])
  })
})
