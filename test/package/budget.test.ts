/** What the package may weigh, what it may depend on, and what a bundler may leave out of it. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'tsup'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { subpaths } from '../../tools/subpaths.ts'

const run = promisify(execFile)
const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const KiB = 1024
const MiB = 1024 * KiB

/** Raise one of these on purpose, with the reason in the commit. */
const BUDGET = {
  dependencies: 3,
  packed: 1.5 * MiB,
  unpacked: 5.5 * MiB,
  /** `import { fetch } from 'trunkline'`, minified, packages left outside. */
  fetchBundle: 340 * KiB,
  fetchBundleGzip: 110 * KiB,
}

let app: string

beforeAll(async () => {
  if (!existsSync(join(root, 'dist/index.js')))
    throw new Error('There is no dist/: run `npm run build` first')
  app = await realpath(await mkdtemp(join(tmpdir(), 'trunkline-budget-')))
  await mkdir(join(app, 'node_modules'))
  await symlink(root, join(app, 'node_modules/trunkline'), 'dir')
})

afterAll(() => rm(app, { recursive: true, force: true }))

describe('the budget', () => {
  test('of dependencies: lru-cache and at most two more', async () => {
    const names = Object.keys((await manifest()).dependencies)
    expect(names).toContain('lru-cache')
    expect(names.length).toBeLessThanOrEqual(BUDGET.dependencies)
  })

  test('of optional peers: each of them is marked as optional', async () => {
    const { peerDependencies, peerDependenciesMeta } = await manifest()
    const optional = Object.entries(peerDependenciesMeta).filter(([, meta]) => meta.optional)
    expect(optional.map(([name]) => name).sort()).toEqual(Object.keys(peerDependencies).sort())
  })

  test('of the tarball', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], { cwd: root })
    const [packed] = JSON.parse(stdout)
    expect(packed.size).toBeLessThan(BUDGET.packed)
    expect(packed.unpackedSize).toBeLessThan(BUDGET.unpacked)
  })

  test('of a bundle that imports fetch', async () => {
    const code = await bundled(`import { fetch } from 'trunkline'\nexport { fetch }`)
    expect(code.length).toBeLessThan(BUDGET.fetchBundle)
    expect(gzipSync(code).length).toBeLessThan(BUDGET.fetchBundleGzip)
  })
})

describe('importing the core', () => {
  test.each([
    ['ESM', 'a.mjs', `await import('trunkline')`],
    ['CommonJS', 'a.cjs', `require('trunkline')`],
  ])('loads lru-cache and no other package, as %s', async (_how, file, load) => {
    const hooks = `require('node:module').registerHooks({ resolve(name, context, next) {
      if (!/^(?:node:|\\.|\\/|file:)/.test(name)) seen.add(name)
      return next(name, context)
    } })`
    const require = file === 'a.mjs' ? `import { createRequire } from 'node:module'` : ''
    const make = file === 'a.mjs' ? 'const require = createRequire(import.meta.url)' : ''
    const code = `${require}\n${make}\nconst seen = new Set()\n${hooks}\n${load}\nconsole.log(JSON.stringify([...seen]))`
    await writeFile(join(app, file), code)
    const { stdout } = await run(process.execPath, [file], { cwd: app })
    const isPackage = (name: string) => name !== 'trunkline' && !isBuiltin(name)
    expect(JSON.parse(stdout).filter(isPackage)).toEqual(['lru-cache'])
  })

  test('loads none of what hangs beside it', async () => {
    const text = await readFile(join(root, 'dist/index.js'), 'utf8')
    const chunks = [...text.matchAll(/["']\.\/([\w-]+\.js)["']/g)].map(([, name]) => name ?? '')
    const maps = await Promise.all(
      ['index.js', ...chunks].map((name) => readFile(join(root, 'dist', `${name}.map`), 'utf8')),
    )
    const sources: string[] = maps.flatMap((map) => JSON.parse(map).sources)
    expect(sources.length).toBeGreaterThan(50)
    expect(sources.filter((path) => /src\/(?:telemetry|integrations|cli|testing)\//.test(path))).toEqual([])
  })
})

describe('a bundler', () => {
  const effects = ['register', 'top']

  test.each(subpaths().filter(({ name }) => !effects.includes(name)))(
    'leaves $specifier out when nothing of it is used',
    async ({ specifier }) => {
      const code = await bundled(`import * as all from '${specifier}'\nexport const answer = 42`)
      expect(code.length).toBeLessThan(200)
      expect(code).toContain('42')
    },
  )

  test('keeps the effect of trunkline/register', async () => {
    expect(await bundled(`import 'trunkline/register'`)).toMatch(/globalThis|defineProperty/)
  })

  test.each(subpaths().filter(({ name }) => !effects.includes(name)))(
    'may do so: $specifier touches nothing when it is loaded',
    async ({ specifier }) => {
      // Node makes its own globals lazily: the second look is the first one that counts.
      const look = `() => JSON.stringify([Reflect.ownKeys(globalThis).length, process.eventNames().map(String),
        Object.keys(process.env).length, process.getActiveResourcesInfo().length])`
      const code = `const look = ${look}; fetch; Response; WebSocket; crypto; look()
        const before = look(); await import('${specifier}'); console.log(before === look() ? 'clean' : before + look())`
      await writeFile(join(app, 'effects.mjs'), code)
      const { stdout } = await run(process.execPath, ['effects.mjs'], { cwd: app })
      expect(stdout.trim()).toBe('clean')
    },
  )
})

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
}

/** One file, minified, of a program that uses the package as it is published; other packages stay imports. */
async function bundled(program: string): Promise<string> {
  const folder = await mkdtemp(join(app, 'bundle-'))
  await writeFile(join(folder, 'entry.mjs'), program)
  await build({
    config: false,
    silent: true,
    entry: { out: join(folder, 'entry.mjs') },
    outDir: join(folder, 'out'),
    format: 'esm',
    target: 'es2023',
    platform: 'node',
    minify: true,
    dts: false,
    splitting: false,
    noExternal: [/^trunkline/],
    external: Object.keys({ ...(await manifest()).dependencies, ...(await manifest()).peerDependencies }),
  })
  const file = ['out.mjs', 'out.js'].map((name) => join(folder, 'out', name)).find(existsSync)
  return readFile(file ?? '', 'utf8')
}
