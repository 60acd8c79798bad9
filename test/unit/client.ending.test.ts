import { describe, expect, test } from 'vitest'
import type { Interceptor } from '../../src/core/dispatch.ts'
import {
  busy,
  CLOSED,
  createClient,
  DESTROYED,
  established,
  fake,
  held,
  settledYet,
  URL_A,
} from './fakes/client.ts'
import { clientResponse } from './fakes/exchange.ts'

describe('close', () => {
  test('takes no more, finishes what runs, body included, and resolves when every connection is gone', async () => {
    const { client, response, connection, exchange } = await busy()
    exchange.respond().data('half')
    const body = (await response).body.text()
    const done = client.close()
    const closed = settledYet(done)
    await expect(client.request(URL_A)).rejects.toMatchObject(CLOSED)
    await expect(client.fetch(URL_A)).rejects.toMatchObject({ name: 'TypeError', cause: CLOSED })
    await expect(client.connect(URL_A)).rejects.toMatchObject(CLOSED)
    await fake.clock.flush()
    expect(closed()).toBe(false)
    exchange.data(' and half').finish()
    expect(await body).toBe('half and half')
    await done
    expect(connection.drains).toBe(1)
    expect(connection.state).toBe('closed')
    expect(fake.clock.pending).toBe(0)
  })

  test('of a client that did nothing resolves at once', async () => {
    const client = createClient()
    await client.close()
    await expect(client.request(URL_A)).rejects.toMatchObject(CLOSED)
    expect(fake.clock.pending).toBe(0)
  })

  test('what is not finished in time is destroyed', async () => {
    const { client, response, connection } = await busy()
    const done = client.close({ timeout: 500 })
    await fake.clock.advance(499)
    expect(connection.state).toBe('open')
    await fake.clock.advance(1)
    await expect(response).rejects.toMatchObject({ ...DESTROYED, message: expect.stringContaining('500 ms') })
    await done
    expect(connection.state).toBe('closed')
  })

  test('says what was cut, and that nothing was', async () => {
    const { client, response } = await busy()
    const done = client.close({ timeout: 500 })
    await fake.clock.advance(500)
    await expect(response).rejects.toMatchObject(DESTROYED)
    expect(await done).toEqual({ rejected: 0, cut: 1, requests: [{ method: 'GET', url: URL_A }] })
    expect(await client.close()).toEqual({ rejected: 0, cut: 0, requests: [] })
    expect(await createClient().close()).toEqual({ rejected: 0, cut: 0, requests: [] })
  })

  test("queued: 'reject' ends those that wait for a connection, and no others", async () => {
    const client = createClient()
    const response = held(client.request(URL_A))
    const connection = await established(1)
    const waiting = held(client.request(URL_A))
    expect(client.stats().queued).toBe(1)
    const done = client.close({ queued: 'reject' })
    await expect(waiting).rejects.toMatchObject(CLOSED)
    connection.lastExchange.answer()
    await (await response).body.text()
    expect(await done).toEqual({ rejected: 1, cut: 0, requests: [] })
  })

  test("queued: 'reject' ends those that wait for their turn", async () => {
    const { client, response, exchange } = await busy({ limits: { inFlight: 1 } })
    const waiting = held(client.request(URL_A))
    const done = client.close({ queued: 'reject' })
    await expect(waiting).rejects.toMatchObject(CLOSED)
    exchange.answer()
    await (await response).body.text()
    expect((await done).rejected).toBe(1)
  })

  test.each([{ timeout: -1 }, { timeout: 'x' }, { queued: 'drop' }])('refuses %j', (options) => {
    const client = createClient()
    expect(() => client.close(options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }),
    )
    client.destroy()
  })

  test('waits ten seconds unless told otherwise, and keeps the process alive for them', async () => {
    const { client, response } = await busy()
    const done = client.close()
    expect(fake.clock.pendingRefs).toBeGreaterThan(0)
    await fake.clock.advance(9999)
    expect(client.stats().active).toBe(1)
    await fake.clock.advance(1)
    await expect(response).rejects.toMatchObject(DESTROYED)
    await done
  })

  test('twice is once', async () => {
    const { client, connection, exchange } = await busy()
    const both = [client.close(), client.close()]
    exchange.answer()
    await Promise.all(both)
    expect(connection.drains).toBe(1)
  })

  test('after destroy resolves as well', async () => {
    const { client } = await busy()
    client.destroy()
    await client.close()
  })

  test('await using closes', async () => {
    const { client, connection, exchange } = await busy()
    exchange.answer()
    await client[Symbol.asyncDispose]()
    expect(connection.state).toBe('closed')
  })

  test('a preconnect under way does not keep it waiting', async () => {
    const client = createClient()
    const preconnected = held(client.connect(URL_A))
    const done = client.close()
    await established()
    await preconnected.catch(() => {})
    await done
    expect(fake.connector.dials.length).toBe(1)
    expect(client.stats().connections).toBe(0)
  })

  test('an interceptor that throws synchronously rejects its call, and leaves nothing to wait for', async () => {
    const throwing: Interceptor = () => () => {
      throw new Error('mine')
    }
    const client = createClient({ interceptors: [throwing] })
    await expect(client.request(URL_A)).rejects.toThrow('mine')
    expect(client.stats().active).toBe(0)
    await client.close()
  })

  test('an interceptor that answers by itself, too', async () => {
    const client = createClient({ interceptors: [() => async () => clientResponse(418, [], 'short')] })
    expect((await client.request(URL_A)).status).toBe(418)
    expect(client.stats().active).toBe(0)
    await client.close()
  })

  test('an interceptor that hangs is not waited for longer than the timeout', async () => {
    const client = createClient({ interceptors: [() => () => new Promise(() => {})] })
    void client.request(URL_A)
    await fake.clock.flush()
    const done = client.close({ timeout: 500 })
    await fake.clock.advance(500)
    await done
  })
})

describe('destroy', () => {
  test('ends everything now: what runs, what waits, what is dialled', async () => {
    const { client, response, connection } = await busy()
    const waiting = held(client.request('https://b.test/'))
    const preconnecting = held(client.connect('https://c.test/'))
    client.destroy()
    for (const promise of [response, waiting, preconnecting])
      await expect(promise).rejects.toMatchObject(DESTROYED)
    expect(fake.connector.dials.slice(1).every((dial) => dial.signal.aborted)).toBe(true)
    await fake.clock.flush()
    expect(connection.state).toBe('closed')
    expect(fake.clock.pending).toBe(0)
    await expect(client.request(URL_A)).rejects.toMatchObject(CLOSED)
  })

  test('with an error has it as the cause', async () => {
    const { client, response } = await busy()
    const mine = new Error('mine')
    client.destroy(mine)
    await expect(response).rejects.toMatchObject({ ...DESTROYED, cause: mine })
  })

  test('fails the body of a response that is coming in', async () => {
    const { client, response, exchange } = await busy()
    exchange.respond().data('half')
    const text = held((await response).body.text())
    client.destroy()
    await expect(text).rejects.toMatchObject({ ...DESTROYED })
    expect(client.stats().active).toBe(0)
  })

  test('ends a request that waits for its next attempt', async () => {
    const { client, response, exchange } = await busy({ retry: { statuses: [503] } })
    exchange.answer(503, ['retry-after', '30', 'content-length', '0'])
    await fake.clock.flush()
    client.destroy()
    await expect(response).rejects.toMatchObject(DESTROYED)
    await fake.clock.advance(60_000)
    expect(fake.connector.dials.length).toBe(1)
  })

  test('in the middle of a redirect sends nothing any more', async () => {
    const client = createClient()
    const response = held(client.fetch(URL_A))
    const connection = await established()
    connection.lastExchange.answer(302, ['location', 'https://b.test/', 'content-length', '0'])
    client.destroy()
    await expect(response).rejects.toMatchObject({ cause: DESTROYED })
    expect(fake.connector.dials.length).toBe(1)
  })

  test('twice is once', async () => {
    const { client, response } = await busy()
    client.destroy(new Error('first'))
    client.destroy(new Error('second'))
    await expect(response).rejects.toMatchObject({ cause: { message: 'first' } })
  })

  test('cuts a close short', async () => {
    const { client, response } = await busy()
    const done = client.close()
    client.destroy()
    await expect(response).rejects.toMatchObject(DESTROYED)
    await done
    expect(fake.clock.pending).toBe(0)
  })
})
