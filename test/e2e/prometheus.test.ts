/** trunkline/prometheus over real connections: a scrape of what happened, in a form that Prometheus takes. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import { MemoryTlsSessionStore } from 'trunkline'
import { type PrometheusOptions, prometheus } from 'trunkline/prometheus'
import { afterEach, describe, expect, test } from 'vitest'
import { parsePrometheusText, sampleValue } from '../support/prometheus-text.ts'
import { promtoolComplaints, promtoolMissing } from '../support/promtool.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()
const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

function start(options: PrometheusOptions = {}) {
  const registry = new Registry()
  const metrics = prometheus(registry, options)
  disposals.push(() => metrics.dispose())
  const value = async (name: string, labels: Record<string, string>) =>
    sampleValue(parsePrometheusText(await registry.metrics()), `trunkline_${name}`, labels)
  return { registry, value }
}

describe.each(['h2', 'http/1.1'] as const)('over %s', (protocol) => {
  test('requests, retries, errors, connections and handshakes are counted', async () => {
    const { value } = start({ routes: ['/status/:code', '/hang'] })
    const server = await bench.server(protocol)
    const { origin } = server
    const tlsSessions = new MemoryTlsSessionStore()
    const retry = { limit: 1, statuses: [503], baseDelay: 1 }
    const client = bench.client({ tlsSessions, retry })
    for (const _ of [1, 2, 3]) await drained(client.fetch(`${origin}/status/200`))
    await drained(client.fetch(`${origin}/status/503`))
    await rejection(client.request(`${origin}/hang`, { timeouts: { headers: 50 } }))

    const answered = { origin, method: 'GET', protocol, route: '/status/:code' }
    const count = (status: string) => value('request_duration_seconds_count', { ...answered, status })
    expect([await count('2xx'), await count('5xx')]).toEqual([3, 1])
    expect(await value('retries_total', { origin, reason: '5xx' })).toBe(1)
    const late = { origin, code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT', route: '/hang' }
    expect(await value('request_errors_total', late)).toBe(1)
    expect(await value('requests_in_flight', { origin })).toBe(0)
    expect(await value('dial_phase_seconds_count', { origin, phase: 'tls' })).toBe(1)
    const open = () => value('connections', { origin, protocol, state: 'open' })
    // The aborted request of HTTP/1.1 took its connection along.
    await waitFor(async () => (await open()) === (protocol === 'h2' ? 1 : 0))

    await client.close()
    await waitFor(async () => (await open()) === 0)
    const again = bench.client({ tlsSessions })
    await drained(again.fetch(`${origin}/status/200`))
    expect(await value('tls_handshakes_total', { origin, resumed: 'false' })).toBe(1)
    expect(await value('tls_handshakes_total', { origin, resumed: 'true' })).toBe(1)
  })

  test('waits and failed dials are counted', async () => {
    const { value } = start()
    const server = await bench.server(protocol)
    const client = bench.client()
    await Promise.all(Array.from({ length: 5 }, () => drained(client.fetch(server.origin))))
    expect(await value('queue_wait_seconds_count', { origin: server.origin, outcome: 'sent' })).toBe(5)
    expect(await value('requests_queued', { origin: server.origin })).toBe(0)
    const nowhere = 'https://localhost:1'
    await rejection(client.request(nowhere))
    expect(await value('dial_errors_total', { origin: nowhere, code: 'ERR_TRUNKLINE_CONNECT_FAILED' })).toBe(
      1,
    )
  })
})

test('PINGs and GOAWAYs are counted', async () => {
  const { value } = start()
  const server = await bench.h2Server()
  const { origin } = server
  const client = bench.client()
  await drained(client.fetch(origin))
  await waitFor(async () => ((await value('ping_round_trip_seconds_count', { origin })) ?? 0) > 0)
  server.goAwayAll()
  await waitFor(async () => (await value('goaways_total', { origin, code: 'NO_ERROR' })) === 1)
})

/** What a real scraper gets: the endpoint asked over HTTP, with everything there is to show. */
async function scrape(): Promise<string> {
  const { registry } = start({ routes: ['/status/:code'] })
  const server = await bench.h2Server()
  const client = bench.client()
  await drained(client.fetch(`${server.origin}/status/200`))
  await drained(client.fetch(`${server.origin}/status/404`))
  await rejection(client.request('https://localhost:1'))
  const endpoint = createServer(async (_request, response) => {
    response.setHeader('content-type', registry.contentType)
    response.end(await registry.metrics())
  })
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
  const { port } = endpoint.address() as AddressInfo
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    return await response.text()
  } finally {
    endpoint.close()
    endpoint.closeAllConnections()
  }
}

test('a scrape is well-formed', async () => {
  const families = parsePrometheusText(await scrape())
  expect(families.size).toBeGreaterThan(10)
  for (const { help, type } of families.values()) expect([help, type]).not.toContain('')
})

const why = promtoolMissing === null ? '' : ` (skipped: ${promtoolMissing})`
test.skipIf(promtoolMissing !== null)(`promtool has no complaint about a scrape${why}`, async () => {
  expect(await promtoolComplaints('a metric that is none\n')).not.toBe('')
  expect(await promtoolComplaints(await scrape())).toBe('')
})
