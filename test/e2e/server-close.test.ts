/** Servers that end, refuse, lose and cut off: what is safe is sent again, what is not is an error. */
import { describe, expect, test } from 'vitest'
import { deterministicBytes } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

describe('GOAWAY', () => {
  test('NO_ERROR under load, again and again: no request is lost, and new sessions are used', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    let sent = 0
    let stop = false
    const lanes = Array.from({ length: 20 }, async () => {
      while (!stop) {
        sent += 1
        const method = sent % 3 === 0 ? 'POST' : 'GET'
        const init = method === 'POST' ? { method, body: 'x'.repeat(1000) } : {}
        const response = await client.fetch(`${server.origin}/echo`, init)
        expect(response.status).toBe(200)
        const text = await response.text()
        if (method === 'POST') expect(text).toHaveLength(1000)
      }
    })
    const failure = Promise.all(lanes)
    for (let round = 0; round < 10; round += 1) {
      const enough = server.counts.requests + 50
      await Promise.race([
        waitFor(() => server.counts.requests > enough, { timeout: 10_000, interval: 1 }),
        failure,
      ])
      server.goAwayAll()
    }
    stop = true
    await failure
    expect(server.counts.totalSessions).toBeGreaterThanOrEqual(10)
    expect(client.stats()).toMatchObject({ requests: sent, failed: 0 })
    // A POST may be sent again only if the server never saw it.
    expect(server.counts.requests).toBe(sent)
  })

  test('a response under way on the draining session is finished, while new requests go to another one', async () => {
    const server = await bench.h2Server()
    const client = bench.client()
    const slow = await client.fetch(`${server.origin}/slow-body/300`)
    server.goAwayAll()
    await waitFor(() => client.stats().origins[0]?.connections[0]?.standing === 'draining')
    const next = await drained(client.fetch(server.origin))
    expect(next.connectionId).not.toBe(slow.connectionId)
    expect(await slow.text()).toBe('first,last')
    await waitFor(() => client.stats().connections === 1)
  })

  test('streams above the last id are sent again elsewhere, whatever their method; those at or below it end where they are', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection, index) {
        if (index > 0)
          return connection.autoRespond(async (request) => ({ body: `again ${await request.body()}` }))
        await connection.preface()
        const requests = [
          await connection.expectRequest(),
          await connection.expectRequest(),
          await connection.expectRequest(),
        ]
        connection.sendGoAway({ lastStreamId: requests[0]?.streamId ?? 0 })
        await connection.barrier()
        await requests[0]?.respond({ body: 'first' })
      },
    })
    const client = bench.client()
    await client.connect(peer.origin)
    const texts = await Promise.all(
      ['a', 'b', 'c'].map(async (body) => (await client.fetch(peer.origin, { method: 'POST', body })).text()),
    )
    expect(texts).toEqual(['first', 'again b', 'again c'])
    expect(client.stats().failed).toBe(0)
    expect(peer.tcpConnections).toBe(2)
  })

  test('before the first request was answered, on a fresh connection: replayed', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection, index) {
        if (index > 0) return connection.autoRespond({ body: 'second' })
        await connection.preface({ awaitAck: false })
        await connection.expectRequest()
        connection.sendGoAway({ lastStreamId: 0 })
        connection.fin()
      },
    })
    const client = bench.client()
    const response = await client.fetch(peer.origin, { method: 'POST', body: 'x' })
    expect(await response.text()).toBe('second')
    expect(response.timings.attempts).toBe(2)
  })

  test('on every connection: a bounded number of attempts, then GOAWAY', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection) {
        await connection.preface({ awaitAck: false })
        await connection.expectRequest()
        connection.sendGoAway({ lastStreamId: 0 })
      },
    })
    const client = bench.client()
    const error = await rejection(client.request(peer.origin))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_GOAWAY', processed: 'no' })
    expect(error.attempts).toBeLessThanOrEqual(4)
    expect(peer.tcpConnections).toBeLessThanOrEqual(4)
  })

  test('a one-shot body that was already read cannot be replayed: the error says that nothing was processed', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection, index) {
        if (index > 0) return connection.autoRespond({})
        await connection.preface()
        await connection.expectRequest()
        await connection.expect('DATA')
        connection.sendGoAway({ lastStreamId: 0 })
      },
    })
    const client = bench.client()
    async function* once() {
      yield new Uint8Array(10)
      await new Promise(() => {})
    }
    const error = await rejection(client.request(peer.origin, { method: 'POST', body: once() }))
    expect(error).toMatchObject({ processed: 'no' })
    expect(['ERR_TRUNKLINE_GOAWAY', 'ERR_TRUNKLINE_BODY_NOT_REPLAYABLE']).toContain(error.code)
  })
})

describe('REFUSED_STREAM', () => {
  test.each(['GET', 'POST'])('%s is sent again, and succeeds', async (method) => {
    const peer = await bench.rawPeer({
      async onConnection(connection) {
        await connection.preface()
        const { streamId } = await connection.expectRequest()
        connection.sendReset(streamId, 'REFUSED_STREAM')
        connection.autoRespond(async (request) => ({ body: `${request.method} ${await request.body()}` }))
      },
    })
    const client = bench.client()
    const init = method === 'POST' ? { method, body: 'payload' } : {}
    const response = await client.fetch(peer.origin, init)
    expect(await response.text()).toBe(method === 'POST' ? 'POST payload' : 'GET ')
    expect(response.timings.attempts).toBe(2)
  })

  test('of everything, for ever: a bounded number of attempts, then STREAM_REFUSED', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection) {
        await connection.preface()
        connection.autoRespond(({ streamId }) => {
          connection.sendReset(streamId, 'REFUSED_STREAM')
          return undefined
        })
      },
    })
    const client = bench.client()
    const error = await rejection(client.request(peer.origin, { method: 'POST', body: 'x' }))
    expect(error).toMatchObject({
      name: 'StreamError',
      code: 'ERR_TRUNKLINE_STREAM_REFUSED',
      processed: 'no',
      http2Code: 7,
      attempts: 4,
    })
    expect(peer.requestCount).toBe(4)
  })
})

describe.each(['h2', 'http/1.1'] as const)('a connection that dies (%s)', (protocol) => {
  /** FIN or RST of the TCP connection, without a word from the server. */
  const endings = [
    ['reset', 'resetAll'],
    ['closed', 'finAll'],
  ] as const

  async function path() {
    const server = await bench.server(protocol)
    const relay = await bench.relay(server)
    return { server, relay, origin: `https://localhost:${relay.port}` }
  }

  test.each(endings)(
    'and is %s in the middle of a body: an error, never a short success',
    async (_, ending) => {
      const { origin, relay } = await path()
      const client = bench.client()
      const whole = await client.fetch(`${origin}/slow-body/20000`)
      const streamed = await client.request(`${origin}/slow-body/20000`)
      const reading = rejection(whole.text())
      const chunks: string[] = []
      const iterating = rejection(
        (async () => {
          for await (const chunk of streamed.body) chunks.push(Buffer.from(chunk).toString())
        })(),
      )
      await waitFor(() => chunks.length === 1)
      relay[ending]()
      const error = await reading
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toBe('terminated')
      expect(error.cause).toMatchObject({ processed: 'yes', phase: 'body' })
      expect(await iterating).toMatchObject({ processed: 'yes', phase: 'body' })
      expect(chunks).toEqual(['first,'])
      await noConnections(client)
      expect((await drained(client.fetch(origin))).status).toBe(200)
    },
  )

  test('with a content-length that was not reached: an error', async () => {
    const server = await bench.server(protocol, {
      handler: (request, response) => {
        if (request.url === '/whole') {
          response.end('fine')
          return
        }
        response.writeHead(200, { 'content-length': '1000000' })
        response.write(deterministicBytes(500_000), () => response.destroy())
      },
    })
    const client = bench.client()
    const response = await client.request(server.origin)
    expect((await rejection(response.body.bytes())).processed).toBe('yes')
    expect(await (await client.fetch(`${server.origin}/whole`)).text()).toBe('fine')
  })

  test.each(endings)(
    'and is %s after a POST was sent: CONNECTION_LOST, maybe processed, and not sent a second time',
    async (_, ending) => {
      const { server, origin, relay } = await path()
      const client = bench.client()
      const pending = rejection(client.request(`${origin}/hang`, { method: 'POST', body: 'once' }))
      await waitFor(() => server.counts.activeRequests === 1)
      relay[ending]()
      expect(await pending).toMatchObject({
        name: 'ConnectionError',
        code: 'ERR_TRUNKLINE_CONNECTION_LOST',
        processed: 'maybe',
      })
      await noConnections(client)
      await drained(client.fetch(origin))
      expect(server.counts.requests).toBe(2)
    },
  )

  test('while many requests are open: every one of them settles, and the next ones are served', async () => {
    const server = await bench.server(protocol)
    const client = bench.client({ retry: false })
    const pending = Array.from({ length: 20 }, () => rejection(client.request(`${server.origin}/hang`)))
    await waitFor(() => server.counts.activeRequests === 20)
    server.resetConnections()
    const errors = await Promise.all(pending)
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['ERR_TRUNKLINE_CONNECTION_LOST']))
    await noConnections(client)
    const next = await Promise.all(Array.from({ length: 20 }, () => drained(client.fetch(server.origin))))
    expect(next.map(({ status }) => status)).toEqual(Array(20).fill(200))
  })

  test('while it was idle: nobody notices', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    for (const ending of ['dropConnections', 'resetConnections'] as const) {
      await drained(client.fetch(server.origin))
      server[ending]()
      await noConnections(client)
    }
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
    expect(client.stats()).toMatchObject({ failed: 0, dials: 3 })
  })
})

test('behind each response, without having said so: no request is sent to a closed connection', async () => {
  const peer = await bench.rawHttp1Peer({
    tls: false,
    async onConnection(connection) {
      await connection.expectRequest()
      connection.respond({ body: 'fine' })
      connection.fin()
    },
  })
  const client = bench.client({ retry: false })
  for (let round = 0; round < 40; round += 1) {
    const init = round % 2 === 0 ? {} : { method: 'POST', body: 'once' }
    expect(await (await client.fetch(peer.origin, init)).text()).toBe('fine')
  }
  expect(client.stats()).toMatchObject({ failed: 0, dials: 40 })
})

describe('RST_STREAM in the middle of a body', () => {
  test.each(['CANCEL', 'INTERNAL_ERROR', 'REFUSED_STREAM'] as const)(
    '%s: STREAM_RESET, never a short success; the connection lives on',
    async (code) => {
      const peer = await bench.rawPeer({
        async onConnection(connection) {
          await connection.preface()
          const { streamId } = await connection.expectRequest()
          connection.together(() => {
            connection.sendHeaders(streamId, { ':status': '200' })
            connection.sendData(streamId, 'half of it')
            connection.sendReset(streamId, code)
          })
          connection.autoRespond({ body: 'fine' })
        },
      })
      const client = bench.client()
      const response = await client.request(peer.origin)
      expect(await rejection(response.body.text())).toMatchObject({
        name: 'StreamError',
        code: 'ERR_TRUNKLINE_STREAM_RESET',
        processed: 'yes',
        phase: 'body',
      })
      expect(await (await client.fetch(peer.origin)).text()).toBe('fine')
      expect(peer.tcpConnections).toBe(1)
    },
  )

  test('NO_ERROR with a content-length that was not reached: CONTENT_LENGTH_MISMATCH', async () => {
    const peer = await bench.rawPeer({
      async onConnection(connection) {
        await connection.preface()
        const { streamId } = await connection.expectRequest()
        connection.together(() => {
          connection.sendHeaders(streamId, { ':status': '200', 'content-length': '100' })
          connection.sendData(streamId, 'half of it')
          connection.sendReset(streamId, 'NO_ERROR')
        })
      },
    })
    const response = await bench.client().request(peer.origin)
    expect((await rejection(response.body.text())).code).toBe('ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH')
  })
})

test('a POST lost after its END_STREAM is not sent twice, counted at frame level', async () => {
  const peer = await bench.rawPeer({
    async onConnection(connection, index) {
      if (index > 0) return connection.autoRespond({})
      await connection.preface()
      await (await connection.expectRequest()).body()
      connection.reset()
    },
  })
  const client = bench.client()
  const error = await rejection(client.request(peer.origin, { method: 'POST', body: 'pay 10 euros' }))
  expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'maybe', attempts: 1 })
  expect((await drained(client.fetch(peer.origin))).status).toBe(200)
  const methods = peer.connections.flatMap(({ received }) =>
    received.flatMap((frame) =>
      frame.type === 'HEADERS' && frame.headers?.includes('POST') ? ['POST'] : [],
    ),
  )
  expect(methods).toEqual(['POST'])
})

test('TCP connections that are killed under load: every request settles, and a body that comes whole is right', async () => {
  const server = await bench.h2Server()
  const client = bench.client()
  let stop = false
  let done = 0
  const failures: { code: string; phase: string }[] = []
  const lanes = Array.from({ length: 20 }, async () => {
    while (!stop) {
      const length = await client
        .request(`${server.origin}/bytes/2000`)
        .then(({ body }) => body.bytes())
        .then((bytes) => bytes.length)
        .catch((error) => failures.push(error) && null)
      if (length !== null) expect(length).toBe(2000)
      done += 1
    }
  })
  for (let round = 1; round <= 10; round += 1) {
    const enough = done + 100
    await waitFor(() => done > enough && server.counts.openSockets > 0, { timeout: 10_000, interval: 1 })
    if (round < 10) server.resetConnections()
  }
  stop = true
  await Promise.all(lanes)
  // One GET may meet two killed connections; a body that has begun is not asked for again.
  expect(new Set(failures.map(({ code }) => code)).size).toBeLessThanOrEqual(1)
  for (const { code } of failures) expect(code).toBe('ERR_TRUNKLINE_CONNECTION_LOST')
  expect(failures.length).toBeLessThan(done / 4)
  expect(client.stats().active).toBe(0)
})
