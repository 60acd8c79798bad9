/** Time limits of every phase, over real sockets. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

/** Listens, and never accepts: its thread sleeps. */
const DEAF = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 20)
  })
`

/** A port on which the kernel answers no more SYNs, since what it may hold for the program is full. */
async function deafPort(): Promise<number> {
  const worker = new Worker(DEAF, { eval: true })
  bench.add(() => worker.terminate().then(() => {}))
  const [port] = (await once(worker, 'message')) as [number]
  await new Promise((resolve) => setTimeout(resolve, 100))
  const held: Socket[] = []
  bench.add(() => {
    for (const socket of held) socket.destroy()
  })
  // One that has just been begun may not have been looked at yet.
  for (let connecting = 0; connecting < 2; connecting = held.filter((socket) => socket.connecting).length) {
    held.push(connect(port, '127.0.0.1').on('error', () => {}))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return port
}

describe('a phase of the dial', () => {
  test('a server that never accepts: CONNECT_TIMEOUT, by the client, and by the request', async () => {
    const origin = `https://127.0.0.1:${await deafPort()}`
    for (const timeouts of [{ connect: 100 }, { connect: 100, tls: 60_000 }]) {
      const error = await rejection(bench.client({ timeouts }).request(origin))
      expect(error).toMatchObject({
        code: 'ERR_TRUNKLINE_CONNECT_TIMEOUT',
        phase: 'connect',
        processed: 'no',
        timings: { dns: 0 },
      })
    }
    const error = await rejection(bench.client().request(origin, { timeouts: { connect: 100 } }))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECT_TIMEOUT', phase: 'connect', attempts: 0 })
  })

  test('a server that never finishes TLS: TLS_TIMEOUT, by a limit of its own', async () => {
    const peer = await bench.rawPeer({ autoRespond: {}, beforeTls: () => 'handled' })
    const error = await rejection(bench.client({ timeouts: { tls: 100 } }).request(peer.origin))
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_TLS_TIMEOUT', phase: 'tls', processed: 'no' })
    expect(Object.keys(error.timings)).toEqual(['dns', 'connect', 'total'])
    expect(error.message).toMatch(
      /longer than 100 ms \(before: dns \d+ ms, connect \d+ ms\)\. Raise timeouts\.tls/,
    )
    const own = await rejection(bench.client().request(peer.origin, { timeouts: { tls: 100 } }))
    expect(own).toMatchObject({ code: 'ERR_TRUNKLINE_TLS_TIMEOUT', phase: 'tls', attempts: 0 })
  })

  test('tls takes the handshake out of connect', async () => {
    const server = await bench.h2Server()
    const peer = await bench.relay(server, { delay: 300 })
    const url = `https://localhost:${peer.port}/`
    const together = bench.client({ timeouts: { connect: 500 } })
    expect(await rejection(together.request(url))).toMatchObject({ code: 'ERR_TRUNKLINE_TLS_TIMEOUT' })
    const apart = bench.client({ timeouts: { connect: 500, tls: 20_000 } })
    expect((await drained(apart.fetch(url))).status).toBe(200)
  })

  test('a name server that takes its time: who has no patience leaves, the dial goes on for the others', async () => {
    const server = await bench.h2Server()
    const answer = Promise.withResolvers<string[]>()
    let asked = 0
    const resolver = () => {
      asked += 1
      return answer.promise
    }
    const client = bench.client({ dns: { resolver } })
    const url = `https://a.test:${server.port}/`
    const patient = drained(client.fetch(url))
    const hasty = await rejection(client.request(url, { timeouts: { dns: 50 } }))
    expect(hasty).toMatchObject({ code: 'ERR_TRUNKLINE_DNS_TIMEOUT', phase: 'dns', processed: 'no' })
    answer.resolve(['127.0.0.1'])
    expect((await patient).status).toBe(200)
    expect(asked).toBe(1)
  })
})

describe.each(['h2', 'http/1.1'] as const)('over %s', (protocol) => {
  test('a server that never answers: HEADERS_TIMEOUT tells of the phases before', async () => {
    const server = await bench.server(protocol)
    const error = await rejection(
      bench.client({ timeouts: { headers: 100 } }).request(`${server.origin}/hang`),
    )
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT', processed: 'maybe' })
    expect(Object.keys(error.timings)).toEqual(['queue', 'dns', 'connect', 'tls', 'total'])
    expect(error.message).toMatch(/\(before: queue \d+ ms, dns \d+ ms, connect \d+ ms, tls \d+ ms\)/)
  })

  test('a server that stalls in the body: BODY_TIMEOUT, and TOTAL_TIMEOUT', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    for (const [name, phase, ms] of [
      ['body', 'BODY', 150],
      ['total', 'TOTAL', 500],
    ] as const) {
      // With a connection at hand the head comes soon.
      await drained(client.fetch(server.origin))
      const response = await client.request(`${server.origin}/slow-body/60000`, { timeouts: { [name]: ms } })
      const error = await rejection(response.body.text())
      expect(error).toMatchObject({ code: `ERR_TRUNKLINE_${phase}_TIMEOUT`, phase: 'body', processed: 'yes' })
      expect(error.timings.headers).toBeGreaterThanOrEqual(0)
    }
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
  })

  test('total ends a chain of redirects, and one of retries', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const target = encodeURIComponent('/hang')
    await drained(client.fetch(server.origin))
    const error = await rejection(
      client.fetch(`${server.origin}/redirect/3?to=${target}`, { timeouts: { total: 800 } }),
    )
    expect(error).toMatchObject({
      message: 'fetch failed',
      cause: { code: 'ERR_TRUNKLINE_TOTAL_TIMEOUT', processed: 'yes' },
    })
    expect(error.cause.attempts).toBeGreaterThan(1)
    const retry = { limit: 3, statuses: [503], baseDelay: 60_000, maxDelay: 60_000 }
    await drained(client.fetch(server.origin))
    const tired = await rejection(
      client.request(`${server.origin}/status/503`, { retry, timeouts: { total: 500 } }),
    )
    expect(tired).toMatchObject({ code: 'ERR_TRUNKLINE_TOTAL_TIMEOUT', processed: 'yes' })
    await waitFor(() => client.stats().active === 0)
  })
})

describe('limits.http1Sockets, over all origins', () => {
  test('is never exceeded; idle sockets give way, HTTP/2 does not count', async () => {
    const servers = await Promise.all(Array.from({ length: 4 }, () => bench.h1Server()))
    const modern = await bench.h2Server()
    const client = bench.client({ limits: { http1Sockets: 2 } })
    let most = 0
    const open = () => servers.reduce((sum, { counts }) => sum + counts.openSockets, 0)
    const warm = await Promise.all(servers.map((server) => drained(client.fetch(server.origin))))
    expect(warm.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const response = await drained(client.fetch(servers[index % 4]?.origin ?? ''))
        const sockets = client.stats().origins.flatMap(({ connections }) => connections)
        most = Math.max(most, sockets.filter(({ protocol }) => protocol === 'http/1.1').length)
        return response.status
      }),
    )
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(most).toBeLessThanOrEqual(2)
    expect((await drained(client.fetch(modern.origin))).protocol).toBe('h2')
    await waitFor(() => open() <= 2)
  })
})
