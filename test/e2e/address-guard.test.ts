import { expect, test } from 'vitest'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

const BLOCKED = {
  name: 'ConnectError',
  code: 'ERR_TRUNKLINE_ADDRESS_BLOCKED',
  phase: 'connect',
  processed: 'no',
}

test.each([
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0x7f.1', '017700000001', '0.0.0.0'],
  ...['[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::]', '[64:ff9b::7f00:1]', 'localhost'],
  ...['169.254.169.254', '[fd00:ec2::254]', '10.0.0.1', '[fe80::1]', '１２７.0.0.1', '127。0。0。1'],
])('%s is refused, over http and https', async (host) => {
  const server = await bench.h1Server({ plain: true })
  const client = bench.client({ addressGuard: true })
  for (const scheme of ['http', 'https'])
    expect(await rejection(client.request(`${scheme}://${host}:${server.port}/`))).toMatchObject(BLOCKED)
  expect(server.counts.tcpConnections).toBe(0)
})

test('a name that leads to loopback is refused, whoever resolves it', async () => {
  const server = await bench.h2Server()
  const url = `https://a.test:${server.port}/`
  for (const dns of [
    { hosts: { 'a.test': '127.0.0.1' } },
    { resolver: async () => ['127.0.0.1'] },
    { resolver: async () => ['::ffff:127.0.0.1'] },
    {
      lookup: ((_h: string, _o: unknown, done: (...a: unknown[]) => void) =>
        done(null, '127.0.0.1', 4)) as never,
    },
  ])
    expect(await rejection(bench.client({ dns, addressGuard: true }).request(url))).toMatchObject(BLOCKED)
  expect(server.counts.tcpConnections).toBe(0)
})

test('of several addresses only those that may be are tried', async () => {
  const server = await bench.h2Server()
  const client = bench.client({
    dns: { hosts: { 'a.test': ['10.255.255.1', '169.254.169.254', '127.0.0.1'] } },
    addressGuard: { allow: ['127.0.0.1'] },
    timeouts: { connect: 5000 },
  })
  await drained(client.fetch(`https://a.test:${server.port}/`))
  const [connection] = client.stats().origins[0]?.connections ?? []
  expect(connection?.remoteAddress).toBe('127.0.0.1')
})

test('a name that is rebound between two dials is refused at the second', async () => {
  const server = await bench.h1Server({ plain: true })
  const answers = ['127.0.0.1', '127.0.0.2']
  const client = bench.client({
    dns: { resolver: async () => [answers.shift() ?? '127.0.0.2'], ttl: 0 },
    addressGuard: { allow: ['127.0.0.1'] },
  })
  const url = `http://a.test:${server.port}/`
  await drained(client.fetch(url))
  server.dropConnections()
  await noConnections(client)
  expect(await rejection(client.request(url))).toMatchObject(BLOCKED)
  expect(server.counts.tcpConnections).toBe(1)
})

test('a redirect to an internal address is refused, and the one before it was followed', async () => {
  const inside = await bench.h1Server({ plain: true })
  const outside = await bench.h1Server({
    plain: true,
    handler: (_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.2:${inside.port}/latest/meta-data` })
      response.end()
    },
  })
  const client = bench.client({ addressGuard: { allow: ['127.0.0.1'] } })
  const error = await rejection(client.fetch(outside.origin))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.cause).toMatchObject({ ...BLOCKED, origin: `http://127.0.0.2:${inside.port}` })
  expect([outside.counts.requests, inside.counts.tcpConnections]).toEqual([1, 0])
})

test('client.connect() is held to it as well', async () => {
  const client = bench.client({ addressGuard: true })
  expect(await rejection(client.connect('https://127.0.0.1:1'))).toMatchObject(BLOCKED)
})
