/** The tarball as a user gets it: packed, unpacked beside its dependencies, imported, required, type-checked. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as source from '../../src/index.ts'
import * as connect from '../../src/integrations/connect/index.ts'
import * as http2wrapper from '../../src/integrations/http2-wrapper/index.ts'
import * as mock from '../../src/integrations/mock/index.ts'
import * as sse from '../../src/integrations/sse/index.ts'
import * as tickets from '../../src/integrations/tickets/index.ts'
import * as undici from '../../src/integrations/undici/index.ts'
import * as websocket from '../../src/integrations/websocket/index.ts'
import * as cache from '../../src/interceptors/cache.ts'
import * as cookies from '../../src/interceptors/cookies.ts'
import * as interceptors from '../../src/interceptors/index.ts'
import * as opentelemetry from '../../src/telemetry/opentelemetry/index.ts'
import * as prometheus from '../../src/telemetry/prometheus/index.ts'
import * as testing from '../../src/testing/index.ts'

const run = promisify(execFile)
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const sourceNames = Object.keys(source).sort()
const testingNames = Object.keys(testing).sort()

let app: string
let unpacked: string

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/index.js')))
    throw new Error('There is no dist/: run `npm run build` first')
  app = await realpath(await mkdtemp(join(tmpdir(), 'trunkline-package-')))
  unpacked = join(app, 'node_modules/trunkline')
  await mkdir(unpacked, { recursive: true })
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', app], { cwd: root })
  const tarball = (await readdir(app)).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error('`npm pack` left no tarball')
  await run('tar', ['-xzf', join(app, tarball), '--strip-components=1', '-C', unpacked])
  await linkDependencies()
})

afterAll(() => rm(app, { recursive: true, force: true }))

describe('the tarball', () => {
  test('holds the build, the manifest and the papers, nothing else', async () => {
    const names = (await readdir(unpacked)).filter((name) => name !== 'README.md').sort()
    expect(names).toEqual(['CHANGELOG.md', 'LICENSE', 'dist', 'package.json'])
    const odd = (await readdir(join(unpacked, 'dist'))).filter(
      (name) => !/\.(?:c?js(?:\.map)?|d\.c?ts)$/.test(name),
    )
    expect(odd).toEqual([])
  })

  test('has every file that its manifest names', async () => {
    const manifest = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'))
    const named = [
      ...JSON.stringify([manifest.exports, manifest.main, manifest.module, manifest.types]).matchAll(
        /\.\/[^"]+/g,
      ),
    ]
    expect(named.length).toBeGreaterThan(0)
    expect(named.map(([, path]) => path ?? '').filter((path) => !existsSync(join(unpacked, path)))).toEqual(
      [],
    )
  })

  test('runs on nothing but its declared dependencies', async () => {
    const manifest = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'))
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    const strangers = (await importedPackages()).filter((name) => !declared.includes(packageOf(name)))
    expect(strangers).toEqual([])
  })
})

describe('a program that uses it', () => {
  test('imports it as ESM, with every name of src/index.ts', async () => {
    const names = await program('a.mjs', `import * as all from 'trunkline'; print(Object.keys(all).sort())`)
    expect(names).toEqual(sourceNames)
  })

  test('requires it as CommonJS, with the same names', async () => {
    const names = await program('a.cjs', `print(Object.keys(require('trunkline')).sort())`)
    expect(names).toEqual(sourceNames)
  })

  test.each([
    ['a.mjs', `await import('trunkline/testing')`],
    ['a.cjs', `require('trunkline/testing')`],
  ])('gets the servers for tests by %s', async (file, load) => {
    expect(
      await program(file, `print(Object.keys(${file === 'a.mjs' ? `(${load})` : load}).sort())`),
    ).toEqual(testingNames)
  })

  test.each([
    ['a.mjs', `await import('trunkline/interceptors')`],
    ['a.cjs', `require('trunkline/interceptors')`],
  ])('gets the ready interceptors by %s', async (file, load) => {
    expect(
      await program(file, `print(Object.keys(${file === 'a.mjs' ? `(${load})` : load}).sort())`),
    ).toEqual(Object.keys(interceptors).sort())
  })

  test.each([
    ['cache', cache],
    ['cookies', cookies],
    ['mock', mock],
    ['websocket', websocket],
    ['sse', sse],
    ['connect', connect],
    ['tickets', tickets],
    ['http2-wrapper', http2wrapper],
    ['undici', undici],
    ['opentelemetry', opentelemetry],
    ['prometheus', prometheus],
  ])('gets trunkline/%s as ESM and as CommonJS', async (name, source) => {
    const names = Object.keys(source).sort()
    expect(await program('a.mjs', `print(Object.keys(await import('trunkline/${name}')).sort())`)).toEqual(
      names,
    )
    expect(await program('a.cjs', `print(Object.keys(require('trunkline/${name}')).sort())`)).toEqual(names)
  })

  test('needs the optional peers for nothing else', async () => {
    const peers = Object.keys(
      JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8')).peerDependencies,
    )
    const blocked = `import { registerHooks } from 'node:module'
      registerHooks({ resolve: (name, context, next) => {
        if (${JSON.stringify(peers)}.includes(name)) throw new Error('loaded ' + name)
        return next(name, context)
      } })`
    const load =
      "await import('trunkline'); await import('trunkline/interceptors'); await import('trunkline/testing'); await import('trunkline/mock')"
    const missing = "(await import('trunkline/cache').catch((error) => error)).message"
    expect(await program('a.mjs', `${blocked}; ${load}; print(${missing})`)).toBe(
      'loaded http-cache-semantics',
    )
    const opened = "(await import('trunkline')).createClient().websocket('wss://example.com')"
    const told = await program(
      'a.mjs',
      `${blocked}; print((await ${opened}.catch((error) => error)).message)`,
    )
    expect(told).toContain('npm install ws')
  })

  test('loads nothing of them with the client, and nothing of the client with them', async () => {
    const shared = async (entry: string) => {
      const text = await readFile(join(unpacked, 'dist', entry), 'utf8')
      return [...text.matchAll(/from ["'](\.\/[^"']+)["']/g)].map(([, name]) => name)
    }
    const [client, servers] = [await shared('index.js'), await shared('testing.js')]
    expect(servers.filter((name) => client.includes(name) || name === './index.js')).toEqual([])
    expect(client).not.toContain('./testing.js')
  })

  test.each([
    ['a.mjs', `await import('trunkline')`],
    ['a.cjs', `require('trunkline')`],
  ])('finds no global touched by %s', async (file, load) => {
    // Node makes its own globals lazily: touch them first, so that only our changes show.
    const look = '() => [fetch, Response, Request, Headers, FormData, Reflect.ownKeys(globalThis).length]'
    const code = `const look = ${look}; look(); const before = look(); ${load}; const after = look()
      print(after.map((value, index) => value === before[index]))`
    expect(await program(file, code)).toEqual([true, true, true, true, true, true])
  })

  test.each([
    ['a.mjs', `await import('trunkline/register')`, `(await import('trunkline')).fetch`],
    ['a.cjs', `require('trunkline/register')`, `require('trunkline').fetch`],
  ])('gets the global fetch replaced by %s', async (file, load, ours) => {
    const code = `const native = fetch; ${load}; print([fetch !== native, fetch === ${ours}])`
    expect(await program(file, code)).toEqual([true, true])
  })

  test('has ids that both copies of it count together, and one default client for both', async () => {
    const seen = await program(
      'a.mjs',
      `import { createRequire } from 'node:module'
      import * as esm from 'trunkline'
      const cjs = createRequire(import.meta.url)('trunkline')
      const ids = [esm, cjs, esm].map(({ createClient }) => createClient().snapshot().clientId)
      const client = cjs.createClient()
      const before = cjs.setDefaultClient(client)
      const isShared = esm.defaultClient() === client && esm.setDefaultClient(null) === client
      const isBack = esm.defaultClient() !== client && esm.defaultClient() !== cjs.defaultClient()
      let refused = null
      try { esm.setDefaultClient({}) } catch ({ code }) { refused = code }
      print([esm === cjs, ids, before, isShared, isBack, refused, Object.getOwnPropertySymbols(globalThis).filter((one) => String(one).includes('trunkline'))])`,
    )
    expect(seen).toEqual([false, [1, 2, 3], null, true, true, 'ERR_TRUNKLINE_INVALID_OPTION', []])
  })

  test('can be started with --import trunkline/register', async () => {
    const replaced = await program(
      'a.mjs',
      `print(fetch === (await import('trunkline')).fetch)`,
      '--import',
      'trunkline/register',
    )
    expect(replaced).toBe(true)
  })
})

describe('a TypeScript program that uses it', () => {
  const body = `
    export async function main(): Promise<number> {
      const store: CacheStore = { get: () => undefined, set() {}, delete() {} }
      const client = createClient({
        networkInterceptors: [cookies({ jar: new CookieJar() }), cache({ store })],
      })
      const viaFetch: Response = await fetch('https://localhost/')
      const viaClient: Response = await client.fetch('https://localhost/', { method: 'POST', body: 'x' })
      const { status } = await request('https://localhost/')
      const exact: number = status
      // @ts-expect-error there is no such option
      createClient({ noSuchOption: true })
      await client.close()
      const faults: Fault[] = [{ kind: 'goaway', atStream: 3 }, { kind: 'refuse', every: 2 }]
      await using server = await ChaosServer.listen({ cert: '', key: '', faults })
      const frames: readonly object[] = RawPeer.pair().connection.received
      // @ts-expect-error a GOAWAY needs its stream
      await ChaosServer.listen({ faults: [{ kind: 'goaway' }] })
      return server.counts.requests + frames.length + exact + viaFetch.status + viaClient.status
    }`
  const named = `import { createClient, fetch, request } from 'trunkline'\nimport 'trunkline/register'
    import { ChaosServer, type Fault, RawPeer } from 'trunkline/testing'
    import { cache, type CacheStore } from 'trunkline/cache'
    import { cookies } from 'trunkline/cookies'
    import { CookieJar } from 'tough-cookie'\n${body}`
  const cases: readonly [how: string, file: string, options: string[]][] = [
    ['ESM, nodenext', 'types.mts', ['--module', 'nodenext']],
    ['CommonJS, nodenext', 'types.cts', ['--module', 'nodenext']],
    ['a bundler', 'types.ts', ['--module', 'esnext', '--moduleResolution', 'bundler']],
  ]

  test.each(cases)('compiles as %s', async (_how, file, options) => {
    await writeFile(join(app, file), named)
    const strict = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--target',
      'es2023',
      '--types',
      'node',
      '--noEmit',
    ]
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [tsc, ...strict, ...options, file], { cwd: app }).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toBe('')
  })
})

/** Our dependencies and Node's types, linked to the copies this repository has installed. */
async function linkDependencies(): Promise<void> {
  const manifest = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'))
  for (const name of [
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    '@types/node',
  ]) {
    const link = join(app, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link, 'dir')
  }
}

/** `@scope/name` or `name` of a specifier. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

async function importedPackages(): Promise<string[]> {
  const dist = join(unpacked, 'dist')
  const files = (await readdir(dist)).filter((name) => /\.c?js$/.test(name))
  const texts = await Promise.all(files.map((name) => readFile(join(dist, name), 'utf8')))
  const specifiers = texts.flatMap((text) =>
    [...text.matchAll(/(?:^|[\s;}])(?:from|import|require\(|import\()\s*["']([^"'.][^"']*)["']/g)].map(
      ([, name]) => name ?? '',
    ),
  )
  return [...new Set(specifiers)].filter((name) => !name.startsWith('node:')).sort()
}

/** Runs `code` as a file of its own beside the unpacked package; returns what it printed. */
async function program(file: string, code: string, ...nodeOptions: string[]): Promise<unknown> {
  const print = 'const print = (value) => console.log(JSON.stringify(value));'
  await writeFile(join(app, file), `${print}\n${code}\n`)
  const { stdout } = await run(process.execPath, [...nodeOptions, file], { cwd: app, timeout: 20_000 })
  return JSON.parse(stdout)
}
