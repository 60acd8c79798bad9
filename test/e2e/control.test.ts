/** What keeps a client under control, against real servers. */
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { RouteHandler, ServerReply, ServerRequest } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, collectUntil, drained, rejection } from './support/bench.ts'
import { resultOf, runChild } from './support/child.ts'

const bench = new Bench()
const protocols = ['h2', 'http/1.1'] as const

/** A server that keeps requests until it is told to answer them, and notes the order in which they came. */
class Desk {
  readonly paths: string[] = []
  readonly #waiting: ServerReply[] = []
  most = 0

  readonly handler: RouteHandler = (request: ServerRequest, response: ServerReply) => {
    this.paths.push(request.url ?? '')
    this.#waiting.push(response)
    this.most = Math.max(this.most, this.#waiting.length)
    response.on('close', () => {
      const place = this.#waiting.indexOf(response)
      if (place !== -1) this.#waiting.splice(place, 1)
    })
  }

  get waiting(): number {
    return this.#waiting.length
  }

  answer(count = 1): void {
    for (const response of this.#waiting.splice(0, count)) response.end('done')
  }

  /** Until nobody waits, and everything was asked. */
  async serve(requests: number): Promise<void> {
    await waitFor(() => {
      this.answer()
      return this.paths.length === requests && this.waiting === 0
    })
  }
}

describe('limits.inFlight', () => {
  test.each(protocols)('is never exceeded, and all are served: %s', async (protocol) => {
    const desk = new Desk()
    const server = await bench.server(protocol, { handler: desk.handler })
    const client = bench.client({ limits: { inFlight: 5 } })
    const all = Promise.all(Array.from({ length: 40 }, () => drained(client.fetch(server.origin))))
    await desk.serve(40)
    expect((await all).every(({ status }) => status === 200)).toBe(true)
    expect(desk.most).toBe(5)
    expect(client.stats().inFlight).toEqual([])
  })

  test('an origin that hangs does not keep others from their turns', async () => {
    const stuck = new Desk()
    const desk = new Desk()
    const [hanging, well] = [
      await bench.h2Server({ handler: stuck.handler }),
      await bench.h2Server({ handler: desk.handler }),
    ]
    const client = bench.client({ limits: { inFlight: 6, inFlightPerOrigin: 4 } })
    const controller = new AbortController()
    const lost = Array.from({ length: 20 }, () =>
      client.fetch(hanging.origin, { signal: controller.signal }).catch(() => 'aborted'),
    )
    await waitFor(() => stuck.waiting === 4)
    const served = Promise.all(Array.from({ length: 20 }, () => drained(client.fetch(well.origin))))
    await desk.serve(20)
    expect(await served).toHaveLength(20)
    expect(stuck.paths).toHaveLength(4)
    controller.abort()
    expect(new Set(await Promise.all(lost))).toEqual(new Set(['aborted']))
    expect(client.stats().inFlight).toEqual([])
  })

  test('urgent requests overtake, and the server is told', async () => {
    const priorities: string[] = []
    const desk = new Desk()
    const server = await bench.h2Server({
      handler: (request, response) => {
        priorities.push(`${request.url} ${request.headers.priority ?? ''}`.trim())
        desk.handler(request, response)
      },
    })
    const client = bench.client({ limits: { inFlightPerOrigin: 1 } })
    const send = (path: string, urgency: number) =>
      drained(client.fetch(server.origin + path, { priority: { urgency } }))
    const all = [send('/1', 3), send('/background', 7), send('/2', 3), send('/urgent', 0)]
    await desk.serve(4)
    await Promise.all(all)
    expect(priorities).toEqual(['/1', '/urgent u=0', '/2', '/background u=7'])
  })

  test('a queue timeout says that it was ours', async () => {
    const desk = new Desk()
    const server = await bench.h2Server({ handler: desk.handler })
    const client = bench.client({ limits: { inFlight: 1 }, timeouts: { queue: 50 } })
    // A dial is a wait as well, and may last longer than that.
    await client.connect(server.origin)
    const first = drained(client.fetch(server.origin))
    await waitFor(() => desk.waiting === 1)
    const error = await rejection(client.request(server.origin))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_QUEUE_TIMEOUT', processed: 'no', phase: 'queue' })
    expect(error.message).toContain('did not get its turn')
    desk.answer()
    expect((await first).status).toBe(200)
  })

  test('can be raised while requests wait', async () => {
    const desk = new Desk()
    const server = await bench.h2Server({ handler: desk.handler })
    const client = bench.client({ limits: { inFlight: 1 } })
    const all = Array.from({ length: 4 }, () => drained(client.fetch(server.origin)))
    await waitFor(() => desk.waiting === 1)
    client.update({ limits: { inFlight: 4 } })
    await waitFor(() => desk.waiting === 4)
    desk.answer(4)
    await Promise.all(all)
  })

  test('a response that is dropped unread gives its place back when it is cancelled', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ limits: { inFlight: 1 } })
    const first = await client.request(`${server.origin}/bytes/3000000`)
    const second = client.request(server.origin)
    await waitFor(() => client.stats().inFlight[0]?.waiting === 1)
    first.body.cancel()
    expect((await second).status).toBe(200)
  })
})

test('a response that is dropped unread gives its place back when it is collected', async () => {
  const server = await bench.h2Server()
  const client = bench.client({ limits: { inFlightPerOrigin: 1 } })
  const drop = async () => void (await client.fetch(`${server.origin}/bytes/3000000`))
  await drop()
  const second = drained(client.fetch(server.origin))
  await waitFor(() => client.stats().inFlight[0]?.waiting === 1)
  await collectUntil(() => client.stats().inFlight.length === 0, 'the dropped response to be collected')
  expect((await second).status).toBe(200)
})

describe('the breaker', () => {
  test.each(protocols)('opens when the server fails, and closes when it is well: %s', async (protocol) => {
    let status = 503
    let asked = 0
    const server = await bench.server(protocol, {
      handler: (_request, response) => {
        asked += 1
        response.statusCode = status
        response.end()
      },
    })
    const changes: string[] = []
    const client = bench.client({
      breaker: { minimumCalls: 4, openTime: 100, probes: 2, onStateChange: ({ to }) => changes.push(to) },
    })
    for (let call = 0; call < 4; call += 1) await drained(client.fetch(server.origin))
    const error = (await rejection(client.fetch(server.origin))).cause
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_CIRCUIT_OPEN', origin: server.origin, attempts: 0 })
    expect(error.retryAfter).toBeGreaterThan(0)
    expect(error.retryAfter).toBeLessThanOrEqual(100)
    expect(asked).toBe(4)
    status = 200
    await waitFor(() => client.stats().circuits[0]?.retryAfter === 0)
    for (let call = 0; call < 2; call += 1) await drained(client.fetch(server.origin))
    expect(changes).toEqual(['open', 'half-open', 'closed'])
    expect(client.stats().circuits).toMatchObject([{ state: 'closed', calls: 0 }])
  })

  test('opens when nobody listens there', async () => {
    const port = await closedPort()
    const client = bench.client({ breaker: { minimumCalls: 3 } })
    const codes: string[] = []
    for (let call = 0; call < 4; call += 1)
      codes.push((await rejection(client.request(`https://localhost:${port}`))).code)
    expect(codes.slice(2)).toEqual(['ERR_TRUNKLINE_CONNECT_FAILED', 'ERR_TRUNKLINE_CIRCUIT_OPEN'])
  })

  test('a caller who gives up is no failure of the server', async () => {
    const desk = new Desk()
    const server = await bench.h2Server({ handler: desk.handler })
    const client = bench.client({ breaker: { minimumCalls: 1 } })
    for (let call = 0; call < 3; call += 1) {
      const controller = new AbortController()
      const failed = rejection(client.request(server.origin, { signal: controller.signal }))
      await waitFor(() => desk.waiting === 1)
      controller.abort()
      await failed
      await waitFor(() => desk.waiting === 0)
    }
    expect(client.stats().circuits).toMatchObject([{ state: 'closed', calls: 0 }])
  })
})

test('adaptive: requests wait here rather than at a server that is full', async () => {
  const workers = 4
  let running = 0
  let most = 0
  const queue: (() => void)[] = []
  const server = await bench.h2Server({
    handler: (_request, response) => {
      const work = () => {
        running += 1
        setTimeout(() => {
          running -= 1
          response.end('done')
          queue.shift()?.()
        }, 10)
      }
      if (running < workers) work()
      else queue.push(work)
      most = Math.max(most, queue.length)
    },
  })
  const client = bench.client({ adaptive: { initial: 2 } })
  const results = client.map(
    Array.from({ length: 1200 }, () => server.origin),
    { concurrency: 200 },
    async (url, { index }) => {
      await drained(client.fetch(url))
      // The worst of the start is not of interest.
      if (index === 600) most = 0
    },
  )
  for await (const { error } of results) expect(error).toBe(undefined)
  console.log(`adaptive: at most ${most} requests of 200 queued at a server with ${workers} workers`)
  expect(most).toBeLessThan(60)
})

describe('map', () => {
  test.each(protocols)('fetches so many at a time, in order if asked: %s', async (protocol) => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const urls = Array.from({ length: 50 }, (_, index) => `${server.origin}/bytes/${index}`)
    const lengths: number[] = []
    for await (const { value } of client.map(urls, { concurrency: 8, order: 'input', throwOnError: true }))
      lengths.push((await value.bytes()).length)
    expect(lengths).toEqual(urls.map((_, index) => index))
  })

  test('an error is one of many results', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const port = await closedPort()
    const urls = [server.origin, `https://localhost:${port}`, server.origin]
    const outcomes: unknown[] = []
    for await (const result of client.map(urls, { order: 'input' }))
      outcomes.push(result.error === undefined ? await result.value.json() : (result.error as Error).cause)
    expect(outcomes).toMatchObject([{}, { code: 'ERR_TRUNKLINE_CONNECT_FAILED' }, {}])
  })

  test('leaving the loop ends what runs, and no stream stays open', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const urls = Array.from({ length: 10 }, (_, index) => `${server.origin}/${index === 0 ? '' : 'hang'}`)
    for await (const { value } of client.map(urls, { throwOnError: true })) {
      await value.text()
      break
    }
    await waitFor(() => client.stats().active === 0)
  })

  test('responses that came and were not taken leave no stream open either', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const urls = Array.from({ length: 10 }, () => `${server.origin}/bytes/3000000`)
    let heads = 0
    const fetchBlind = async (url: string) => {
      const response = await client.request(url)
      heads += 1
      return response
    }
    for await (const { value } of client.map(urls, { throwOnError: true }, fetchBlind)) {
      await waitFor(() => heads === 10)
      value.body.cancel()
      break
    }
    await waitFor(() => client.stats().active === 0)
  })
})

describe('closeOnSignals, in a process of its own', () => {
  test.each(protocols)('no request that was accepted is lost: %s', async (protocol) => {
    const server = await bench.server(protocol)
    const result = await runChild('close-on-signals', { args: [server.origin] })
    expect(result).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' })
    const counts = resultOf(result) as { finished: number; refused: number; sent: number }
    expect(counts).toMatchObject({ cut: 0, other: 0 })
    expect(counts.finished + counts.refused).toBe(counts.sent)
    expect(counts.finished).toBeGreaterThanOrEqual(110)
    expect(counts.refused).toBeGreaterThan(0)
  })

  test('a second signal ends it at once', async () => {
    const server = await bench.h2Server()
    const result = await runChild('close-on-signals', { args: [server.origin, 'second'] })
    expect(result).toMatchObject({ code: null, signal: 'SIGINT', stderr: '' })
  })
})

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
