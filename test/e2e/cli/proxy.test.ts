/** `--proxy` and `--proxy-env`, of each command that makes connections. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../support/cleanup.ts'
import { TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { certificates } from '../support/bench.ts'
import { runCli, startSite } from '../support/cli.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trunkline-proxy-'))
  file = join(folder, 'ca.pem')
  await writeFile(file, certificates.ca)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function stage(kind: TestProxyOptions['kind']) {
  const proxy = cleanup.add(await TestProxy.start({ ...(kind && { kind }), login: 'user:p@ss' }))
  const site = cleanup.add(await startSite())
  const { port } = new URL(site.origin)
  const args = ['--ca', file, '--proxy', proxy.urlWith('user:p%40ss'), '--proxy-ca', file]
  return { proxy, args, url: `https://localhost:${port}/` }
}

test.each(['http', 'h2'] as const)('get -v through an %s proxy shows the hop', async (kind) => {
  const { proxy, args, url } = await stage(kind)
  const { code, stderr } = await runCli([
    'get',
    '-v',
    '--timing',
    ...args.slice(0, kind === 'http' ? 4 : 6),
    url,
  ])
  expect([code, proxy.asks.map(({ method }) => method)]).toEqual([0, ['CONNECT']])
  expect(stderr).toContain(`asking the proxy ${proxy.url} for a tunnel to ${url.slice(0, -1)}`)
  expect(stderr).toContain(`the tunnel through ${proxy.url} stands`)
  if (kind === 'h2') expect(stderr).toContain('TLS to the proxy localhost')
  expect(stderr).toMatch(/\n {2}proxy +\d/)
  expect(stderr).not.toMatch(/p@ss|p%40ss/)
})

test.each(['http', 'h2'] as const)('probe looks at the origin through an %s proxy', async (kind) => {
  const { proxy, args, url } = await stage(kind)
  const { code, stdout, stderr } = await runCli([
    'probe',
    '--json',
    ...args.slice(0, kind === 'http' ? 4 : 6),
    url,
  ])
  expect(stderr).toBe('')
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    expect.objectContaining({ verdict: 'ready', resumption: expect.objectContaining({ resumed: true }) }),
  ])
  expect(new Set(proxy.asks.map(({ method }) => method))).toEqual(new Set(['CONNECT']))
})

test('load goes through it', async () => {
  const { proxy, args, url } = await stage('http')
  const { code, stdout } = await runCli(['load', '--json', '-n', '5', '-c', '1', ...args.slice(0, 4), url])
  expect([code, JSON.parse(stdout).kind, proxy.asks.length]).toEqual([0, 'trunkline-load', 1])
})

test('the environment is asked only when that is wanted, and never for loopback', async () => {
  const { proxy, args, url } = await stage('http')
  const env = { HTTPS_PROXY: proxy.urlWith('user:p%40ss'), NO_PROXY: '', no_proxy: '' }
  const trust = args.slice(0, 2)
  expect((await runCli(['get', ...trust, url], { env })).code).toBe(0)
  expect((await runCli(['get', ...trust, '--proxy-env', url], { env })).code).toBe(0)
  expect(proxy.asks).toEqual([])
  const elsewhere = url.replace('localhost', 'a.test')
  const { stderr } = await runCli(['get', '-v', ...trust, '--proxy-env', '-k', elsewhere], { env })
  expect([proxy.asks.length, stderr]).toEqual([1, expect.stringContaining('stands')])
})

test.each([
  [['--proxy', 'http://localhost:1', '--proxy-env'], /cannot be used together/],
  [['--proxy-insecure'], /--proxy-insecure need --proxy/],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await runCli(['get', ...args, 'https://localhost:1'])
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
})
