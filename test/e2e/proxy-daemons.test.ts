import type { Socket } from 'node:net'
import type { ProxySetting } from 'trunkline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAEMON_LOGIN, daemonsMissing, ProxyDaemons } from '../support/proxy-daemons.ts'
import { Bench, ca, drained, rejection } from './support/bench.ts'

const title = daemonsMissing === null ? '' : ` (skipped: ${daemonsMissing})`

describe.skipIf(daemonsMissing !== null)(`proxies of others${title}`, () => {
  const bench = new Bench()
  let daemons: ProxyDaemons

  beforeAll(async () => {
    daemons = await ProxyDaemons.start()
  })

  afterAll(async () => {
    await daemons?.close()
  })

  const settings: readonly [name: string, of: (login: string) => ProxySetting][] = [
    ['Squid', (login) => `http://${login}localhost:${daemons.squidPort}`],
    [
      'HAProxy over TLS',
      (login) => ({
        url: `https://${login}localhost:${daemons.haproxyPort}`,
        tls: { ca },
        protocols: ['http/1.1'],
      }),
    ],
    [
      'HAProxy over HTTP/2',
      (login) => ({ url: `https://${login}localhost:${daemons.haproxyPort}`, tls: { ca } }),
    ],
  ]

  describe.each(settings)('%s', (_name, of) => {
    const login = `${DAEMON_LOGIN}@`

    test.each(['h2', 'http/1.1'] as const)('an origin that speaks %s', async (protocol) => {
      const server = await bench.server(protocol)
      const callers: string[] = []
      server.server.on('connection', (socket: Socket) => callers.push(socket.remoteAddress ?? ''))
      const lookups: string[] = []
      const resolver = async (name: string) => {
        lookups.push(name)
        return ['127.0.0.1']
      }
      const client = bench.client({ proxy: of(login), dns: { resolver } })
      const url = `https://a.test:${server.port}/echo`
      const answers = await Promise.all(Array.from({ length: 10 }, () => client.request(url)))
      for (const response of answers) {
        expect([response.status, response.protocol]).toEqual([200, protocol])
        expect(await response.body.text()).not.toMatch(/proxy-authorization|dXNlcjp/)
      }
      expect(new Set(lookups)).toEqual(new Set(['localhost']))
      if (protocol === 'h2') expect(callers).toHaveLength(1)
    })

    test('several origins, each with a body', async () => {
      const server = await bench.h2Server()
      const client = bench.client({ proxy: of(login) })
      const body = 'x'.repeat(300_000)
      const answers = await Promise.all(
        ['a.test', 'b.test', 'trunkline.test'].map(async (host) => {
          const response = await client.fetch(`https://${host}:${server.port}/echo`, { method: 'POST', body })
          return response.text()
        }),
      )
      expect(answers.map((text) => text.length)).toEqual([300_000, 300_000, 300_000])
    })

    test('wants credentials', async () => {
      const error = await rejection(bench.client({ proxy: of('') }).request('https://a.test:9/'))
      expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_PROXY_FAILED', status: 407 })
    })

    test('forbids a host, and cannot reach another', async () => {
      const client = bench.client({ proxy: of(login) })
      expect(await rejection(client.request('https://forbidden.test/'))).toMatchObject({ status: 403 })
      const unreachable = await rejection(client.request('https://a.test:9/'))
      expect(unreachable).toMatchObject({ code: 'ERR_TRUNKLINE_PROXY_FAILED', status: 503 })
    })
  })

  test('Squid is handed requests to http: origins', async () => {
    const server = await bench.h1Server({ plain: true })
    const client = bench.client({ proxy: `http://${DAEMON_LOGIN}@localhost:${daemons.squidPort}` })
    const response = await client.fetch(`http://a.test:${server.port}/echo`)
    expect(response.headers.get('via')).toContain('proxy.test')
    expect(await response.text()).not.toContain('proxy-authorization')
    await drained(client.fetch(`http://a.test:${server.port}/echo`))
    expect(await daemons.accessLog()).toContain(`GET http://a.test:${server.port}/echo user`)
  })
})
