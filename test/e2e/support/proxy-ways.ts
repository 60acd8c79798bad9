/** Every kind of proxy, with credentials where it takes any, for what must work through all of them. */
import type { ProxySetting } from 'trunkline'
import { TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { SocksProxy } from '../../support/socks-proxy.ts'
import { type Bench, ca } from './bench.ts'

export interface ProxyWay {
  readonly name: string
  readonly kind: 'http' | 'https' | 'h2' | 'socks'
  start(bench: Bench): Promise<StartedProxy>
}

export interface StartedProxy {
  readonly setting: ProxySetting
  readonly proxy: TestProxy | SocksProxy
}

async function http(bench: Bench, kind: NonNullable<TestProxyOptions['kind']>): Promise<StartedProxy> {
  const proxy = bench.add(await TestProxy.start({ kind, login: 'user:p@ss' }))
  const tls = kind === 'http' ? {} : { tls: { ca } }
  return { proxy, setting: { url: proxy.urlWith('user:p%40ss'), ...tls } }
}

export const PROXY_WAYS: readonly ProxyWay[] = [
  ...(['http', 'https', 'h2'] as const).map((kind) => ({
    name: `an ${kind} proxy`,
    kind,
    start: (bench: Bench) => http(bench, kind),
  })),
  {
    name: 'SOCKS 5',
    kind: 'socks',
    async start(bench) {
      const proxy = bench.add(await SocksProxy.start({ login: 'user:p@ss' }))
      return { proxy, setting: `socks5h://user:p%40ss@localhost:${proxy.port}` }
    },
  },
  {
    name: 'SOCKS 4a',
    kind: 'socks',
    async start(bench) {
      const proxy = bench.add(await SocksProxy.start())
      return { proxy, setting: `socks4a://user@localhost:${proxy.port}` }
    },
  },
]
