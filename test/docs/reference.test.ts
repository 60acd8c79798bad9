/** What the documentation states about options, errors, names, numbers and commands is what the code says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { settleOptions } from '../../src/client-options.ts'
import * as trunkline from '../../src/index.ts'
import { allPages, guides, inlineCode, plain, readMarkdown, root, type TableRow } from './support/markdown.ts'
import {
  codeTypesByClass,
  parseSource,
  propertiesOf,
  readSource,
  sourcePaths,
  stringsOf,
  stringTableOf,
} from './support/source.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const pages = allPages()

describe('links', () => {
  test.each(pages.map((page) => [page.path, page] as const))('of %s lead somewhere', (_path, page) => {
    const broken = page.links
      .filter(({ target }) => !/^https?:/.test(target) && !leadsSomewhere(page.path, target))
      .map(({ line, target }) => `${page.path}:${line}: ${target}`)
    expect(broken).toEqual([])
  })

  function leadsSomewhere(from: string, target: string): boolean {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? from : posix.join(dirname(from), path)
    if (!existsSync(join(root, file))) return false
    return anchor === undefined || readMarkdown(file).anchors.has(anchor)
  }

  test('files of src/ that are named in passing exist', () => {
    const named = pages.flatMap(({ prose }) =>
      inlineCode(prose).filter((code) => /^src\/[\w/.-]+$/.test(code)),
    )
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

describe('options', () => {
  const places = ['README.md', 'docs/tls.md', 'docs/control.md', 'docs/proxies.md', 'docs/telemetry.md']
  const documented = places.flatMap((path) =>
    readMarkdown(path).rows.flatMap((row) => {
      const name = inlineCode(row.cells[0] ?? '')[0]
      // Examples, events and figures may have the name of a group.
      if (row.section === 'Examples' || (path === 'docs/telemetry.md' && row.section !== 'Options')) return []
      return name !== undefined && declaredOptions().has(name.split('.')[0] ?? '') ? [{ name, row }] : []
    }),
  )

  test('the tables have every option, and no other', () => {
    expect(documented.map(({ name }) => name).sort()).toEqual(optionPaths().sort())
  })

  test('their defaults are those of the code', () => {
    const settled = settleOptions({ breaker: {}, adaptive: {} })
    const stated = documented.filter(({ name }) => !name.startsWith('tls.'))
    const actual = Object.fromEntries(stated.map(({ name }) => [name, valueAt(settled, name)]))
    expect(Object.fromEntries(stated.map(({ name, row }) => [name, defaultIn(row)]))).toEqual(actual)
  })

  function declaredOptions(): Map<string, string | null> {
    return propertiesOf(parseSource('client-options.ts'), 'ClientOptions')
  }

  /** `protocols`, `http2.maxSessions`, ...: groups are those whose type is an interface that we declare. */
  function optionPaths(): string[] {
    return [...declaredOptions()].flatMap(([name, type]) => {
      if (type === null || !type.endsWith('Options')) return [name]
      const [file, declared] = homeOf(type)
      return [...propertiesOf(parseSource(file), declared).keys()].map((key) => `${name}.${key}`)
    })
  }

  /** Where a group of options is declared, and as what. */
  function homeOf(type: string): readonly [file: string, name: string] {
    // A function may be given in place of these.
    if (type === 'ClientTimeoutOptions') return ['timeout-options.ts', 'TimeoutOptions']
    if (type === 'TlsOptions') return ['connect/tls-identity.ts', type]
    if (type === 'DnsOptions') return ['connect/dns-options.ts', type]
    if (type === 'BreakerOptions') return ['control/circuit.ts', type]
    if (type === 'AdaptiveOptions') return ['control/adaptive-limit.ts', type]
    if (type === 'MeasureOptions') return ['figures.ts', type]
    if (type === 'HookOptions') return ['interceptors/hooks.ts', type]
    // `RetryOptions` is any part of a policy.
    if (type === 'RetryOptions') return ['core/retry-policy.ts', 'RetryPolicy']
    return ['client-options.ts', type]
  }

  function valueAt(options: object, path: string): unknown {
    return (
      path.split('.').reduce<unknown>((value, key) => Reflect.get(Object(value), key), options) ?? undefined
    )
  }

  /** The default as a value; undefined where the cell tells of none in particular. */
  function defaultIn(row: TableRow): unknown {
    const text = plain(row.cells[1] ?? '')
    if (/^(?:true|false|\[.*\]|\{\}|'\w+')$/.test(text)) return JSON.parse(text.replaceAll("'", '"'))
    if (text === 'no limit') return Number.POSITIVE_INFINITY
    const [, digits, unit] = /^([\d,.]+)(?: (ms|KiB|MiB))?$/.exec(text) ?? []
    if (digits === undefined) return undefined
    const scale = { ms: 1, KiB: 1024, MiB: 1024 ** 2 }[unit ?? 'ms'] ?? 1
    return Number(digits.replaceAll(',', '')) * scale
  }
})

describe('errors', () => {
  const source = parseSource('core/errors.ts')
  const rows = readMarkdown('docs/errors.md').rows.flatMap((row) => {
    const code = inlineCode(row.cells[0] ?? '')[0]
    return code?.startsWith('ERR_TRUNKLINE_') ? [{ code, row }] : []
  })

  test('docs/errors.md has every code, under its class, and no other', () => {
    const classes = [...codeTypesByClass(source)]
    const declared = classes.flatMap(([name, type]) =>
      stringsOf(source, type).map((code) => `${name} ${code}`),
    )
    expect(rows.map(({ code, row }) => `${row.section} ${code}`).sort()).toEqual(declared.sort())
  })

  test('the union has every code that a class has', () => {
    expect(rows.map(({ code }) => code).sort()).toEqual(stringsOf(source, 'ErrorCode').sort())
  })

  test('every row says when, processed and what to do', () => {
    const incomplete = rows.filter(({ row }) => {
      const [, when = '', processed = '', todo = ''] = row.cells
      const values = inlineCode(processed)
      const known = values.every((value) => ['no', 'maybe', 'yes'].includes(value))
      return (
        row.cells.length !== 4 ||
        when === '' ||
        todo === '' ||
        !known ||
        (values.length === 0 && processed !== '-')
      )
    })
    expect(incomplete.map(({ code }) => code)).toEqual([])
  })

  test('codes that nothing raises are marked as such, and only they', () => {
    const texts = sourcePaths()
      .filter((path) => path !== join('core', 'errors.ts'))
      .map(readSource)
    const raised = (code: string) => texts.some((text) => text.includes(`'${code}'`))
    const marked = rows.filter(({ row }) => row.cells[1]?.startsWith('Reserved')).map(({ code }) => code)
    expect(marked.sort()).toEqual(
      rows
        .map(({ code }) => code)
        .filter((code) => !raised(code))
        .sort(),
    )
  })
})

describe('README.md', () => {
  const readme = readMarkdown('README.md')
  const telemetry = readMarkdown('docs/telemetry.md')

  test('names everything that can be imported', () => {
    // What the README leaves to the page on telemetry stands there.
    const code = [readme, telemetry].flatMap(({ prose }) => inlineCode(prose)).join('\n')
    expect(Object.keys(trunkline).filter((name) => !code.includes(name))).toEqual([])
  })

  test('names every subpath', () => {
    const subpaths = Object.keys(manifest.exports).filter((path) => !['.', './package.json'].includes(path))
    const named = readme.rows.flatMap(({ cells }) => inlineCode(cells[0] ?? ''))
    const listed = named.filter((name) => name.startsWith(`${manifest.name}/`))
    expect(listed.sort()).toEqual(subpaths.map((path) => posix.join(manifest.name, path)).sort())
  })

  test('leads to every guide', () => {
    const targets = new Set(readme.links.map(({ target }) => target.split('#')[0]))
    const paths = guides().map(({ path }) => path)
    expect(paths.filter((path) => path !== readme.path && !targets.has(path))).toEqual([])
  })

  test('states the supported Node versions as the manifest does', () => {
    expect(inlineCode(readme.prose)).toContain(manifest.engines.node)
  })

  test('lists the examples that there are', () => {
    const listed = readme.rows
      .filter(({ section }) => section === 'Examples')
      .flatMap(({ cells }) => inlineCode(cells[0] ?? ''))
    const files = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const present = files.map(({ name }) => name.replace(/\.ts$/, '')).filter((name) => name !== 'run')
    expect(listed.sort()).toEqual(present.sort())
  })
})

describe('docs/architecture.md', () => {
  const page = readMarkdown('docs/architecture.md')

  test('its numbers stand in the code', () => {
    const wrong = page.rows
      .filter(({ section }) => section === 'Fixed numbers')
      .filter(({ cells }) => {
        const [constant = ''] = inlineCode(cells[1] ?? '')
        const [, file = ''] = /\]\(\.\.\/src\/([^)]+)\)/.exec(cells[2] ?? '') ?? []
        const lines = readSource(file)
          .split('\n')
          .map((text) => text.replace(/^export /, '').replace(/ as const$/, ''))
        return constant === '' || !lines.includes(`const ${constant}`)
      })
    expect(wrong.map(({ line }) => `${page.path}:${line}`)).toEqual([])
    expect(page.rows.filter(({ section }) => section === 'Fixed numbers').length).toBeGreaterThan(5)
  })

  test('its diagram has the transitions of the code', () => {
    const diagram = page.blocks.find(({ language }) => language === 'mermaid')?.code ?? ''
    const drawn = [...diagram.matchAll(/^\s*(\w+) --> (\w+)/gm)].map(([, from, to]) => `${from} --> ${to}`)
    const table = stringTableOf(parseSource('pool/pooled-connection.ts'), 'TRANSITIONS')
    const coded = [...table].flatMap(([from, tos]) => tos.map((to) => `${from} --> ${to}`))
    expect(drawn.sort()).toEqual(coded.sort())
  })

  test('its listing has the folders of src/, and the files of the middle floors', () => {
    const listing = page.blocks.find(({ language }) => language === 'text')?.code ?? ''
    const words = new Set(listing.match(/[\w-]+/g))
    const paths = sourcePaths().map((path) => path.replaceAll('\\', '/'))
    const folders = paths.flatMap((path) => path.split('/').slice(0, -1))
    const files = paths.filter((path) => /^(?:connect|interceptors|pool)\//.test(path))
    const names = [...folders, ...files.map((path) => posix.basename(path, '.ts'))]
    expect(names.filter((name) => !words.has(name))).toEqual([])
  })
})

test('commands are scripts of package.json', () => {
  const known = new Set([
    ...Object.keys(manifest.scripts),
    'ci',
    'cit',
    'install',
    'publish',
    'run',
    'version',
  ])
  const named = pages.flatMap(({ prose, blocks }) => {
    const shell = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code)
    return [...inlineCode(prose), ...shell].flatMap((code) =>
      [...code.matchAll(/\bnpm (?:run (?:--silent )?)?([a-z][\w:-]*)/g)].map(([, name = '']) => name),
    )
  })
  expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([])
})

test('no page names a machine or a package registry', () => {
  const telltale = /\/(?:home|root|tmp|work)\/|\bregistry\.[a-z]+\.|localhost:\d{4}/
  const texts = guides().map(({ path }) => [path, readFileSync(join(root, path), 'utf8')] as const)
  expect(texts.filter(([, text]) => telltale.test(text)).map(([path]) => path)).toEqual([])
})
