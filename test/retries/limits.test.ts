/** The limits that docs/retries.md states, over real sockets. */
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Client,
  type ClientError,
  type ClientOptions,
  createClient,
  type RetryEvent,
} from '../../src/index.ts'
import { ensureCertificates } from '../support/certificates.ts'
import { Cleanup } from '../support/cleanup.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawRequest, RawResponse } from '../support/raw-request.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

type Answer = (request: RawRequest, connection: RawConnection) => RawResponse | undefined

async function scene(answer: Answer, options: ClientOptions = {}) {
  const arrivals: number[] = []
  const peer = cleanup.add(
    await RawPeer.listen({
      onConnection: async (connection) => {
        await connection.preface({ awaitAck: false })
        connection.autoRespond((request) => {
          arrivals.push(performance.now())
          return answer(request, connection)
        })
      },
    }),
  )
  const { ca } = await ensureCertificates()
  const client: Client = cleanup.add(createClient({ ...options, tls: { ca } }))
  return { peer, client, arrivals }
}

const refuse: Answer = (request, connection) => void connection.sendReset(request.streamId, 'REFUSED_STREAM')
/** Not before the client has read the SETTINGS, so that the connection was a good one. */
const cut: Answer = (_, connection) => {
  connection.barrier().then(
    () => connection.reset(),
    () => {},
  )
  return undefined
}
const unavailable = (retryAfter?: string): Answer => {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return () => ({ status: 503, headers, body: 'later' })
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] as number))
}

describe('replays', () => {
  test('wait 0, then 50 to 100, then 200 to 400 ms', async () => {
    const { client, peer, arrivals } = await scene(refuse)
    await expect(client.request(peer.origin, { method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_STREAM_REFUSED',
      attempts: 4,
    })
    const [first = 0, second = 0, third = 0] = gaps(arrivals)
    // Timers are late on a busy machine and never early; the clocks of both sides differ by the way between them.
    expect(first).toBeLessThan(50)
    expect(second).toBeGreaterThan(45)
    expect(second).toBeLessThan(200)
    expect(third).toBeGreaterThan(190)
    expect(third).toBeLessThan(600)
  })

  test('end with the deadline of the caller', async () => {
    const { client, peer, arrivals } = await scene(refuse)
    await client.connect(peer.origin)
    const signal = AbortSignal.timeout(150)
    await expect(client.request(peer.origin, { signal })).rejects.toBe(await reasonOf(signal))
    // The third replay, 250 ms away at least, does not come.
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(arrivals.length).toBeGreaterThanOrEqual(2)
    expect(arrivals.length).toBeLessThanOrEqual(3)
  })
})

describe('retries', () => {
  test('have a budget: ten at first, a tenth of one for each further request', async () => {
    const { client, peer, arrivals } = await scene(cut)
    for (let count = 0; count < 30; count += 1) {
      await expect(client.request(peer.origin)).rejects.toMatchObject({
        code: 'ERR_TRUNKLINE_CONNECTION_LOST',
        processed: 'maybe',
      })
    }
    const retried = arrivals.length - 30
    expect(retried).toBeGreaterThanOrEqual(11)
    expect(retried).toBeLessThanOrEqual(10 + 30 / 10)
  })

  test('are not spent on what a lost connection left waiting: every request reaches the server', async () => {
    const { client, peer, arrivals } = await scene((_, connection) => void connection.reset())
    for (let count = 1; count <= 20; count += 1) {
      const error = await client.request(peer.origin).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'maybe' })
      expect((error as ClientError).attempts).toBeGreaterThan(0)
      expect(arrivals.length).toBeGreaterThanOrEqual(count)
    }
  })

  test('tell onRetry of each, before its wait', async () => {
    const { client, peer } = await scene(unavailable())
    const events: RetryEvent[] = []
    const retry = {
      limit: 2,
      statuses: [503],
      baseDelay: 20,
      onRetry: (event: RetryEvent) => events.push(event),
    }
    const { status, body } = await client.request(`${peer.origin}/path`, { retry: { ...retry } })
    await body.discard()
    expect(status).toBe(503)
    const reason = { status: 503 }
    const same = { method: 'GET', url: `${peer.origin}/path`, reason }
    expect(events).toEqual([
      { ...same, retry: 1, delay: expect.any(Number) },
      { ...same, retry: 2, delay: expect.any(Number) },
    ])
    expect(events[0]?.delay).toBeLessThanOrEqual(20)
    expect(events[1]?.delay).toBeLessThanOrEqual(40)
  })

  test('wait for as long as Retry-After says', async () => {
    const { client, peer, arrivals } = await scene(unavailable('1'))
    const { status, body } = await client.request(peer.origin, { retry: { statuses: [503] } })
    await body.discard()
    expect(status).toBe(503)
    expect(gaps(arrivals)[0]).toBeGreaterThan(990)
  })

  test('hand the response over when Retry-After is above maxRetryAfter', async () => {
    const { client, peer, arrivals } = await scene(unavailable('1'))
    const { body } = await client.request(peer.origin, { retry: { statuses: [503], maxRetryAfter: 999 } })
    expect(await body.text()).toBe('later')
    expect(arrivals).toHaveLength(1)
  })

  test('end with the deadline of the caller', async () => {
    const { client, peer, arrivals } = await scene(unavailable('30'))
    const signal = AbortSignal.timeout(150)
    await expect(client.request(peer.origin, { signal, retry: { statuses: [503] } })).rejects.toBe(
      await reasonOf(signal),
    )
    expect(arrivals).toHaveLength(1)
  })

  test('of a client hold for fetch too, and one call can turn them off', async () => {
    const { client, peer, arrivals } = await scene(unavailable(), {
      retry: { statuses: [503], baseDelay: 5 },
    })
    const response = await client.fetch(peer.origin)
    expect([response.status, await response.text()]).toEqual([503, 'later'])
    expect(arrivals).toHaveLength(2)
    const once = await client.fetch(peer.origin, { retry: false })
    await once.text()
    expect(arrivals).toHaveLength(3)
  })
})

/** What an aborted signal rejects with, once it has fired. */
async function reasonOf(signal: AbortSignal): Promise<unknown> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  return signal.reason
}
