/** What the recorder makes of real traffic, on every engine. */
import { record } from 'trunkline/inspect'
import { expect, test } from 'vitest'
import { BarMaker } from '../../src/telemetry/inspect/bars.ts'
import type { Recorder, Recording } from '../../src/telemetry/inspect/index.ts'
import { harFaults } from '../inspect/support/har-schema.ts'
import type { RouteHandler } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()
const onWire = process.env.TRUNKLINE_ENGINE === 'wire'

function recorder(options?: Parameters<typeof record>[0]): Recorder {
  const one = record(options)
  bench.add(() => one.stop())
  return one
}

/** Every request ended, and its segments explain all of its time. */
function expectWhole(recording: Recording): void {
  const maker = new BarMaker(recording)
  for (const request of recording.requests) {
    expect(request.end, request.url).not.toBeNull()
    const segments = maker.segmentsOf(request)
    expect(segments.reduce((sum, { start, end }) => sum + end - start, 0)).toBeCloseTo(
      (request.end ?? 0) - request.start,
      3,
    )
    for (const { segments: own } of maker.of(request))
      for (const { start, end } of own) expect(end).toBeGreaterThan(start)
  }
}

test('requests on one connection: one dial, a stream for each, phases that explain the time', async () => {
  const server = await bench.h2Server()
  const client = bench.client()
  const one = recorder()
  await Promise.all(Array.from({ length: 20 }, () => drained(client.fetch(`${server.origin}/delay/30`))))
  await drained(client.fetch(`${server.origin}/bytes/200000`))
  const recording = one.recording()
  expectWhole(recording)
  expect(recording.requests).toHaveLength(21)
  expect(recording.dials).toHaveLength(1)
  expect(recording.connections).toMatchObject([
    { protocol: 'h2', tls: { resumed: false }, origin: server.origin },
  ])
  const streams = recording.requests.flatMap(({ attempts }) => attempts.flatMap((attempt) => attempt.streams))
  expect(new Set(streams.map(({ streamId }) => streamId)).size).toBe(21)
  expect(streams.every(({ connectionId }) => connectionId === recording.connections[0]?.id)).toBe(true)
  expect(recording.requests.at(-1)?.bytesReceived).toBe(200_000)
  const { origins } = one.summary()
  expect(origins).toMatchObject([{ origin: server.origin, requests: 21, failed: 0 }])
  // 20 answers that the server held back for 30 ms.
  expect(origins[0]?.phases.waiting).toBeGreaterThan(20 * 25)
  expect(origins[0]?.phases.tls).toBeGreaterThan(0)
  const entries = one.har().log.entries
  expect(harFaults(one.har())).toEqual([])
  expect(entries[0]?.timings).toMatchObject({ ssl: expect.any(Number) })
  expect(entries[0]?.timings.ssl).toBeGreaterThan(0)
  expect(entries.at(-1)?.timings).toMatchObject({ dns: -1, connect: -1, ssl: -1 })
})

test('HTTP/1.1, redirects, retries and failures, with nothing left open', async () => {
  let failures = 1
  const server = await bench.h1Server({
    handler: async ({ url }, response) => {
      if (url === '/from') return void response.writeHead(302, { location: '/to' }).end()
      if (url === '/flaky' && failures-- > 0) return void response.writeHead(503).end()
      if (url === '/hang') return
      response.end('ok')
    },
  })
  const client = bench.client({ retry: { limit: 2, statuses: [503], baseDelay: 10 } })
  const one = recorder()
  await drained(client.fetch(`${server.origin}/from`))
  await drained(client.fetch(`${server.origin}/flaky`))
  await rejection(client.fetch(`${server.origin}/hang`, { signal: AbortSignal.timeout(50) }))
  await rejection(client.request('https://127.0.0.1:1/'))
  const recording = one.recording()
  expectWhole(recording)
  const [redirected, retried, aborted, refused] = recording.requests
  expect(redirected).toMatchObject({
    status: 200,
    redirects: [{ status: 302 }],
    attempts: [{ status: 302 }, { status: 200 }],
  })
  expect(retried).toMatchObject({
    status: 200,
    retries: [{ attempt: 2, status: 503 }],
    attempts: [{ status: 503 }, { status: 200 }],
  })
  expect(aborted).toMatchObject({ status: null, error: { code: 'TimeoutError' } })
  expect(refused).toMatchObject({ error: { code: 'ERR_TRUNKLINE_CONNECT_FAILED' } })
  expect(recording.dials.at(-1)).toMatchObject({
    connectionId: null,
    connects: [{ error: { code: expect.any(String) } }],
  })
  expect(recording.connections.every(({ protocol }) => protocol === 'http/1.1')).toBe(true)
  expect(harFaults(one.har())).toEqual([])
  expect(one.har().log.entries.map(({ request }) => new URL(request.url).pathname)).toEqual([
    '/from',
    '/to',
    '/flaky',
    '/flaky',
    '/hang',
    '/',
  ])
})

test('a GOAWAY, the connection that drains, and the one that follows, resumed', async () => {
  let answer = () => {}
  const handler: RouteHandler = (request, response) => {
    if (request.url !== '/slow') return void response.end()
    answer = () => response.end()
  }
  const server = await bench.h2Server({ handler })
  const client = bench.client()
  const one = recorder()
  await drained(client.fetch(server.origin))
  const slow = drained(client.fetch(`${server.origin}/slow`))
  await waitFor(() => server.counts.requests === 2)
  server.goAwayAll()
  await waitFor(() => one.recording().goAways.length > 0)
  await drained(client.fetch(server.origin))
  answer()
  await slow
  await client.close()
  await noConnections(client)
  const recording = one.recording()
  expectWhole(recording)
  expect(recording.goAways[0]).toMatchObject({ http2Code: 0, connectionId: recording.connections[0]?.id })
  expect(recording.connections).toMatchObject([
    { draining: { reason: 'goaway', openStreams: 1 }, end: expect.any(Number), requests: 2 },
    { tls: { resumed: true }, end: expect.any(Number), requests: 1 },
  ])
})

test('credentials of real requests are not kept', async () => {
  const server = await bench.h2Server()
  const client = bench.client()
  const one = recorder()
  const headers = { authorization: 'Bearer s3cret', cookie: 'sid=s3cret', 'x-fine': 'kept' }
  await drained(client.fetch(`${server.origin}/headers`, { headers }))
  const [attempt] = one.recording().requests[0]?.attempts ?? []
  expect(attempt?.headers).toEqual(expect.arrayContaining(['authorization', '(redacted)', 'x-fine', 'kept']))
  expect(one.html()).not.toContain('s3cret')
})

test('a body that nobody reads stalls its stream, and that is told', async () => {
  const server = await bench.h2Server()
  const client = bench.client()
  const one = recorder()
  const { body } = await client.request(`${server.origin}/bytes/4000000`)
  await waitFor(() => one.recording().stalls.length > 0, { timeout: 5000 })
  await body.discard()
  await waitFor(() => one.recording().requests[0]?.end != null, { timeout: 5000 })
  const recording = one.recording()
  expect(recording.stalls[0]).toMatchObject({ direction: 'in', connectionId: recording.connections[0]?.id })
})

// node:http2 shows no frames.
test.runIf(onWire)('frames are kept when asked for', async () => {
  const server = await bench.h2Server()
  const client = bench.client()
  const one = recorder({ frames: 100 })
  await drained(client.fetch(server.origin))
  const types = new Set(one.recording().frames.map(({ type, direction }) => `${direction} ${type}`))
  // HEADERS out and in, DATA in, SETTINGS both ways.
  for (const told of ['out 1', 'in 1', 'in 0', 'out 4', 'in 4']) expect(types).toContain(told)
})
