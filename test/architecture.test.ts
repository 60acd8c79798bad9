/**
 * The floors of the code, enforced. `src/` is read as text: which file imports which, on which line.
 * CONTRIBUTING.md draws the floors; each rule below says what it keeps and why.
 */
import { describe, expect, test } from 'vitest'
import { type ImportLine, parseModule, readSourceModules, type SourceModule } from './support/import-graph.ts'

interface Rule {
  readonly name: string
  readonly why: string
  check(modules: readonly SourceModule[]): string[]
}

const floors: readonly string[] = ['core', 'wire', 'connect', 'pool', 'control', 'interceptors', 'discovery']
const edgeFloor = floors.length
const features = ['telemetry', 'integrations', 'cli', 'testing']
const maxLines = 400

/** Where Node's modules may be imported for their values. Types are free everywhere. */
const homes: Readonly<Record<string, readonly string[]>> = {
  // http2-wrapper/index.ts: it exports the module along with its own, as http2-wrapper does.
  http2: ['wire/node-http2/', 'integrations/http2-wrapper/index.ts'],
  // http2-wrapper/: the bridge is Node's own ClientRequest and Agent, over sockets in memory; it dials nothing.
  http: ['wire/node-http1/', 'discovery/background-get.ts', 'integrations/http2-wrapper/'],
  https: ['wire/node-http1/', 'discovery/background-get.ts', 'integrations/http2-wrapper/'],
  // request-options.ts compares a pin with the platform's own.
  tls: ['connect/', 'testing/', 'integrations/http2-wrapper/request-options.ts'],
  // Besides: the local socket by which one process looks at another.
  net: ['connect/', 'testing/', 'telemetry/top/', 'cli/top/'],
}

const rules: readonly Rule[] = [
  {
    name: 'imports go down only',
    why: 'A lower floor that knows a higher one cannot be understood, tested or replaced without it.',
    check: (modules) =>
      eachImport(modules, ({ path }, { target }) => {
        if (target === null || isFeature(path) || isFeature(target)) return null
        const from = floorOf(path)
        const to = floorOf(target)
        return to > from ? `${floorName(from)} (floor ${from}) imports ${floorName(to)} (floor ${to})` : null
      }),
  },
  {
    name: 'the core never imports a feature',
    why: `${features.join(', ')} hang off the core; who does not use them must not load them.`,
    check: (modules) =>
      eachImport(modules, ({ path }, { target }) =>
        target !== null &&
        isFeature(target) &&
        folderOf(path) !== folderOf(target) &&
        // The command line is a program over the library: what it shows is what telemetry tells.
        !(folderOf(path) === 'cli' && folderOf(target) === 'telemetry')
          ? `only its own folder may import ${folderOf(target)}/`
          : null,
      ),
  },
  {
    name: 'testing/ imports nothing of the client but types',
    why: 'It is the other side of the wire: with code in common, a mistake would agree with itself.',
    check: (modules) =>
      eachImport(modules, ({ path }, { target, typeOnly }) =>
        typeOnly || target === null || folderOf(path) !== 'testing' || folderOf(target) === 'testing'
          ? null
          : `testing/ may know no more than the types of ${target}`,
      ),
  },
  {
    name: 'every file stands on a floor',
    why: 'A new top-level folder has no place in the order of imports until somebody gives it one here.',
    check: (modules) =>
      modules
        .filter(({ path }) => floorOf(path) === edgeFloor && !isFeature(path) && !isEdge(path))
        .map(({ path }) => `src/${path}: ${folderOf(path)}/ is no floor and no feature`),
  },
  {
    name: 'an engine imports core/ and wire/contract.ts, nothing else of ours',
    why: 'A second engine must be a one-folder job, and either must be removable.',
    check: (modules) =>
      eachImport(modules, ({ path }, { target }) => {
        const engine = engineOf(path)
        if (engine === null || target === null) return null
        const allowed = [engine, 'core/'].some((folder) => target.startsWith(folder))
        return allowed || target === 'wire/contract.ts' ? null : `${engine} may not know ${target}`
      }),
  },
  {
    name: 'only client.ts and the probe name an engine',
    why: 'Everything above wire/ works on the contract; the composition root chooses who fulfils it. A probe has to see what an engine keeps to itself: the frames of the other side.',
    check: (modules) =>
      eachImport(modules, ({ path }, { target }) => {
        const engine = target === null ? null : engineOf(target)
        return engine === null ||
          engineOf(path) === engine ||
          path === 'client.ts' ||
          path.startsWith('cli/probe/')
          ? null
          : `${engine} is named outside client.ts and cli/probe/`
      }),
  },
  {
    name: 'wire/contract.ts holds types only',
    why: 'Code in the contract would be shared by every engine, which is a base class by another name.',
    check: (modules) =>
      modules
        .filter(({ path }) => path === 'wire/contract.ts')
        .filter((module) => module.hasRuntimeCode || module.imports.some(({ typeOnly }) => !typeOnly))
        .map(({ path }) => `src/${path}: leaves code behind when its types are stripped`),
  },
  {
    name: "Node's network modules stay at home",
    why: 'Their traps are known and handled in one folder each. `import type` is allowed anywhere.',
    check: (modules) =>
      eachImport(modules, ({ path }, { specifier, typeOnly }) => {
        const allowed = homes[specifier.replace(/^node:/, '')]
        return typeOnly || allowed === undefined || allowed.some((home) => path.startsWith(home))
          ? null
          : `${specifier} may be imported in ${allowed.map((home) => `src/${home}`).join(', ')} only`
      }),
  },
  {
    name: 'no import cycles',
    why: 'Files in a cycle load in an order nobody chose and can only be understood together.',
    check: (modules) => findCycles(modules).map((cycle) => cycle.map((path) => `src/${path}`).join(' -> ')),
  },
  {
    name: `files stay under ${maxLines} lines`,
    why: 'A longer file holds more than one concept.',
    check: (modules) =>
      modules
        .filter(({ lines }) => lines >= maxLines)
        .map(({ path, lines }) => `src/${path}: ${lines} lines`),
  },
  {
    name: 'names are kebab-case',
    why: 'One way to write a name, the same on file systems that ignore case.',
    check: (modules) =>
      modules
        .filter(({ path }) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(path))
        .map(({ path }) => `src/${path}`),
  },
]

describe('src/', () => {
  const modules = readSourceModules()

  test('has sources to check', () => {
    expect(modules.length).toBeGreaterThan(0)
  })

  test.each(rules)('$name', ({ name, why, check }) => {
    const violations = check(modules)
    if (violations.length > 0) {
      expect.fail(`Rule: ${name}.\nWhy:  ${why}\n\n${violations.map((line) => `  ${line}`).join('\n')}\n`)
    }
  })
})

describe('the rules see', () => {
  const cases: readonly [rule: string, path: string, text: string][] = [
    ['imports go down only', 'core/a.ts', "import { b } from '../pool/b.ts'"],
    ['imports go down only', 'pool/a.ts', "import type { Client } from '../client.ts'"],
    ['imports go down only', 'connect/a.ts', "export * from '../interceptors/b.ts'"],
    ['the core never imports a feature', 'client.ts', "await import('./telemetry/index.ts')"],
    ['the core never imports a feature', 'pool/a.ts', "import type { Fault } from '../testing/index.ts'"],
    ['testing/ imports nothing', 'testing/a.ts', "import { b } from '../core/b.ts'"],
    ['every file stands on a floor', 'helpers/a.ts', 'export const a = 1'],
    ['an engine imports core/', 'wire/node-http2/a.ts', "import { b } from '../node-http1/b.ts'"],
    ['an engine imports core/', 'wire/node-http2/a.ts', "type B = import('../other.ts').B"],
    ['only client.ts and the probe', 'pool/a.ts', "import { e } from '../wire/node-http2/engine.ts'"],
    ['wire/contract.ts holds types only', 'wire/contract.ts', 'export const a = 1'],
    ["Node's network modules", 'pool/a.ts', "import { connect } from 'node:http2'"],
    ["Node's network modules", 'wire/node-http2/a.ts', "import tls, { type TLSSocket } from 'node:tls'"],
    ["Node's network modules", 'core/a.ts', "const net = require('net')"],
    ['files stay under', 'core/a.ts', 'export const a = 1\n'.repeat(maxLines)],
    ['names are kebab-case', 'core/someFile.ts', 'export const a = 1'],
  ]

  test.each(cases)('%s: %s', (rule, path, text) => {
    expect(violationsOf(rule, parseModule(path, text))).toHaveLength(1)
  })

  test('a cycle, once, in its order', () => {
    const cycle = [
      parseModule('core/a.ts', "import { b } from './b.ts'"),
      parseModule('core/b.ts', "export { c } from './c.ts'"),
      parseModule('core/c.ts', "import { a } from './a.ts'"),
    ]
    expect(violationsOf('no import cycles', ...cycle)).toEqual([
      'src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts',
    ])
  })

  test.each([
    ['types of Node anywhere', 'pool/a.ts', "import type { Socket } from 'node:net'"],
    ['the engine of client.ts', 'client.ts', "import { e } from './wire/node-http2/engine.ts'"],
    ['an engine over the contract', 'wire/node-http1/a.ts', "import type { Engine } from '../contract.ts'"],
    ['types of the client in testing/', 'testing/a.ts', "import type { B } from '../core/b.ts'"],
    ['sockets in testing/', 'testing/a.ts', "import { createServer } from 'node:net'"],
    ['telemetry in the command line', 'cli/a.ts', "import { record } from '../telemetry/inspect/index.ts'"],
    ['a feature over the core', 'telemetry/a.ts', "import { ClientError } from '../core/errors.ts'"],
  ])('nothing wrong with %s', (_name, path, text) => {
    const module = parseModule(path, text)
    expect(rules.flatMap(({ check }) => check([module]))).toEqual([])
  })
})

function violationsOf(rule: string, ...modules: SourceModule[]): string[] {
  return rules.filter(({ name }) => name.startsWith(rule)).flatMap(({ check }) => check(modules))
}

function eachImport(
  modules: readonly SourceModule[],
  judge: (module: SourceModule, line: ImportLine) => string | null,
): string[] {
  return modules.flatMap((module) =>
    module.imports.flatMap((line) => {
      const verdict = judge(module, line)
      return verdict === null ? [] : [`src/${module.path}:${line.line} '${line.specifier}': ${verdict}`]
    }),
  )
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}

function isFeature(path: string): boolean {
  return features.includes(folderOf(path))
}

function isEdge(path: string): boolean {
  return ['', 'fetch', 'websocket'].includes(folderOf(path))
}

function floorOf(path: string): number {
  const floor = floors.indexOf(folderOf(path))
  return floor === -1 ? edgeFloor : floor
}

function floorName(floor: number): string {
  return floors[floor] ?? 'the edge'
}

/** The engine folder a path lies in: everything in a folder below `wire/` is one. */
function engineOf(path: string): string | null {
  return /^wire\/[^/]+\//.exec(path)?.[0] ?? null
}

function findCycles(modules: readonly SourceModule[]): string[][] {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const done = new Set<string>()
  const cycles: string[][] = []
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start !== -1) cycles.push([...trail.slice(start), path])
    if (start !== -1 || done.has(path)) return
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target !== null) walk(target, [...trail, path])
    }
    done.add(path)
  }
  for (const { path } of modules) walk(path, [])
  return cycles
}
