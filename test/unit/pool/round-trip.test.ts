import { describe, expect, test } from 'vitest'
import { BODY_HIGH_WATER_MARK } from '../../../src/core/body-queue.ts'
import { ConnectionError, StreamError } from '../../../src/core/errors.ts'
import { oneShotBody } from '../../../src/core/request-body.ts'
import { textBody } from '../fakes/exchange.ts'
import { Trips } from '../fakes/trips.ts'

const reset = () => new StreamError('ERR_TRUNKLINE_STREAM_RESET', 'reset', { processed: 'yes' })

describe('a request', () => {
  test('goes out with its head, and resolves at the response head', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent({ method: 'GET', headers: ['x-a', '1'] })
    expect(exchange.head).toEqual({
      method: 'GET',
      scheme: 'https',
      authority: 'example.test',
      path: '/',
      headers: ['x-a', '1'],
    })
    expect(exchange.shape).toBe('none')
    expect(call.pending).toBe(true)
    exchange.respond(201, ['x-b', '2'])
    await call.done
    expect(call.response).toMatchObject({
      status: 201,
      headers: ['x-b', '2'],
      url: 'https://example.test/',
      redirects: 0,
      protocol: 'h2',
      connectionId: 1,
      streamId: 1,
    })
    expect(trips.settled).toEqual([])
    exchange.data('hello').finish()
    expect(await call.response?.body.text()).toBe('hello')
    expect(trips.settled).toEqual([null])
  })

  test('body, trailers and nothing have their shapes', async () => {
    const trips = new Trips()
    const shapes: string[] = []
    for (const part of [
      {},
      { method: 'POST', body: textBody('x') },
      { method: 'POST', body: textBody('x'), trailers: () => ['a', '1'] },
      { method: 'POST', trailers: () => ['a', '1'] },
    ])
      shapes.push((await trips.sent(part)).exchange.shape)
    expect(shapes).toEqual(['none', 'data', 'data-and-trailers', 'data-and-trailers'])
    const exchanges = trips.h2.last.exchanges
    expect(exchanges.map(({ body, ended }) => [body, ended])).toEqual([
      ['', false],
      ['x', true],
      ['x', true],
      ['', true],
    ])
    expect(exchanges[3]?.trailers).toEqual(['a', '1'])
  })

  test('a body that is streamed is told of the peer’s appetite', async () => {
    const trips = new Trips()
    let pulled = 0
    const source = (async function* () {
      for (const chunk of ['a', 'b', 'c']) {
        pulled += 1
        yield chunk
      }
    })()
    trips.h2.onAttach = (connection) => {
      connection.writable = false
    }
    const call = trips.send({ method: 'POST', body: oneShotBody(source) })
    const connection = await trips.established()
    expect(pulled).toBe(1)
    connection.lastExchange.writable = true
    connection.lastExchange.handler.onDrain()
    await trips.flush()
    expect(pulled).toBe(3)
    expect(connection.lastExchange).toMatchObject({ body: 'abc', ended: true })
    connection.lastExchange.answer()
    await call.done
  })

  test('a body that fails gives the exchange up and rejects with the reason', async () => {
    const trips = new Trips()
    const source = (async function* () {
      yield 'a'
      throw new Error('disk')
    })()
    const { call, exchange } = await trips.sent({ method: 'POST', body: oneShotBody(source) })
    await call.done
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED', attempts: 1 })
    expect(exchange.resets.length).toBe(1)
    expect(trips.settled).toEqual([call.error])
  })

  test('a response that ends before the upload lets the source go', async () => {
    const trips = new Trips()
    let released = false
    const source = (async function* () {
      try {
        yield 'a'
        yield 'b'
      } finally {
        released = true
      }
    })()
    trips.h2.onAttach = (connection) => {
      connection.writable = false
    }
    const call = trips.send({ method: 'POST', body: oneShotBody(source) })
    const connection = await trips.established()
    connection.lastExchange.answer(413)
    await trips.flush()
    expect(call.response?.status).toBe(413)
    expect(released).toBe(true)
  })

  test('interim responses are told, and the final one is the response', async () => {
    const trips = new Trips()
    const informational: unknown[] = []
    const { call, exchange } = await trips.sent({
      onInformational: (status, headers) => informational.push([status, headers]),
    })
    exchange.handler.onInformational(103, ['link', '</a>'])
    expect(informational).toEqual([[103, ['link', '</a>']]])
    exchange.answer(200)
    await call.done
    expect(call.response?.status).toBe(200)
  })

  test('an error of the caller’s own listener comes back to the caller', async () => {
    const trips = new Trips()
    const mine = new Error('mine')
    const { call, exchange } = await trips.sent({
      onInformational: () => {
        throw mine
      },
    })
    exchange.handler.onInformational(103, [])
    await call.done
    expect(call.error).toBe(mine)
    expect(exchange.resets.length).toBe(1)
  })

  test('that fails in the queue rejects with why, never having been on a connection', async () => {
    const trips = new Trips({ limits: { queued: 0 } })
    const call = trips.send()
    await call.done
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_QUEUE_FULL', attempts: 0 })
    const dialled = new Trips()
    const failed = dialled.send()
    dialled.connector.last.fail()
    await failed.done
    expect(failed.error).toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECT_FAILED',
      attempts: 0,
      origin: 'https://example.test',
    })
    expect(dialled.settled).toEqual([failed.error])
  })
})

describe('a response body', () => {
  test('pauses and resumes the exchange', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent()
    exchange.respond().data(new Uint8Array(BODY_HIGH_WATER_MARK))
    await call.done
    expect(exchange.paused).toBe(true)
    await call.response?.body[Symbol.asyncIterator]().next()
    expect(exchange.paused).toBe(false)
  })

  test('cancelled resets the exchange; that is no failure', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent()
    exchange.respond()
    await call.done
    call.response?.body.cancel()
    expect(exchange.resets).toEqual([undefined])
    expect(trips.settled).toEqual([null])
  })

  test('cut off fails the reader, not the call', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent()
    exchange.respond().data('half')
    await call.done
    const error = reset()
    exchange.fail(error)
    await expect(call.response?.body.text()).rejects.toBe(error)
    expect(trips.settled).toEqual([error])
  })

  test('has trailers behind it', async () => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent()
    exchange.respond()
    exchange.handler.onTrailers(['grpc-status', '0'])
    exchange.finish()
    await call.done
    expect(await call.response?.body.trailers()).toEqual(['grpc-status', '0'])
  })

  test.each<[string, string, number, string[], string, boolean]>([
    ['as many bytes as announced', 'GET', 200, ['content-length', '5'], 'hello', true],
    ['no announcement', 'GET', 200, [], 'hello', true],
    ['fewer bytes than announced', 'GET', 200, ['content-length', '6'], 'hello', false],
    ['more bytes than announced', 'GET', 200, ['content-length', '4'], 'hello', false],
    ['none where some were announced', 'GET', 200, ['content-length', '4'], '', false],
    ['HEAD announces without sending', 'HEAD', 200, ['content-length', '4'], '', true],
    ['304 announces without sending', 'GET', 304, ['content-length', '4'], '', true],
    ['204 announces without sending', 'GET', 204, ['content-length', '4'], '', true],
    [
      'repeated announcements that agree',
      'GET',
      200,
      ['content-length', '5', 'content-length', '5'],
      'hello',
      true,
    ],
  ])('%s: whole is %6$s', async (_, method, status, headers, body, whole) => {
    const trips = new Trips()
    const { call, exchange } = await trips.sent({ method })
    exchange.answer(status, headers, body)
    await call.done
    const text = call.response?.body.text()
    if (whole) expect(await text).toBe(body)
    else
      await expect(text).rejects.toMatchObject({
        code: 'ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH',
        processed: 'yes',
      })
  })

  test.each(['x', '-1', '1, 2', '99999999999999999999'])(
    'with content-length %s is refused at its head',
    async (value) => {
      const trips = new Trips()
      const { call, exchange } = await trips.sent()
      exchange.respond(200, ['content-length', value])
      await call.done
      expect(call.error).toMatchObject({
        code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE',
        processed: 'yes',
        phase: 'headers',
      })
      expect(exchange.resets.length).toBe(1)
    },
  )
})

describe('timings', () => {
  test('tell the dial of the request that made it wait, and none of one that found it standing', async () => {
    const trips = new Trips()
    const first = trips.send()
    await trips.clock.advance(20)
    const connection = await trips.established()
    await trips.clock.advance(5)
    connection.lastExchange.respond()
    await first.done
    expect(first.response?.timings).toEqual({
      startedAt: 1000,
      before: 0,
      queued: 20,
      dns: 1,
      connect: 2,
      tls: 3,
      resumed: false,
      sent: 0,
      firstByte: 5,
      received: null,
      total: null,
      attempts: 1,
    })
    await trips.clock.advance(7)
    connection.lastExchange.finish()
    expect(first.response?.timings.total).toBe(32)
    const second = trips.send()
    connection.lastExchange.answer()
    await second.done
    expect(second.response?.timings).toMatchObject({ queued: 0, dns: null, connect: null, tls: null })
  })

  test('say whether the handshake was resumed', async () => {
    const trips = new Trips()
    const call = trips.send()
    trips.connector.last.connect('h2', true)
    await trips.flush()
    trips.h2.last.lastExchange.answer()
    await call.done
    expect(call.response?.timings.resumed).toBe(true)
  })
})

test('a lost connection fails each of its requests with its own count of attempts', async () => {
  const trips = new Trips()
  const { call } = await trips.sent()
  trips.h2.last.lose(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'lost'))
  await call.done
  expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', attempts: 1, processed: 'maybe' })
})
