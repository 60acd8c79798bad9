import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { Dnsmasq, dnsmasqMissing } from '../support/dnsmasq.ts'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

describe('fixed addresses', () => {
  test('lead a name to its server, under its own name', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ dns: { hosts: { 'a.test': '127.0.0.1' } } })
    const { protocol, url } = await drained(client.fetch(`https://a.test:${server.port}/`))
    expect([protocol, url]).toEqual(['h2', `https://a.test:${server.port}/`])
  })

  test('are tried one after the other, and the one that failed comes last from then on', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ dns: { hosts: { 'a.test': ['127.0.0.2', '127.0.0.1'] } } })
    const addressOfNext = async () => {
      await drained(client.fetch(`https://a.test:${server.port}/`))
      const address = client.stats().origins[0]?.connections[0]?.remoteAddress
      server.dropConnections()
      for (const socket of others) socket.destroy()
      await noConnections(client)
      return address
    }
    const others: Socket[] = []
    expect(await addressOfNext()).toBe('127.0.0.1')
    // From here on the other one would take the connection, if it were asked.
    const other = createTcpServer((socket) => others.push(socket))
    other.listen(server.port, '127.0.0.2')
    await once(other, 'listening')
    bench.add(() => other.close())
    expect([await addressOfNext(), await addressOfNext()]).toEqual(['127.0.0.1', '127.0.0.1'])
    expect(others.length).toBe(0)
  })
})

describe('a resolver of the caller', () => {
  test('is asked once for many connections, and again when none of its addresses works any more', async () => {
    const server = await bench.h1Server({ plain: true })
    const asked: string[] = []
    let address = '127.0.0.1'
    const client = bench.client({
      dns: {
        resolver: async (name) => {
          asked.push(name)
          return [address]
        },
      },
    })
    const url = `http://a.test:${server.port}/`
    await Promise.all(Array.from({ length: 5 }, () => drained(client.fetch(url))))
    expect(server.counts.tcpConnections).toBe(5)
    expect(asked).toEqual(['a.test'])
    // The service moves: the old address refuses, and what was cached of it is a second old.
    address = '127.0.0.3'
    const moved = createServer((_request, response) => response.end('moved'))
    moved.listen(server.port, '127.0.0.3')
    await once(moved, 'listening')
    bench.add(() => moved.close())
    bench.add(() => moved.closeAllConnections())
    const { port } = moved.address() as AddressInfo
    expect(port).toBe(server.port)
    await server.close()
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const response = await client.fetch(url)
    expect(await response.text()).toBe('moved')
    expect(asked).toEqual(['a.test', 'a.test'])
  })

  test('that does not answer ends in DNS_TIMEOUT, with its own limit, and the next dial asks anew', async () => {
    const server = await bench.h2Server()
    let silent = true
    const resolver = () => (silent ? new Promise<string[]>(() => {}) : Promise.resolve(['127.0.0.1']))
    const client = bench.client({ dns: { resolver }, timeouts: { dns: 50 } })
    const url = `https://a.test:${server.port}/`
    expect(await rejection(client.request(url))).toMatchObject({
      name: 'TimeoutError',
      code: 'ERR_TRUNKLINE_DNS_TIMEOUT',
      phase: 'dns',
      processed: 'no',
      message: expect.stringContaining('timeouts.dns'),
    })
    silent = false
    expect((await drained(client.fetch(url))).status).toBe(200)
  })
})

describe.skipIf(dnsmasqMissing !== null)(
  `a name server${dnsmasqMissing === null ? '' : ` (${dnsmasqMissing})`}`,
  () => {
    let dnsmasq: Dnsmasq
    beforeAll(async () => {
      dnsmasq = await Dnsmasq.start(['--host-record=a.test,127.0.0.1,1', '--address=/b.test/127.0.0.2'])
      return () => dnsmasq.stop()
    })

    test("is asked with resolver: 'resolve', and its TTL counts", async () => {
      const server = await bench.h2Server()
      const client = bench.client({
        dns: { resolver: 'resolve', servers: [dnsmasq.server], staleFor: 0 },
        http2: { idleTimeout: 1 },
      })
      const url = `https://a.test:${server.port}/`
      expect((await drained(client.fetch(url))).status).toBe(200)
      await dnsmasq.restart(['--host-record=a.test,127.0.0.9,1'])
      await new Promise((resolve) => setTimeout(resolve, 1100))
      expect(await rejection(client.request(url))).toMatchObject({
        code: 'ERR_TRUNKLINE_CONNECT_FAILED',
        phase: 'connect',
        cause: { address: '127.0.0.9' },
      })
    })

    test('that knows no such name ends in DNS_FAILED', async () => {
      const client = bench.client({ dns: { resolver: 'resolve', servers: [dnsmasq.server] } })
      expect(await rejection(client.request('https://nowhere.test/'))).toMatchObject({
        code: 'ERR_TRUNKLINE_DNS_FAILED',
        phase: 'dns',
        cause: { code: 'ENOTFOUND' },
      })
    })

    test('may have addresses of one IP version only', async () => {
      await using six = await Dnsmasq.start(['--host-record=a.test,::1'])
      const client = bench.client({ dns: { resolver: 'resolve', servers: [six.server] } })
      // Nobody listens there; but that is where the name leads.
      expect(await rejection(client.request('https://a.test:1/'))).toMatchObject({
        code: 'ERR_TRUNKLINE_CONNECT_FAILED',
        cause: { address: '::1' },
      })
      const insisting = bench.client({ dns: { resolver: 'resolve', servers: [six.server], family: 4 } })
      expect(await rejection(insisting.request('https://a.test:1/'))).toMatchObject({
        code: 'ERR_TRUNKLINE_DNS_FAILED',
        cause: { code: 'ENODATA' },
      })
    })

    test('is not asked for localhost', async () => {
      const server = await bench.h2Server()
      const client = bench.client({ dns: { resolver: 'resolve', servers: [dnsmasq.server] } })
      expect((await drained(client.fetch(server.origin))).status).toBe(200)
    })
  },
)

/** Answers a question by its type (1: A, 28: AAAA) with 127.0.0.1, an RCODE, or not at all. Returns its address. */
async function stubServer(reply: (type: number) => 'loopback' | 'nothing' | number): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (question, { port, address }) => {
    // The type stands behind the name, and an EDNS record may follow (RFC 1035 section 4.1.2).
    const end = 12 + question.subarray(12).indexOf(0) + 1
    const outcome = reply(question.readUInt16BE(end))
    if (outcome === 'nothing') return
    const header = Buffer.from(question.subarray(0, 12))
    header.writeUInt16BE(0x8180 + (outcome === 'loopback' ? 0 : outcome), 2)
    header.writeUInt16BE(outcome === 'loopback' ? 1 : 0, 6)
    header.writeUInt16BE(0, 10)
    const record = outcome === 'loopback' ? [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1] : []
    socket.send(Buffer.concat([header, question.subarray(12, end + 4), Buffer.from(record)]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  bench.add(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
}

test('a name server that answers A and never AAAA does not hold a request up', async () => {
  const server = await bench.h2Server()
  const types: number[] = []
  const stub = await stubServer((type) => {
    types.push(type)
    return type === 1 ? 'loopback' : 'nothing'
  })
  const client = bench.client({ dns: { resolver: 'resolve', servers: [stub] }, timeouts: { dns: 1500 } })
  expect((await drained(client.fetch(`https://a.test:${server.port}/`))).status).toBe(200)
  expect(types.sort()).toEqual([1, 28])
})

test('a name server that fails at AAAA is not taken to say that there is no such name', async () => {
  const [NO_ERROR, SERVER_FAILURE] = [0, 2]
  const stub = await stubServer((type) => (type === 1 ? NO_ERROR : SERVER_FAILURE))
  const client = bench.client({ dns: { resolver: 'resolve', servers: [stub] } })
  expect(await rejection(client.request('https://a.test/'))).toMatchObject({
    code: 'ERR_TRUNKLINE_DNS_FAILED',
    cause: { code: 'ESERVFAIL' },
  })
})
