import { describe, expect, test } from 'vitest'
import {
  type ClientError,
  ClosedError,
  ConnectionError,
  InvalidRequestError,
  LimitError,
  StreamError,
} from '../../../src/core/errors.ts'
import { Lifetime } from '../../../src/core/lifetime.ts'
import { oneShotBody, replayableBody } from '../../../src/core/request-body.ts'
import { Sweeper } from '../../../src/core/sweeper.ts'
import { createRoundTrip } from '../../../src/pool/round-trip.ts'
import { clientRequest, textBody } from '../fakes/exchange.ts'
import { World } from '../fakes/pools.ts'
import { Call, NO_TIMEOUTS, Trips } from '../fakes/trips.ts'
import { goneAway, unusable } from '../fakes/wire.ts'

const refused = () => new StreamError('ERR_TRUNKLINE_STREAM_REFUSED', 'refused')
const lost = () => new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost')

/** Fails whatever exchange is open, and lets all pauses pass, until the call has ended. */
async function failAll(trips: Trips, call: Call, error: () => ClientError): Promise<number> {
  let failures = 0
  while (call.pending && failures < 20) {
    const live = trips.connections.flatMap((connection) => connection.live)
    for (const exchange of live) exchange.fail(error())
    failures += live.length
    await trips.clock.advance(1000)
    for (const dial of trips.connector.pending) dial.connect()
    await trips.flush()
  }
  return failures
}

describe('what was provably not processed', () => {
  test.each<[string, () => ClientError]>([
    ['a refused stream', refused],
    ['a stream above the last one of a GOAWAY', goneAway],
    ['a connection that takes no more', unusable],
    ['HTTP/1.1 wanted', () => new StreamError('ERR_TRUNKLINE_HTTP_1_1_REQUIRED', 'required')],
  ])('%s: the request is sent again at once, whatever its method', async (_, error) => {
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      const trips = new Trips()
      const { call, exchange } = await trips.sent({ method, body: method === 'GET' ? null : textBody('x') })
      exchange.fail(error())
      for (const dial of trips.connector.pending) dial.connect('http/1.1')
      await trips.flush()
      const replay = trips.connections.flatMap((connection) => connection.live)
      expect(replay.length).toBe(1)
      replay[0]?.answer()
      await call.done
      expect(call.response?.timings.attempts).toBe(2)
    }
  })

  test.each<[string, () => ClientError]>([
    ['a lost connection', lost],
    ['a reset stream', () => new StreamError('ERR_TRUNKLINE_STREAM_RESET', 'reset')],
    [
      'a refusal that was processed after all',
      () => new StreamError('ERR_TRUNKLINE_STREAM_REFUSED', '', { processed: 'maybe' }),
    ],
    ['a request that is wrong', () => new InvalidRequestError('ERR_TRUNKLINE_INVALID_HEADER', 'bad')],
    ['a limit', () => new LimitError('ERR_TRUNKLINE_QUEUE_FULL', 'full')],
    ['a client that was closed', () => new ClosedError('ERR_TRUNKLINE_CLIENT_CLOSED', 'closed')],
  ])('but not %s', async (_, error) => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent()
    const failure = error()
    exchange.fail(failure)
    await call.done
    expect(call.error).toBe(failure)
    expect(call.error).toMatchObject({ attempts: 1 })
  })

  test('is not sent again once a response head came', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent()
    exchange.respond()
    await call.done
    exchange.fail(refused())
    await expect(call.response?.body.text()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_STREAM_REFUSED' })
    expect(trips.h2.last.exchanges.length).toBe(1)
  })

  test('an interim response is no head', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent()
    exchange.handler.onInformational(103, [])
    exchange.fail(refused())
    await trips.flush()
    trips.h2.last.lastExchange.answer()
    await call.done
    expect(call.response?.status).toBe(200)
  })
})

describe('how often', () => {
  test('three times at most; the failure says how often it was tried', async () => {
    const trips = new Trips()
    const { call } = await trips.sent()
    expect(await failAll(trips, call, refused)).toBe(4)
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_STREAM_REFUSED', attempts: 4 })
    expect(trips.settled).toEqual([call.error])
  })

  test('the first time at once, then after growing pauses that keep the process alive', async () => {
    const trips = new Trips()
    const { call } = await trips.sent()
    const fail = async () => {
      trips.h2.last.lastExchange.fail(unusable())
      await trips.flush()
    }
    await fail()
    expect(trips.h2.last.exchanges.length).toBe(2)
    for (const [longest, count] of [
      [100, 2],
      [400, 3],
    ] as const) {
      await fail()
      expect(trips.clock.pendingRefs).toBe(1)
      await trips.clock.advance(longest / 2 - 1)
      expect(trips.h2.last.exchanges.length).toBe(count)
      await trips.clock.advance(longest / 2 + 1)
      expect(trips.h2.last.exchanges.length).toBe(count + 1)
    }
    trips.h2.last.lastExchange.answer()
    await call.done
    expect(call.response?.timings.attempts).toBe(4)
  })

  test('connections that refuse in the very call count as well', async () => {
    const trips = new Trips()
    trips.h2.onAttach = (connection) => {
      connection.refusal = unusable()
    }
    const call = trips.send()
    for (let round = 0; round < 10 && call.pending; round += 1) {
      for (const dial of trips.connector.pending) dial.connect()
      await trips.clock.advance(1000)
    }
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', attempts: 4 })
  })
})

describe('bodies', () => {
  test('of bytes go again whole', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent({ method: 'POST', body: textBody('hello') })
    exchange.fail(refused())
    await trips.flush()
    expect(trips.h2.last.lastExchange).toMatchObject({ body: 'hello', ended: true })
    trips.h2.last.lastExchange.answer()
    await call.done
  })

  test('of a factory are made anew, the old one let go', async () => {
    const trips = new Trips()
    const released: number[] = []
    let made = 0
    const body = replayableBody(null, async function* () {
      made += 1
      const number = made
      try {
        yield 'part'
        await new Promise(() => {})
      } finally {
        released.push(number)
      }
    })
    trips.h2.onAttach = (connection) => {
      connection.writable = false
    }
    const call = trips.send({ method: 'POST', body })
    const connection = await trips.established()
    connection.lastExchange.fail(refused())
    await trips.flush()
    expect(made).toBe(2)
    expect(released).toEqual([1])
    expect(connection.lastExchange.body).toBe('part')
    connection.lastExchange.answer()
    await call.done
  })

  test('that were read from do not go again: the failure stands', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent({ method: 'POST', body: oneShotBody(['x']) })
    exchange.fail(refused())
    await call.done
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_STREAM_REFUSED', attempts: 1 })
  })

  test('that nobody read from do', async () => {
    const trips = new Trips()
    trips.h2.onAttach = (connection) => {
      connection.refusal = unusable()
      trips.h2.onAttach = null
    }
    const call = trips.send({ method: 'POST', body: oneShotBody(['x']) })
    await trips.connected()
    await trips.established()
    expect(trips.h2.last.lastExchange).toMatchObject({ body: 'x', ended: true })
    trips.h2.last.lastExchange.answer()
    await call.done
    expect(call.response?.status).toBe(200)
  })
})

describe('where to', () => {
  test('HTTP_1_1_REQUIRED goes to HTTP/1.1, and the session is left', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent({ method: 'POST' })
    exchange.fail(new StreamError('ERR_TRUNKLINE_HTTP_1_1_REQUIRED', ''))
    await trips.flush()
    expect(trips.connector.last.offer).toEqual(['http/1.1'])
    const connection = await trips.connected('http/1.1')
    connection.lastExchange.answer()
    await call.done
    expect(call.response?.protocol).toBe('http/1.1')
    expect(trips.h2.last.state).toBe('closed')
  })

  test('after a GOAWAY all that it left out go together over one new connection', async () => {
    const trips = new Trips()
    const calls = Array.from({ length: 20 }, () => trips.send({ method: 'POST' }))
    const connection = await trips.established()
    connection.goAway(9)
    expect(trips.connector.dials.length).toBe(2)
    const fresh = await trips.established()
    expect(connection.live.length).toBe(5)
    expect(fresh.live.length).toBe(15)
    for (const exchange of [...connection.live, ...fresh.live]) exchange.answer()
    await Promise.all(calls.map((call) => call.done))
    expect(calls.filter(({ response }) => response?.status === 200).length).toBe(20)
  })
})

describe('a connection that goes on refusing', () => {
  test('with nothing else open on it is left after the second time', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent()
    exchange.fail(refused())
    await trips.flush()
    expect(trips.h2.last.state).toBe('open')
    trips.h2.last.lastExchange.fail(refused())
    await trips.clock.advance(1000)
    expect(trips.h2.last.state).toBe('closed')
    const fresh = await trips.established()
    fresh.lastExchange.answer()
    await call.done
    expect(call.response).toMatchObject({ status: 200, connectionId: 2 })
  })

  test('stays while others are served by it', async () => {
    const trips = new Trips()
    const busy = [trips.send(), trips.send()]
    const connection = await trips.established()
    const { call } = await trips.sent()
    for (let count = 0; count < 3; count += 1) {
      connection.lastExchange.fail(refused())
      await trips.clock.advance(1000)
    }
    expect(connection.state).toBe('open')
    for (const exchange of connection.live) exchange.answer()
    await Promise.all([call, ...busy].map(({ done }) => done))
    expect(call.response?.status).toBe(200)
  })
})

describe('an end while it rests', () => {
  async function resting() {
    const trips = new Trips()
    const controller = new AbortController()
    const { call } = await trips.sent({ signal: controller.signal })
    for (let count = 0; count < 2; count += 1) {
      trips.h2.last.lastExchange.fail(refused())
      await trips.flush()
    }
    const exchanges = trips.h2.last.exchanges.length
    return { trips, controller, call, exchanges }
  }

  test('an abort rejects with its reason, and nothing is sent any more', async () => {
    const { trips, controller, call, exchanges } = await resting()
    const reason = new Error('enough')
    controller.abort(reason)
    await call.done
    expect(call.error).toBe(reason)
    await trips.clock.advance(10_000)
    expect(trips.h2.last.exchanges.length).toBe(exchanges)
    expect(trips.clock.pendingRefs).toBe(0)
    expect(trips.settled.length).toBe(1)
  })

  test('so does the end of the client', async () => {
    const { trips, call, exchanges } = await resting()
    const reason = new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', 'destroyed')
    trips.lifetime.end(reason)
    await call.done
    expect(call.error).toBe(reason)
    await trips.clock.advance(10_000)
    expect(trips.h2.last.exchanges.length).toBe(exchanges)
  })

  test('an abort in the same turn in which the pause ends sends nothing any more', async () => {
    const world = new World()
    const pool = world.pool()
    const timers: (() => void)[] = []
    const clock = {
      now: world.clock.now,
      setTimeout: (run: () => void) => {
        timers.push(run)
        return { cancel() {} }
      },
    }
    const dispatch = createRoundTrip({
      clock,
      lifetime: new Lifetime(),
      sweeper: new Sweeper(world.clock, 50),
      timeouts: NO_TIMEOUTS,
      responseBodyLimit: Number.POSITIVE_INFINITY,
      pool: () => pool,
      onSettled: () => {},
    })
    const controller = new AbortController()
    const call = new Call(dispatch(clientRequest({ signal: controller.signal })))
    const connection = await world.established()
    for (let count = 0; count < 2; count += 1) {
      connection.lastExchange.fail(unusable())
      await world.flush()
    }
    expect(timers.length).toBe(1)
    timers[0]?.()
    controller.abort(new Error('enough'))
    await call.done
    await world.flush()
    expect(call.error).toMatchObject({ message: 'enough' })
    expect(connection.exchanges.length).toBe(2)
  })
})
