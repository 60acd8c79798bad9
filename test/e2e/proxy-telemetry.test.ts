/** What is told of dials through proxies: whose each phase is, and that whatever begins also ends. */
import type { ClientOptions, ProxySetting } from 'trunkline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EventLog } from '../support/event-log.ts'
import { TestProxy } from '../support/proxy.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, ca, drained, rejection } from './support/bench.ts'
import { PROXY_WAYS } from './support/proxy-ways.ts'

const bench = new Bench()
let log: EventLog

beforeEach(() => {
  log = new EventLog()
})
afterEach(() => log[Symbol.dispose]())

const clientOf = (proxy: ProxySetting, options: ClientOptions = {}) =>
  bench.client({ proxy, dns: { resolver: async () => ['127.0.0.1'] }, ...options })

async function expectAllEnded(): Promise<void> {
  await waitFor(() => log.open.length === 0, {
    timeout: 3000,
    message: () => `everything to end; open are ${log.open.join(', ')}`,
  })
  expect(log.faults).toEqual([])
  expect(
    JSON.stringify(log.events, (_key, value) => (value instanceof Error ? `${value.stack}` : value)),
  ).not.toMatch(/p@ss|p%40ss|dXNlcjpwQHNz/)
}

const stepsOf = (dialId: number) =>
  log.events
    .filter(({ payload }) => (payload as { dialId?: number }).dialId === dialId)
    .map(({ name, payload }) =>
      name === 'tls:start' && payload.withProxy ? 'tls:start with the proxy' : name,
    )

describe.each(PROXY_WAYS)('through $name', ({ kind, start }) => {
  test('a tunnel is a phase of its dial, and the connection to the proxy a dial of its own', async () => {
    const { setting, proxy } = await start(bench)
    const server = await bench.h2Server()
    const client = clientOf(setting)
    const response = await client.fetch(`https://a.test:${server.port}/`)
    await response.text()
    const [dial] = log.all('dial:start').filter(({ host }) => host === 'a.test')
    expect(dial?.proxy).toMatch(new RegExp(`^\\w+://localhost:${proxy.port}$`))
    expect(stepsOf(dial?.dialId ?? 0)).toEqual([
      'dial:start',
      'tunnel:start',
      'tunnel:end',
      'tls:start',
      'tls:end',
      'dial:end',
      'connection:open',
    ])
    const [tunnel] = log.all('tunnel:end')
    expect(tunnel).toMatchObject({
      dialId: dial?.dialId,
      origin: dial?.origin,
      proxy: dial?.proxy,
      error: null,
    })
    const leg = log.all('dial:start').find(({ dialId }) => dialId === tunnel?.proxyDialId)
    expect(leg).toMatchObject({ host: 'localhost', port: proxy.port, proxy: null, origin: dial?.proxy })
    const overTls = kind === 'https' || kind === 'h2'
    expect(stepsOf(leg?.dialId ?? 0)).toEqual([
      'dial:start',
      'dns:start',
      'dns:end',
      'connect:start',
      'connect:end',
      ...(overTls ? ['tls:start with the proxy', 'tls:end'] : []),
      'dial:end',
      ...(kind === 'h2' ? ['connection:open'] : []),
    ])
    expect(tunnel?.proxyConnectionId).toEqual(kind === 'h2' ? expect.any(Number) : null)
    const opened = log.all('connection:open').find(({ dialId }) => dialId === dial?.dialId)
    expect(opened?.tunnel).toBeGreaterThanOrEqual(0)
    await client.close()
    await expectAllEnded()
  })

  test('the sums of timings hold, with the proxy in them', async () => {
    const { setting } = await start(bench)
    const server = await bench.h2Server()
    const client = clientOf(setting)
    const response = await client.request(`https://a.test:${server.port}/`)
    await response.body.text()
    const { before, queued, firstByte, received, total, dns, connect, proxy, tls } = response.timings
    expect(before + queued + firstByte + (received ?? 0)).toBeCloseTo(total ?? 0, 6)
    expect(proxy).toBeGreaterThan(0)
    expect((dns ?? 0) + (connect ?? 0) + (proxy ?? 0) + (tls ?? 0)).toBeLessThanOrEqual(queued + 1e-6)
    const [opened] = log.all('connection:open').filter(({ origin }) => origin.includes('a.test'))
    expect(opened?.tunnel).toBeGreaterThanOrEqual((proxy ?? 0) - 1e-6)
  })

  test('a request that is given up while the proxy is dialled, or thinks', async () => {
    const { setting, proxy } = await start(bench)
    const server = await bench.h2Server()
    const client = clientOf(setting)
    for (let delay = 0; delay < 8; delay += 1) {
      const controller = new AbortController()
      const request = client.request(`https://a.test:${server.port}/${delay}`, { signal: controller.signal })
      if (delay === 0) controller.abort()
      else setTimeout(() => controller.abort(), delay)
      await request.then(({ body }) => body.text()).catch(() => {})
      server.dropConnections()
      if ('dropConnections' in proxy) proxy.dropConnections()
    }
    client.destroy()
    await expectAllEnded()
  })
})

test('tunnels that share a connection to the proxy tell of one dial to it', async () => {
  const proxy = bench.add(await TestProxy.start({ kind: 'h2' }))
  const servers = await Promise.all([1, 2, 3].map(() => bench.h2Server()))
  const client = clientOf({ url: proxy.url, tls: { ca } })
  await Promise.all(servers.map(({ port }) => drained(client.fetch(`https://a.test:${port}/`))))
  expect(new Set(log.all('tunnel:end').map(({ proxyDialId }) => proxyDialId)).size).toBe(1)
  expect(log.all('dial:start').filter(({ host }) => host === 'localhost')).toHaveLength(1)
  const [shown] = client.stats().proxies
  expect(shown).toMatchObject({ proxy: proxy.url, waiting: 0, dialling: 0 })
  expect(shown?.connections).toEqual([
    expect.objectContaining({ protocol: 'h2', standing: 'ready', openExchanges: 3, requests: 3, idle: null }),
  ])
  expect(shown?.connections[0]?.id).toBe(log.all('tunnel:end')[0]?.proxyConnectionId)
  await waitFor(() => client.stats().proxies[0]?.connections[0]?.roundTrip.min !== null, {
    message: 'a PING of the proxy',
  })
  await client.close()
  expect(client.stats().proxies).toEqual([])
  await expectAllEnded()
})

test('what is handed over to a proxy is one dial, with the proxy', async () => {
  const proxy = bench.add(await TestProxy.start({ kind: 'https' }))
  const server = await bench.h1Server({ plain: true })
  const client = clientOf({ url: proxy.url, tls: { ca } })
  await drained(client.fetch(`http://a.test:${server.port}/`))
  const [dial] = log.all('dial:start')
  expect(dial?.proxy).toBe(proxy.url)
  expect(stepsOf(dial?.dialId ?? 0)).toEqual([
    'dial:start',
    'dns:start',
    'dns:end',
    'connect:start',
    'connect:end',
    'tls:start with the proxy',
    'tls:end',
    'dial:end',
    'connection:open',
  ])
  expect(log.all('tls:end')).toEqual([expect.objectContaining({ withProxy: true })])
  await client.close()
  await expectAllEnded()
})

test('a proxy that refuses, and one that is not there', async () => {
  const proxy = bench.add(await TestProxy.start({ answer: () => 403 }))
  const client = clientOf(proxy.url)
  await rejection(client.request('https://a.test/'))
  expect(log.all('tunnel:end')).toEqual([
    expect.objectContaining({ error: expect.objectContaining({ code: 'ERR_TRUNKLINE_PROXY_FAILED' }) }),
  ])
  const nowhere = clientOf('http://127.0.0.1:1')
  await rejection(nowhere.request('https://a.test/'))
  const leg = log.all('dial:end').find(({ origin }) => origin === 'http://127.0.0.1:1')
  expect(leg).toMatchObject({ connectionId: null, error: { code: 'ERR_TRUNKLINE_CONNECT_FAILED' } })
  await expectAllEnded()
})
