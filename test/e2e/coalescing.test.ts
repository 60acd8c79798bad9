import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { ClientOptions } from 'trunkline'
import { describe, expect, test } from 'vitest'
import type { H2ServerOptions, TestServer } from '../support/servers.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

const HOSTS = { 'a.test': '127.0.0.1', 'b.test': '127.0.0.1', 'trunkline.test': ['127.0.0.1', '127.0.0.9'] }

function clientOf(options: ClientOptions = {}) {
  return bench.client({ dns: { hosts: HOSTS }, ...options, http2: { coalesce: true, ...options.http2 } })
}

const urlOf = (host: string, server: TestServer, path = '/') => `https://${host}:${server.port}${path}`

/** Answers with the authority of the request. */
const WHO: H2ServerOptions = {
  handler: (request, response) => void response.end(request.headers[':authority']),
}

describe('origins at one address under one certificate', () => {
  test('share a session when that is wished, each request with its own authority', async () => {
    const server = await bench.h2Server(WHO)
    const client = clientOf()
    for (const host of ['a.test', 'b.test', 'trunkline.test', 'b.test']) {
      const response = await client.fetch(urlOf(host, server))
      expect([await response.text(), response.url]).toEqual([`${host}:${server.port}`, urlOf(host, server)])
    }
    expect(server.counts).toMatchObject({ tcpConnections: 1, tlsHandshakes: 1, requests: 4 })
  })

  test('do not unless it is wished', async () => {
    const server = await bench.h2Server()
    const client = clientOf({ http2: { coalesce: false } })
    for (const host of ['a.test', 'b.test']) await drained(client.fetch(urlOf(host, server)))
    expect(server.counts.tcpConnections).toBe(2)
  })

  test('get a session again when the shared one is gone', async () => {
    const server = await bench.h2Server(WHO)
    const client = clientOf()
    for (const host of ['a.test', 'b.test']) await drained(client.fetch(urlOf(host, server)))
    server.dropConnections()
    await noConnections(client)
    for (const host of ['b.test', 'a.test']) await drained(client.fetch(urlOf(host, server)))
    expect(server.counts).toMatchObject({ tcpConnections: 2, requests: 4 })
  })

  test('that ask for more than the session takes wait for it', async () => {
    const server = await bench.h2Server({ maxConcurrentStreams: 2 })
    const client = clientOf()
    await drained(client.fetch(urlOf('a.test', server)))
    const all = Array.from({ length: 10 }, () =>
      drained(client.fetch(urlOf('b.test', server, '/bytes/1000'))),
    )
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(server.counts.tcpConnections).toBe(1)
  })
})

describe('a session is not shared', () => {
  async function expectTwo(server: TestServer, options: ClientOptions, hosts: readonly [string, string]) {
    const client = clientOf(options)
    for (const host of hosts) await drained(client.fetch(urlOf(host, server)))
    expect(server.counts.tcpConnections).toBe(2)
  }

  test('with a host at another address', async () => {
    const server = await bench.h2Server()
    const elsewhere = createServer((socket) => {
      const onward = connect(server.port, '127.0.0.1')
      socket.pipe(onward).pipe(socket)
      for (const one of [socket, onward]) one.on('error', () => {})
    })
    elsewhere.listen(server.port, '127.0.0.2')
    await once(elsewhere, 'listening')
    bench.add(() => elsewhere.close())
    await expectTwo(server, { dns: { hosts: { ...HOSTS, 'b.test': '127.0.0.2' } } }, ['a.test', 'b.test'])
  })

  test('with a host that the certificate does not cover', async () => {
    const server = await bench.h2Server()
    const client = clientOf({ dns: { hosts: { ...HOSTS, 'c.test': '127.0.0.1' } } })
    await drained(client.fetch(urlOf('a.test', server)))
    expect(await rejection(client.request(urlOf('c.test', server)))).toMatchObject({
      code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
    })
    expect(server.counts.requests).toBe(1)
  })

  test('with a host that the check of the caller refuses', async () => {
    const server = await bench.h2Server()
    const checkServerIdentity = (host: string) => (host === 'b.test' ? new Error('not this one') : undefined)
    const client = clientOf({ tls: { checkServerIdentity } })
    await drained(client.fetch(urlOf('a.test', server)))
    expect(await rejection(client.request(urlOf('b.test', server)))).toMatchObject({
      code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED',
    })
  })

  test('when nothing is verified, or a name of the caller is', async () => {
    await expectTwo(
      await bench.h2Server({ certificate: 'otherCa' }),
      { tls: { rejectUnauthorized: false } },
      ['a.test', 'b.test'],
    )
    await expectTwo(await bench.h2Server(), { tls: { servername: 'a.test' } }, ['a.test', 'b.test'])
  })

  test('with an origin that the ORIGIN frame of the server does not name', async () => {
    const server = await bench.h2Server(WHO)
    server.server.on('session', (session) => session.origin(`https://trunkline.test:${server.port}`))
    const client = clientOf()
    for (const host of ['a.test', 'trunkline.test']) await drained(client.fetch(urlOf(host, server)))
    expect(server.counts.tcpConnections).toBe(1)
    await drained(client.fetch(urlOf('b.test', server)))
    expect(server.counts.tcpConnections).toBe(2)
  })
})

test('a 421 sends the request to a connection of its own, once and for all; the shared one goes on', async () => {
  let misdirected = 0
  const server = await bench.h2Server({
    handler: (request, response) => {
      const { servername } = request.socket as { servername?: string }
      if (String(request.headers[':authority']).startsWith(`${servername}:`)) return void response.end('mine')
      misdirected += 1
      response.writeHead(421).end('not here')
    },
  })
  const client = clientOf()
  await drained(client.fetch(urlOf('a.test', server)))
  for (let turn = 0; turn < 3; turn += 1) {
    const response = await client.request(urlOf('b.test', server), { method: 'POST', body: 'once' })
    expect([response.status, await response.body.text()]).toEqual([200, 'mine'])
  }
  await drained(client.fetch(urlOf('a.test', server)))
  expect([misdirected, server.counts.tcpConnections]).toEqual([1, 2])
  expect(client.stats().origins.map(({ origin }) => origin)).toEqual([
    `https://a.test:${server.port}`,
    `https://b.test:${server.port}`,
  ])
})

test('an error names the origin of the request, not the one whose session it rode on', async () => {
  const server = await bench.h2Server({
    handler: (request, response) => {
      if (request.url === '/cut') request.socket.destroy()
      else response.end('ok')
    },
  })
  const client = clientOf({ retry: false })
  await drained(client.fetch(urlOf('a.test', server)))
  expect(await rejection(client.request(urlOf('b.test', server, '/cut')))).toMatchObject({
    name: 'ProtocolError',
    origin: `https://b.test:${server.port}`,
  })
})
