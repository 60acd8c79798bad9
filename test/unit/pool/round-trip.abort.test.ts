import { describe, expect, test, vi } from 'vitest'
import { StreamError } from '../../../src/core/errors.ts'
import { KEEPALIVE } from '../fakes/pools.ts'
import { Trips } from '../fakes/trips.ts'

const reset = () => new StreamError('ERR_TRUNKLINE_STREAM_RESET', 'reset', { processed: 'yes' })

describe('abort', () => {
  const reason = new Error('enough')
  const abortable = () => {
    const controller = new AbortController()
    return { controller, signal: controller.signal, abort: () => controller.abort(reason) }
  }

  test('before the call: nothing is dialled', async () => {
    const trips = new Trips()
    const { signal, abort } = abortable()
    abort()
    const call = trips.send({ signal })
    await call.done
    expect(call.error).toBe(reason)
    expect(trips.connector.dials.length).toBe(0)
    expect(trips.settled).toEqual([reason])
  })

  test('in the queue: it leaves, the dial for it is aborted', async () => {
    const trips = new Trips()
    const { signal, abort } = abortable()
    const call = trips.send({ signal })
    abort()
    await call.done
    expect(call.error).toBe(reason)
    expect(trips.originPool.queued).toBe(0)
    expect(trips.connector.last.signal.aborted).toBe(true)
  })

  test('before the head: the exchange is reset', async () => {
    const trips = new Trips()
    const { signal, abort } = abortable()
    const { call, exchange } = await trips.sent({ signal })
    abort()
    await call.done
    expect(call.error).toBe(reason)
    expect(exchange.resets).toEqual([undefined])
  })

  test('in the body: the reader fails with the reason, the exchange is reset', async () => {
    const trips = new Trips()
    const { signal, abort } = abortable()
    const { call, exchange } = await trips.sent({ signal })
    exchange.respond().data('half')
    await call.done
    abort()
    await expect(call.response?.body.text()).rejects.toBe(reason)
    expect(exchange.resets).toEqual([undefined])
  })

  test('after the end: nothing happens', async () => {
    const trips = new Trips()
    const { signal, abort } = abortable()
    const { call, exchange } = await trips.sent({ signal })
    exchange.answer(200, [], 'whole')
    await call.done
    abort()
    expect(await call.response?.body.text()).toBe('whole')
    expect(exchange.resets).toEqual([])
    expect(trips.settled).toEqual([null])
  })

  test('a reason that is undefined or no Error comes through untouched', async () => {
    const trips = new Trips()
    const controller = new AbortController()
    const { call } = await trips.sent({ signal: controller.signal })
    controller.abort('just text')
    await call.done
    expect(call.error).toBe('just text')
  })

  test.each(['end', 'failure', 'abort', 'cancel'])(
    'no listener is left on the signal after %s',
    async (how) => {
      const trips = new Trips()
      const { signal, abort } = abortable()
      const add = vi.spyOn(signal, 'addEventListener')
      const remove = vi.spyOn(signal, 'removeEventListener')
      const { call, exchange } = await trips.sent({ signal })
      if (how === 'abort') abort()
      else exchange.respond()
      await call.done
      if (how === 'end') exchange.finish()
      if (how === 'failure') exchange.fail(reset())
      if (how === 'cancel') call.response?.body.cancel()
      expect(add).toHaveBeenCalledTimes(1)
      expect(remove.mock.calls[0]?.[1]).toBe(add.mock.calls[0]?.[1])
    },
  )
})

describe('doubt', () => {
  async function aborted(meanwhile: (trips: Trips) => void) {
    const trips = new Trips({ policy: KEEPALIVE })
    const controller = new AbortController()
    const warm = await trips.sent()
    trips.h2.last.answerPing(10)
    warm.exchange.answer()
    await trips.flush()
    await trips.sent({ signal: controller.signal })
    meanwhile(trips)
    controller.abort()
    const [pooled] = trips.originPool.connections
    return { trips, standing: pooled?.standing }
  }

  test('nothing came since the request went out: the connection is asked before it is used again', async () => {
    const { trips, standing } = await aborted(() => {})
    expect(standing).toBe('suspect')
    const next = trips.send()
    await trips.flush()
    expect(trips.h2.last.exchanges.length).toBe(2)
    trips.h2.last.answerPing()
    await trips.flush()
    expect(trips.h2.last.exchanges.length).toBe(3)
    trips.h2.last.lastExchange.answer()
    await next.done
    expect(next.response?.status).toBe(200)
  })

  test('a byte came, of whatever stream: the connection is fine, the server slow', async () => {
    const { standing } = await aborted((trips) => trips.h2.last.receive(1))
    expect(standing).toBe('ready')
  })

  test('a dead connection: the next request gets another one', async () => {
    const { trips } = await aborted(() => {})
    const next = trips.send()
    await trips.clock.advance(1000)
    await trips.established()
    expect(trips.h2.connections.length).toBe(2)
    trips.h2.last.lastExchange.answer()
    await next.done
    expect(next.response?.status).toBe(200)
  })
})
