/** Event streams over real sockets: what ends them, and that they go on. */
import { eventStream, type Reconnect, type ServerEvent } from 'trunkline/sse'
import { describe, expect, test } from 'vitest'
import type { RouteHandler, ServerReply } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench } from './support/bench.ts'

const bench = new Bench()

/** Counts on from the last id; `onEvent` is told after each. The streams of those who left are not written to. */
function counter(onEvent: (id: number, response: ServerReply) => void): RouteHandler {
  return (request, response) => {
    let id = Number(request.headers['last-event-id'] ?? 0)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('retry: 1\n\n')
    const timer = setInterval(() => {
      id += 1
      response.write(`id: ${id}\ndata: ${id}\n\n`)
      onEvent(id, response)
    }, 2)
    response.once('close', () => clearInterval(timer))
  }
}

async function readTo(last: number, events: AsyncIterable<ServerEvent>): Promise<number[]> {
  const seen: number[] = []
  for await (const { data } of events) {
    seen.push(Number(data))
    if (Number(data) >= last) break
  }
  return seen
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe.each(['h2', 'http/1.1'] as const)('over %s', (protocol) => {
  test('nothing is missed over resets of the connection', async () => {
    const server = await bench.server(protocol, {
      handler: counter((id) => {
        if (id % 10 === 0) setImmediate(() => server.resetConnections())
      }),
    })
    const reconnects: Reconnect[] = []
    const client = bench.client()
    const stream = eventStream(client, server.origin, { onReconnect: (event) => reconnects.push(event) })
    expect(await readTo(35, stream)).toEqual(upTo(35))
    expect(reconnects.length).toBeGreaterThanOrEqual(3)
    expect(stream.lastEventId).toBe('35')
    await waitFor(() => client.stats().active === 0, { message: 'the stream to be cancelled' })
  })

  test('a connection that falls silent is left after idleTimeout', async () => {
    let asked = 0
    const server = await bench.server(protocol, {
      handler: (_request, response) => {
        asked += 1
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(`retry: 1\ndata: ${asked}\n\n`)
      },
    })
    const reasons: unknown[] = []
    const options = { idleTimeout: 100, onReconnect: ({ reason }: Reconnect) => reasons.push(reason) }
    expect(await readTo(3, eventStream(bench.client(), server.origin, options))).toEqual([1, 2, 3])
    expect(reasons[0]).toMatchObject({ error: { code: 'ERR_TRUNKLINE_BODY_TIMEOUT' } })
  })
})

test('GOAWAY: the stream goes on to its end, and the next one is on a new session', async () => {
  const server = await bench.h2Server({
    handler: counter((id, response) => {
      if (id === 5) server.goAwayAll()
      if (id === 10) response.end()
    }),
  })
  const reconnects: Reconnect[] = []
  const stream = eventStream(bench.client(), server.origin, {
    onReconnect: (event) => reconnects.push(event),
  })
  expect(await readTo(15, stream)).toEqual(upTo(15))
  expect(reconnects.map(({ reason }) => reason)).toEqual(['ended'])
  expect(server.counts.totalSessions).toBe(2)
})

test('many streams share a session, beside requests', async () => {
  const server = await bench.h2Server({ handler: counter(() => {}) })
  const client = bench.client()
  const all = await Promise.all(
    Array.from({ length: 20 }, () => readTo(5, eventStream(client, server.origin))),
  )
  expect(all).toEqual(Array.from({ length: 20 }, () => upTo(5)))
  expect(client.stats().dials).toBe(1)
})
