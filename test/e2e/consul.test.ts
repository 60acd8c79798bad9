import { type ConsulResolverOptions, consulResolver } from 'trunkline'
import { expect, test } from 'vitest'
import { ConsulStandIn } from '../support/consul-stand-in.ts'
import type { TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { Bench, drained, rejection } from './support/bench.ts'
import { resultOf, runChild } from './support/child.ts'

const bench = new Bench()
const URL_A = 'https://a.test/'

async function scene(count: number, options: ConsulResolverOptions = {}) {
  const consul = bench.add(await ConsulStandIn.start())
  const servers = await Promise.all(Array.from({ length: count }, () => bench.h2Server()))
  const client = bench.client({
    discovery: {
      match: ['a.test'],
      resolver: consulResolver({ url: consul.url, service: () => 'orders', ...options }),
      balancer: 'weighted',
    },
  })
  const send = () => drained(client.fetch(URL_A))
  const ports = () => client.stats().services[0]?.endpoints.map(({ port }) => port)
  return { consul, servers, client, send, ports }
}

const requests = (servers: readonly TestServer[]) => servers.map(({ counts }) => counts.requests)

test('instances that pass their checks are used, by weight, and changes come by themselves', async () => {
  const { consul, servers, send, ports } = await scene(3)
  const [one, two, three] = servers as [TestServer, TestServer, TestServer]
  consul.set('orders', [
    { port: one.port, weight: 3 },
    { port: two.port, address: '127.0.0.1', weight: 1 },
    { port: three.port, passing: false },
  ])
  for (let turn = 0; turn < 4; turn += 1) await send()
  expect(requests(servers)).toEqual([3, 1, 0])
  await waitFor(() => consul.blocked === 1)
  consul.set('orders', [{ port: three.port }])
  await waitFor(() => ports()?.[0] === three.port)
  await send()
  expect(requests(servers)).toEqual([3, 1, 1])
  const [first, , blocking] = consul.queries as [URL, URL, URL]
  expect(first.pathname).toBe('/v1/health/service/orders')
  expect(Object.fromEntries(first.searchParams)).toEqual({ passing: 'true' })
  expect(Object.fromEntries(blocking.searchParams)).toEqual({ passing: 'true', index: '11', wait: '60s' })
})

test('datacenter, tags, near and token go with every question', async () => {
  let turns = 0
  const { consul, servers, send } = await scene(2, {
    datacenter: 'dc2',
    tag: ['v2', 'eu'],
    near: '_agent',
    token: async () => `secret-${++turns > 0}`,
    wait: 5000,
  })
  const [one, two] = servers as [TestServer, TestServer]
  consul.token = 'secret-true'
  consul.set('orders', [
    { port: one.port, tags: ['v1', 'eu'] },
    { port: two.port, tags: ['eu', 'v2'] },
  ])
  await send()
  await waitFor(() => consul.blocked === 1)
  expect(requests(servers)).toEqual([0, 1])
  const query = consul.queries.at(-1)?.searchParams
  expect([query?.get('dc'), query?.getAll('tag'), query?.get('near'), query?.get('wait')]).toEqual([
    'dc2',
    ['v2', 'eu'],
    '_agent',
    '5s',
  ])
})

test('an index that goes backwards is begun anew', async () => {
  const { consul, servers, send, ports } = await scene(2)
  const [one, two] = servers as [TestServer, TestServer]
  consul.set('orders', [{ port: one.port }], 500)
  await send()
  await waitFor(() => consul.blocked === 1)
  // Restored from a snapshot: the state is another one, and its index is lower.
  consul.set('orders', [{ port: two.port }], 7)
  await waitFor(() => ports()?.[0] === two.port && consul.blocked === 1)
  expect(consul.queries.slice(-3).map(({ searchParams }) => searchParams.get('index'))).toEqual([
    '500',
    null,
    '7',
  ])
  await send()
  expect(requests(servers)).toEqual([1, 1])
})

test('while Consul fails the endpoints stay, and it is not stormed', async () => {
  const { consul, servers, send, ports } = await scene(2)
  const [one, two] = servers as [TestServer, TestServer]
  consul.set('orders', [{ port: one.port }])
  await send()
  await waitFor(() => consul.blocked === 1)
  consul.failure = { status: 500, text: 'No cluster leader' }
  consul.dropConnections()
  await waitFor(() => consul.queries.at(-1)?.searchParams.get('index') === null)
  const asked = consul.queries.length
  for (let turn = 0; turn < 20; turn += 1) await send()
  expect(requests(servers)).toEqual([21, 0])
  expect(consul.queries.length).toBeLessThanOrEqual(asked + 1)
  consul.failure = null
  consul.set('orders', [{ port: two.port }])
  await waitFor(() => ports()?.[0] === two.port, { timeout: 8000 })
})

test('a token that Consul refuses shows in the error', async () => {
  const { consul, client } = await scene(0, { token: 'wrong' })
  consul.token = 'right'
  expect(await rejection(client.request(URL_A))).toMatchObject({
    code: 'ERR_TRUNKLINE_DISCOVERY_FAILED',
    message: expect.stringContaining('Consul answered 403 (Permission denied'),
  })
})

test('questions that wait end with the client, and an agent without an index is not stormed', async () => {
  const { consul, servers, send, client } = await scene(1)
  consul.indexless = true
  consul.set('orders', [{ port: (servers[0] as TestServer).port }])
  await send()
  await waitFor(() => consul.queries.length === 2)
  for (let turn = 0; turn < 10; turn += 1) await send()
  expect(consul.queries.length).toBe(2)
  consul.indexless = false
  await client.close()
  const second = await scene(1)
  second.consul.set('orders', [{ port: (second.servers[0] as TestServer).port }])
  await second.send()
  await waitFor(() => second.consul.blocked === 1)
  await second.client.close()
  await waitFor(() => second.consul.blocked === 0)
})

test('a question that waits does not keep the process alive', async () => {
  const consul = bench.add(await ConsulStandIn.start())
  const server = await bench.h2Server()
  consul.set('orders', [{ port: server.port }])
  const result = await runChild('consul', { args: [consul.url] })
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(resultOf(result)).toEqual({ status: 200, endpoints: 1 })
  expect(consul.queries.at(-1)?.searchParams.get('index')).toBe('11')
})
