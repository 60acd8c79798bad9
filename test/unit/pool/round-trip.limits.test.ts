import { describe, expect, test } from 'vitest'
import { BODY_HIGH_WATER_MARK } from '../../../src/core/body-queue.ts'
import { bytesBody, oneShotBody } from '../../../src/core/request-body.ts'
import { textBody } from '../fakes/exchange.ts'
import { Guest, KEEPALIVE } from '../fakes/pools.ts'
import { Trips } from '../fakes/trips.ts'

describe('the wait for a connection', () => {
  test('has its deadline; the request leaves the queue and its dial is aborted', async () => {
    const trips = new Trips({ timeouts: { queue: 500 } })
    const call = trips.send({ method: 'POST' })
    await trips.clock.advance(499)
    expect(call.pending).toBe(true)
    await trips.clock.advance(50)
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_QUEUE_TIMEOUT', processed: 'no', attempts: 0 })
    expect(trips.originPool.queued).toBe(0)
    expect(trips.connector.last.signal.aborted).toBe(true)
  })

  test('is over when the request is on its way', async () => {
    const trips = new Trips({ timeouts: { queue: 500 } })
    const { call } = await trips.sent()
    await trips.clock.advance(5000)
    expect(call.pending).toBe(true)
  })
})

describe('the wait for the response head', () => {
  test('has its deadline; the exchange is reset, and the connection doubted if nothing came at all', async () => {
    const trips = new Trips({ timeouts: { headers: 500 }, policy: KEEPALIVE })
    const warm = await trips.sent()
    trips.h2.last.answerPing()
    warm.exchange.answer()
    await trips.flush()
    const { call, exchange } = await trips.sent()
    await trips.clock.advance(499)
    expect(call.pending).toBe(true)
    await trips.clock.advance(51)
    expect(call.error).toMatchObject({
      code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT',
      processed: 'maybe',
      attempts: 1,
    })
    expect(exchange.resets.length).toBe(1)
    expect([...trips.originPool.connections][0]?.standing).toBe('suspect')
  })

  test('begins anew while an upload moves', async () => {
    const trips = new Trips({ timeouts: { headers: 500 } })
    const gate = { next: Promise.withResolvers<void>() }
    const source = (async function* () {
      for (;;) {
        yield 'chunk'
        await gate.next.promise
        gate.next = Promise.withResolvers()
      }
    })()
    const { call } = await trips.sent({ method: 'POST', body: oneShotBody(source) })
    for (let count = 0; count < 5; count += 1) {
      await trips.clock.advance(400)
      gate.next.resolve()
    }
    expect(call.pending).toBe(true)
    await trips.clock.advance(650)
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT' })
  })
})

describe('the wait for the response head, behind a big body of bytes', () => {
  test('begins anew while it moves', async () => {
    const trips = new Trips({ timeouts: { headers: 500 } })
    trips.h2.onAttach = (connection) => {
      connection.writable = false
    }
    const { call, exchange } = await trips.sent({
      method: 'POST',
      body: bytesBody(new Uint8Array(10_000_000)),
    })
    for (let count = 0; count < 5; count += 1) {
      await trips.clock.advance(400)
      exchange.handler.onDrain()
    }
    expect(call.pending).toBe(true)
  })
})

describe('the wait for more of the body', () => {
  test('has its deadline; the reader fails, the exchange is reset', async () => {
    const trips = new Trips({ timeouts: { body: 500 } })
    const { call, exchange } = await trips.sent()
    exchange.respond().data('half')
    await call.done
    const text = call.response?.body.text()
    text?.catch(() => {})
    await trips.clock.advance(560)
    await expect(text).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_BODY_TIMEOUT', processed: 'yes' })
    expect(exchange.resets.length).toBe(1)
  })

  test('begins anew with each piece', async () => {
    const trips = new Trips({ timeouts: { body: 500 } })
    const { call, exchange } = await trips.sent()
    exchange.respond()
    await call.done
    for (let count = 0; count < 5; count += 1) {
      await trips.clock.advance(400)
      exchange.data('x')
    }
    exchange.finish()
    expect(await call.response?.body.text()).toBe('xxxxx')
  })

  test('does not run while the reader takes his time', async () => {
    const trips = new Trips({ timeouts: { body: 500 } })
    const { call, exchange } = await trips.sent()
    exchange.respond().data(new Uint8Array(BODY_HIGH_WATER_MARK))
    await call.done
    await trips.clock.advance(10_000)
    expect(call.response?.body.settled).toBe(false)
    await call.response?.body[Symbol.asyncIterator]().next()
    await trips.clock.advance(560)
    expect(call.response?.body.settled).toBe(true)
  })

  test('leaves no timer behind when all have ended', async () => {
    const trips = new Trips({ timeouts: { body: 500, headers: 500, queue: 500 } })
    const { call, exchange } = await trips.sent()
    exchange.answer()
    await call.done
    await trips.clock.advance(100)
    expect(trips.clock.dueIn.every((due) => due > 100)).toBe(true)
  })
})

describe('the size of a response body', () => {
  test('up to the limit passes', async () => {
    const trips = new Trips({ responseBodyLimit: 5 })
    const { call, exchange } = await trips.sent()
    exchange.answer(200, [], '12345')
    await call.done
    expect(await call.response?.body.text()).toBe('12345')
  })

  test('above it fails, and the exchange is reset', async () => {
    const trips = new Trips({ responseBodyLimit: 5 })
    const { call, exchange } = await trips.sent()
    exchange.respond().data('123').data('456')
    await call.done
    await expect(call.response?.body.text()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_BODY_TOO_LARGE' })
    expect(exchange.resets.length).toBe(1)
  })
})

describe('a content-length of the caller’s', () => {
  test.each([
    ['not that of the bytes', ['content-length', '5'], textBody('abc')],
    ['no number', ['content-length', 'x'], textBody('abc')],
    ['of a body that there is not', ['content-length', '5'], null],
  ])('that is %s is refused before anything is dialled', async (_, headers, body) => {
    const trips = new Trips()
    const call = trips.send({ method: 'POST', headers, body })
    await call.done
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_HEADER', processed: 'no', attempts: 0 })
    expect(trips.connector.dials.length).toBe(0)
    expect(trips.settled.length).toBe(1)
  })

  test('that a stream does not keep fails the request under way', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent({
      method: 'POST',
      headers: ['content-length', '5'],
      body: oneShotBody(['abc']),
    })
    await call.done
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED' })
    expect(exchange.resets.length).toBe(1)
  })
})

describe('expect: 100-continue', () => {
  const request = () => ({ method: 'POST', headers: ['expect', '100-continue'], body: textBody('hello') })

  test('holds the body back until the server says so', async () => {
    const trips = new Trips()
    const { exchange } = await trips.sent(request())
    expect(exchange).toMatchObject({ body: '', ended: false })
    exchange.handler.onInformational(103, [])
    expect(exchange.body).toBe('')
    exchange.handler.onInformational(100, [])
    expect(exchange).toMatchObject({ body: 'hello', ended: true })
    exchange.handler.onInformational(100, [])
    expect(exchange.body).toBe('hello')
  })

  test('and sends it after a second without a word', async () => {
    const trips = new Trips()
    const { exchange } = await trips.sent(request())
    await trips.clock.advance(999)
    expect(exchange.body).toBe('')
    await trips.clock.advance(1)
    expect(exchange).toMatchObject({ body: 'hello', ended: true })
  })

  test.each([401, 413, 417])('a final answer of %i instead is the response', async (status) => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent(request())
    exchange.answer(status)
    await call.done
    expect(call.response?.status).toBe(status)
    await trips.clock.advance(5000)
    expect(trips.clock.pendingRefs).toBe(0)
  })

  test('given up in the meantime it sends nothing', async () => {
    const trips = new Trips()
    const controller = new AbortController()
    const { call, exchange } = await trips.sent({ ...request(), signal: controller.signal })
    controller.abort()
    await call.done
    await trips.clock.advance(5000)
    expect(exchange.body).toBe('')
    expect(trips.clock.pendingRefs).toBe(0)
  })
})

describe('421', () => {
  test('goes to another connection, once; its answer counts', async () => {
    const trips = new Trips()
    const warm = await trips.sent()
    warm.exchange.answer()
    await trips.flush()
    const { call, exchange } = await trips.sent({ method: 'POST', body: textBody('x') })
    exchange.respond(421)
    expect(exchange.resets.length).toBe(1)
    const fresh = await trips.established()
    expect(fresh.lastExchange.body).toBe('x')
    fresh.lastExchange.answer(200)
    await call.done
    expect(call.response).toMatchObject({ status: 200, connectionId: 2 })
    expect(trips.h2.connections[0]?.state).toBe('closed')
  })

  test('a second time is the response', async () => {
    const trips = new Trips()
    const warm = await trips.sent()
    warm.exchange.answer()
    await trips.flush()
    const { call, exchange } = await trips.sent()
    exchange.respond(421)
    const fresh = await trips.established()
    fresh.lastExchange.answer(421)
    await call.done
    expect(call.response?.status).toBe(421)
    expect(trips.connector.dials.length).toBe(2)
  })

  test('is the response at once when the body cannot go again', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent({ method: 'POST', body: oneShotBody(['x']) })
    exchange.answer(421)
    await call.done
    expect(call.response?.status).toBe(421)
  })

  test('from a connection that carried nothing else is believed for a minute: no storm of handshakes', async () => {
    const trips = new Trips()
    const first = trips.send()
    await trips.established()
    trips.h2.last.lastExchange.answer(421)
    await trips.established()
    trips.h2.last.lastExchange.answer(421)
    await first.done
    expect(first.response?.status).toBe(421)
    expect(trips.connector.dials.length).toBe(2)
    const second = await trips.sent()
    second.exchange.answer(421)
    await second.call.done
    expect(second.call.response?.status).toBe(421)
    expect(trips.connector.dials.length).toBe(2)
    await trips.clock.advance(30_000)
    trips.originPool.preconnect(new Guest(false))
    await trips.clock.advance(30_001)
    const third = trips.send()
    if (trips.connector.pending.length > 0) await trips.established()
    trips.h2.last.lastExchange.respond(421)
    expect(trips.connector.dials.length).toBeGreaterThan(2)
    await trips.established()
    trips.h2.last.lastExchange.answer(200)
    await third.done
    expect(third.response?.status).toBe(200)
  })
})

describe('limits of a request of its own', () => {
  test('take the place of the client’s, and are kept though all others are looked at less often', async () => {
    const trips = new Trips({ timeouts: { headers: 100_000 } })
    const own = await trips.sent({ timeouts: { headers: 40 } })
    const other = await trips.sent()
    await trips.clock.advance(60)
    expect(own.call.error).toMatchObject({ code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT' })
    expect(other.call.pending).toBe(true)
  })

  test('may be longer; what they do not name is as the client has it', async () => {
    const trips = new Trips({ timeouts: { headers: 500, body: 300 } })
    const { call, exchange } = await trips.sent({ timeouts: { headers: 5000 } })
    await trips.clock.advance(4000)
    expect(call.pending).toBe(true)
    exchange.respond()
    await trips.flush()
    await trips.clock.advance(600)
    await expect(call.response?.body.text()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_BODY_TIMEOUT' })
  })
})
