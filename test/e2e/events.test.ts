/** What is told on the channels: whatever begins also ends, however it ends, and nothing is told twice. */
import type { Client } from 'trunkline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EventLog } from '../support/event-log.ts'
import { defaultRoutes, type RouteHandler, type TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()
let log: EventLog

beforeEach(() => {
  log = new EventLog()
})
afterEach(() => log[Symbol.dispose]())

/** Every client is gone: nothing may be under way. */
async function expectAllEnded(...clients: Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close({ timeout: 300 })))
  await waitFor(() => log.open.length === 0, {
    timeout: 3000,
    message: () => `everything to end; open are ${log.open.join(', ')}`,
  })
  expect(log.faults).toEqual([])
}

describe('one request', () => {
  test('tells its course in order, with the ids that belong together', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const response = await client.fetch(`${server.origin}/echo?x=1#fragment`, {
      method: 'POST',
      body: 'hello',
    })
    expect(await response.text()).toBe('hello')
    const course = log.names.filter((name) => /^(?:request|attempt|stream|queue)/.test(name))
    expect(course).toEqual([
      'request:start',
      'attempt:start',
      'queue:start',
      'queue:end',
      'stream:start',
      'stream:headers',
      'request:headers',
      'stream:end',
      'attempt:end',
      'request:end',
    ])
    const dial = log.names.filter((name) => /^(?:dial|dns|connect:|tls|connection:open)/.test(name))
    expect(dial).toEqual([
      'dial:start',
      'dns:start',
      'dns:end',
      'connect:start',
      'connect:end',
      'tls:start',
      'tls:end',
      'dial:end',
      'connection:open',
    ])
    const [start] = log.all('request:start')
    const [end] = log.all('request:end')
    const [opened] = log.all('connection:open')
    const [stream] = log.all('stream:start')
    expect(start).toMatchObject({ method: 'POST', url: `${server.origin}/echo?x=1`, origin: server.origin })
    expect(end).toMatchObject({
      requestId: start?.requestId,
      clientId: start?.clientId,
      status: 200,
      protocol: 'h2',
      error: null,
      attempts: 1,
      redirects: 0,
      bytesReceived: 5,
      bytesSent: 5,
    })
    expect(end?.duration).toBeGreaterThanOrEqual(end?.firstByte ?? Number.POSITIVE_INFINITY)
    expect(stream).toMatchObject({
      requestId: start?.requestId,
      connectionId: opened?.connectionId,
      streamId: 1,
    })
    expect(log.all('dial:end')[0]).toMatchObject({
      dialId: opened?.dialId,
      connectionId: opened?.connectionId,
    })
    expect(log.all('tls:end')[0]).toMatchObject({
      alpn: 'h2',
      version: 'TLSv1.3',
      resumed: false,
      error: null,
    })
    await expectAllEnded(client)
    expect(log.all('connection:draining')[0]).toMatchObject({ reason: 'closing', openStreams: 0 })
    expect(log.all('connection:closed')[0]).toMatchObject({ requests: 1, protocol: 'h2', error: null })
    const times = log.events.filter(({ name }) => name !== 'connection:open').map(({ payload }) => payload.at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  test('a body that is given up: its stream and its attempt end before the call, and its bytes count', async () => {
    const server = await bench.h2Server({
      handler: (_request, response) => void response.end(Buffer.alloc(200_000)),
    })
    const client = bench.client()
    const response = await client.fetch(`${server.origin}/big`)
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    await reader.cancel()
    await waitFor(() => log.names.includes('request:end'), { timeout: 3000 })
    expect(log.names.filter((name) => /^(?:request|attempt|stream):end/.test(name))).toEqual([
      'stream:end',
      'attempt:end',
      'request:end',
    ])
    const [end] = log.all('request:end')
    expect(end?.bytesReceived).toBeGreaterThan(0)
    await expectAllEnded(client)
  })

  test('retries and redirects are attempts of one call', async () => {
    let asked = 0
    const server = await bench.h2Server({
      handler: (request, response) => {
        asked += 1
        if (request.url === '/moved') response.writeHead(302, { location: '/target' }).end()
        else response.writeHead(asked === 2 ? 503 : 200).end('text')
      },
    })
    const client = bench.client({ retry: { statuses: [503], baseDelay: 1 } })
    await drained(client.fetch(`${server.origin}/moved`))
    const [end] = log.all('request:end')
    expect(end).toMatchObject({ attempts: 3, redirects: 1, status: 200, url: `${server.origin}/moved` })
    expect(log.all('attempt:start').map(({ number, url }) => [number, url])).toEqual([
      [1, `${server.origin}/moved`],
      [2, `${server.origin}/target`],
      [3, `${server.origin}/target`],
    ])
    expect(log.all('redirect')).toMatchObject([
      {
        requestId: end?.requestId,
        status: 302,
        from: `${server.origin}/moved`,
        to: `${server.origin}/target`,
      },
    ])
    expect(log.all('retry')).toMatchObject([
      { requestId: end?.requestId, attempt: 3, status: 503, error: null, origin: server.origin },
    ])
    await expectAllEnded(client)
  })

  test('a replay is told, and is no attempt of its own', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection, index) {
        if (index > 0) return connection.autoRespond(() => ({ body: 'again' }))
        await connection.preface()
        await connection.expectRequest()
        connection.sendGoAway({ lastStreamId: 0, debug: 'bye' })
      },
    })
    const client = bench.client()
    expect(await (await client.fetch(peer.origin)).text()).toBe('again')
    expect(log.all('attempt:start')).toHaveLength(1)
    expect(log.all('stream:end').map(({ error }) => error?.code ?? null)).toEqual([
      'ERR_TRUNKLINE_GOAWAY',
      null,
    ])
    expect(log.all('replay')).toMatchObject([{ status: null, error: { code: 'ERR_TRUNKLINE_GOAWAY' } }])
    expect(log.all('goaway')).toMatchObject([{ lastStreamId: 0, http2Code: 0, debug: 'bye' }])
    expect(log.all('connection:draining')).toMatchObject([{ reason: 'goaway' }])
    await expectAllEnded(client)
  })

  test('an upload without window, and a response that nobody reads, are stalls', async () => {
    const engine = process.env.TRUNKLINE_ENGINE
    const server = await bench.h2Server()
    const client = bench.client()
    const unread = await client.fetch(`${server.origin}/stream/2000000`)
    await waitFor(() => log.all('stall:start').length > 0)
    expect(log.all('stall:start')[0]).toMatchObject({ direction: 'in', streamId: 1 })
    await unread.body?.cancel()
    await waitFor(() => log.all('stall:end').length > 0)
    if (engine === 'wire') {
      await drained(
        client.fetch(`${server.origin}/upload`, { method: 'POST', body: new Uint8Array(1_000_000) }),
      )
      expect(log.all('stall:start').some(({ direction }) => direction === 'out')).toBe(true)
      expect(new Set(log.all('frame').map(({ direction }) => direction))).toEqual(new Set(['in', 'out']))
    }
    await expectAllEnded(client)
  })

  test('a circuit that opens says why', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ breaker: { minimumCalls: 2, window: 2 }, retry: { limit: 0 } })
    for (let call = 0; call < 2; call += 1) await drained(client.fetch(`${server.origin}/status/503`))
    expect(log.all('breaker')).toMatchObject([
      { origin: server.origin, from: 'closed', to: 'open', reason: '2 of 2 calls failed and 0 were slow' },
    ])
    await expectAllEnded(client)
  })
})

test('an answer that a retry takes the place of ends without an error', async () => {
  let asked = 0
  const server = await bench.h2Server({
    handler: (_request, response) => {
      asked += 1
      response.writeHead(asked === 1 ? 503 : 200)
      // Of unknown length, and not whole: it is not waited for.
      if (asked === 1) response.write('busy')
      else response.end('done')
    },
  })
  const client = bench.client({ retry: { statuses: [503], baseDelay: 1 } })
  expect(await (await client.fetch(server.origin)).text()).toBe('done')
  expect(log.all('stream:end').map(({ status, error }) => [status, error])).toEqual([
    [503, null],
    [200, null],
  ])
  expect(log.all('attempt:end').map(({ error }) => error)).toEqual([null, null])
})

describe('whatever begins also ends', () => {
  type Deed = (client: Client, servers: Servers) => Promise<unknown>
  interface Servers {
    readonly h2: TestServer
    readonly h1: TestServer
    readonly nowhere: string
    readonly mute: string
  }

  /** Ways for a call to go, most of them badly. */
  const deeds: Readonly<Record<string, Deed>> = {
    'goes well': (client, { h2 }) => drained(client.fetch(h2.origin)),
    'over HTTP/1.1': (client, { h1 }) => drained(client.fetch(`${h1.origin}/bytes/1000`)),
    upload: (client, { h2 }) =>
      drained(client.fetch(`${h2.origin}/echo`, { method: 'POST', body: 'x'.repeat(100_000) })),
    'aborted before it began': (client, { h2 }) => client.fetch(h2.origin, { signal: AbortSignal.abort() }),
    'aborted at once': (client, { h2 }) =>
      aborted(0, (signal) => client.fetch(`${h2.origin}/hang`, { signal })),
    'aborted while it waits': (client, { h2 }) =>
      aborted(20, (signal) => client.fetch(`${h2.origin}/hang`, { signal })),
    'aborted in the body': (client, { h2 }) =>
      aborted(30, async (signal) => (await client.fetch(`${h2.origin}/slow-body/5000`, { signal })).text()),
    'aborted over HTTP/1.1': (client, { h1 }) =>
      aborted(20, (signal) => client.fetch(`${h1.origin}/hang`, { signal })),
    'aborted while it dials': (client, { mute }) => aborted(20, (signal) => client.fetch(mute, { signal })),
    'body cancelled': async (client, { h2 }) =>
      (await client.fetch(`${h2.origin}/stream/500000`)).body?.cancel(),
    'body cancelled over HTTP/1.1': async (client, { h1 }) =>
      (await client.fetch(`${h1.origin}/stream/500000`)).body?.cancel(),
    'body unread': async (client, { h2 }) => {
      const { body } = await client.request(`${h2.origin}/stream/500000`)
      setTimeout(() => body.cancel(), 50)
    },
    'headers timeout': (client, { h2 }) => client.request(`${h2.origin}/hang`, { timeouts: { headers: 30 } }),
    'body timeout': async (client, { h2 }) =>
      (await client.request(`${h2.origin}/slow-body/5000`, { timeouts: { body: 30 } })).body.text(),
    'total timeout': (client, { h2 }) => client.request(`${h2.origin}/hang`, { timeouts: { total: 30 } }),
    'connection destroyed': (client, { h2 }) => client.request(`${h2.origin}/destroy`, { method: 'POST' }),
    'retried in vain': (client, { h2 }) =>
      drained(client.fetch(`${h2.origin}/status/503`, { retry: { limit: 2, baseDelay: 5 } })),
    redirected: (client, { h2 }) => drained(client.fetch(`${h2.origin}/redirect/3`)),
    'redirected too often': (client, { h2 }) => client.fetch(`${h2.origin}/redirect/30`),
    'nobody there': (client, { nowhere }) => client.request(nowhere, { retry: false }),
    'no such name': (client) => client.request('https://nowhere.invalid/', { retry: false }),
    'not HTTP': (client, { mute }) => client.request(mute, { timeouts: { connect: 40 }, retry: false }),
    'wrong length': (client, { h2 }) =>
      client.request(`${h2.origin}/echo`, {
        method: 'POST',
        body: 'abc',
        headers: { 'content-length': '5' },
      }),
    'body that fails': (client, { h2 }) =>
      client.request(`${h2.origin}/echo`, { method: 'POST', body: failingBody(), retry: false }),
    'preconnect given up': (client, { mute }) => client.connect(mute, { signal: AbortSignal.timeout(10) }),
  }

  test.each([1, 2, 3])('whatever happens at the same time, round %i', { timeout: 30_000 }, async (round) => {
    const servers = await startServers()
    const clients = [
      bench.client({ retry: { limit: 1, baseDelay: 1 } }),
      bench.client({
        retry: { limit: 1, baseDelay: 1 },
        http2: { maxConcurrentStreams: 3 },
        limits: { queued: 20 },
      }),
      bench.client({ timeouts: { total: 3000 }, limits: { inFlight: 10 } }),
    ]
    const random = seeded(round)
    const names = Object.keys(deeds)
    const picked = Array.from(
      { length: 150 },
      (_, index) => names[index] ?? names[Math.floor(random() * names.length)],
    )
    const outcomes = picked.map((name, index) => {
      const client = clients[index % clients.length] as Client
      const deed = deeds[name as string] as Deed
      return new Promise((resolve) => setTimeout(resolve, random() * 200))
        .then(() => deed(client, servers))
        .then(
          () => null,
          (error: unknown) => error,
        )
    })
    const goAway = setInterval(() => servers.h2.goAwayAll(), 60)
    await Promise.all(outcomes)
    clearInterval(goAway)
    const requests = log.all('request:start').length
    expect(requests).toBeGreaterThan(100)
    await expectAllEnded(...clients)
    expect(log.all('request:end')).toHaveLength(requests)
    expect(log.all('connection:closed')).toHaveLength(log.all('connection:open').length)
  })

  test('a client that is destroyed in the middle of it', async () => {
    const servers = await startServers()
    const client = bench.client({ http2: { maxConcurrentStreams: 2 } })
    const calls = [
      ...Array.from({ length: 6 }, () => client.fetch(`${servers.h2.origin}/hang`)),
      client.fetch(`${servers.h2.origin}/slow-body/5000`).then((response) => response.text()),
      client.fetch(servers.mute),
      client.connect(servers.mute),
      client
        .fetch(`${servers.h2.origin}/echo`, { method: 'POST', body: new Uint8Array(3_000_000) })
        .then(drainedLate),
    ]
    const settled = Promise.allSettled(calls)
    await waitFor(() => log.all('stream:start').length >= 2 && log.all('tls:start').length >= 2)
    client.destroy()
    await settled
    await expectAllEnded(client)
    const failed = log.all('request:end').map(({ error }) => error?.code)
    expect(failed.every((code) => code === 'ERR_TRUNKLINE_CLIENT_DESTROYED')).toBe(true)
    expect(failed).toHaveLength(9)
  })

  test('a server that dies', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ retry: { limit: 0 } })
    const hanging = [1, 2, 3].map(() => rejection(client.fetch(`${server.origin}/hang`)))
    await waitFor(() => log.all('stream:start').length === 3)
    await client.request(`${server.origin}/destroy`).catch(() => {})
    await Promise.all(hanging)
    await noConnections(client)
    await expectAllEnded(client)
    expect(log.all('connection:closed')).toHaveLength(1)
    const codes = log.all('request:end').map(({ error }) => error?.code)
    expect(codes).toHaveLength(4)
    expect(codes.every((code) => code?.startsWith('ERR_TRUNKLINE_'))).toBe(true)
  })

  async function startServers(): Promise<Servers> {
    const handler: RouteHandler = async (request, response) => {
      // Clients that hang up are what this is about.
      await Promise.resolve(defaultRoutes(request, response)).catch(() => {})
    }
    const h2 = await bench.h2Server({ handler })
    const h1 = await bench.h1Server({ handler })
    const gone = await bench.h1Server()
    const nowhere = gone.origin
    await gone.teardown()
    const mute = await bench.silentPeer()
    return { h2, h1, nowhere, mute: mute.origin }
  }
})

async function drainedLate(response: { readonly body: { cancel(): Promise<void> } | null }): Promise<void> {
  await response.body?.cancel()
}

async function aborted<T>(after: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), after)
  try {
    return await run(controller.signal)
  } finally {
    clearTimeout(timer)
  }
}

async function* failingBody(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(10)
  throw new Error('the disk is gone')
}

/** A small generator of the same numbers each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
