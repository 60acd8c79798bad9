import { describe, expect, test } from 'vitest'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

describe('http:', () => {
  test('goes over pooled HTTP/1.1, kept alive; no TLS is counted', async () => {
    const server = await bench.h1Server({ plain: true })
    const client = bench.client()
    for (let round = 0; round < 3; round += 1) {
      const response = await drained(client.fetch(server.origin))
      expect(response.protocol).toBe('http/1.1')
      expect(response.timings.tls).toBe(round === 0 ? 0 : null)
    }
    expect(server.counts).toMatchObject({ tcpConnections: 1, requests: 3 })
    expect(client.stats()).toMatchObject({ dials: 1, handshakes: 0, resumed: 0 })
    expect(client.stats().origins[0]?.connections[0]?.tls).toBeNull()
  })

  test('a burst uses up to http1.maxSockets sockets', async () => {
    const server = await bench.h1Server({ plain: true })
    const client = bench.client({ http1: { maxSockets: 4 } })
    await Promise.all(Array.from({ length: 20 }, () => drained(client.fetch(`${server.origin}/delay/5`))))
    expect(server.counts).toMatchObject({ tcpConnections: 4, requests: 20 })
  })

  test('http: and https: on one host are two origins', async () => {
    const plain = await bench.h1Server({ plain: true })
    const secure = await bench.h2Server()
    const client = bench.client()
    await drained(client.fetch(plain.origin))
    await drained(client.fetch(secure.origin))
    expect(client.stats().origins.map(({ origin }) => origin)).toEqual([plain.origin, secure.origin])
  })

  test('https: to a server that speaks no TLS is TLS_FAILED, http: to one that does is an error too', async () => {
    const plain = await bench.h1Server({ plain: true })
    const secure = await bench.h2Server()
    const client = bench.client()
    const error = await rejection(client.request(plain.origin.replace('http:', 'https:')))
    expect(error).toMatchObject({ name: 'ConnectError', code: 'ERR_TRUNKLINE_TLS_FAILED', processed: 'no' })
    const other = await rejection(client.request(secure.origin.replace('https:', 'http:')))
    expect(other.code).toMatch(/CONNECTION_LOST|MALFORMED_RESPONSE/)
  })
})

describe('h2c by prior knowledge', () => {
  const priorKnowledge = { http2: { priorKnowledge: true } } as const

  test('http2.priorKnowledge: many requests over one connection without TLS', async () => {
    const server = await bench.h2cServer()
    const client = bench.client(priorKnowledge)
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, index) => drained(client.fetch(`${server.origin}/bytes/${index}`))),
    )
    expect(new Set(responses.map(({ protocol }) => protocol))).toEqual(new Set(['h2']))
    expect(server.counts).toMatchObject({ tcpConnections: 1, totalSessions: 1, requests: 30 })
    expect(client.stats()).toMatchObject({ dials: 1, handshakes: 0 })
  })

  test('uploads, trailers and GOAWAY work as over TLS', async () => {
    const server = await bench.h2cServer()
    const client = bench.client(priorKnowledge)
    const response = await client.request(`${server.origin}/upload`, {
      method: 'POST',
      body: 'body',
      trailers: { 'x-sum': '1' },
    })
    expect(await response.body.json()).toMatchObject({ length: 4, trailers: { 'x-sum': '1' } })
    server.goAwayAll()
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
  })

  test('https: is not affected: ALPN decides there', async () => {
    const server = await bench.h1Server()
    expect((await drained(bench.client(priorKnowledge).fetch(server.origin))).protocol).toBe('http/1.1')
  })

  test('without the option a server that knows only h2c is an error, not a hang', async () => {
    const server = await bench.h2cServer()
    const error = await rejection(bench.client().request(server.origin, { retry: false }))
    expect(error.code).toMatch(/CONNECTION_LOST|MALFORMED_RESPONSE/)
  })

  test('with it a server that knows only HTTP/1.1 is an error, not a hang', async () => {
    const server = await bench.h1Server({ plain: true })
    const client = bench.client(priorKnowledge)
    const error = await rejection(client.request(server.origin, { retry: false }))
    expect(error.code).toMatch(/PROTOCOL_VIOLATION|CONNECTION_LOST/)
  })
})
