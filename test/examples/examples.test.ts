/** Every example in a process of its own, as a user would run it; its last line is judged, its speed is not. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const folder = fileURLToPath(new URL('../../examples/', import.meta.url))
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))

interface Run {
  readonly code: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

function node(...args: string[]): Promise<Run> {
  const { FORCE_COLOR: _color, NODE_OPTIONS: _options, ...env } = process.env
  // Node 22 calls the running of TypeScript experimental.
  const argv = ['--disable-warning=ExperimentalWarning', ...args]
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...env, NO_COLOR: '1' }, timeout: 60_000 }
    execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr })
    })
  })
}

/** The figures that matter. What is measured in time and bytes differs from run to run. */
const expected: Readonly<Record<string, unknown>> = {
  quickstart: {
    requests: 100,
    failed: 0,
    connections: 1,
    handshakes: 1,
    protocol: 'h2',
    resumed: 0,
    rttMs: expect.any(Number),
  },
  'drop-in-fetch': { tasks: 7, same: 7, connections: 1 },
  multiplexing: {
    calls: 10,
    http1: { connections: 6, timeMs: expect.any(Number) },
    http2: { connections: 1, timeMs: expect.any(Number) },
  },
  'client-per-call': {
    fromScratch: expect.objectContaining({ connections: 40, handshakes: 40, resumed: 0 }),
    perCall: expect.objectContaining({ connections: 40, handshakes: 40, resumed: 40 }),
    shared: expect.objectContaining({ connections: 1, handshakes: 1 }),
    warned: true,
  },
  'tls-resumption': {
    resumed: true,
    results: ['h2', 'http/1.1'].flatMap((protocol) =>
      ['TLSv1.3', 'TLSv1.2'].map((tls) => ({
        protocol,
        tls,
        full: expect.objectContaining({ handshakes: 5, resumed: 0 }),
        resumed: expect.objectContaining({ handshakes: 5, resumed: 5 }),
      })),
    ),
  },
  keepalive: { outcomes: ['200', 'TimeoutError', '200', '200', '200'], connections: 2, resumed: 1 },
  'http1-fallback': {
    protocols: { modern: 'h2', old: 'http/1.1' },
    connections: { modern: 1, old: expect.any(Number) },
    strict: 'ERR_TRUNKLINE_ALPN_REJECTED',
    downgrade: expect.objectContaining({ failed: 0, spoken: ['h2', 'http/1.1', 'h2'] }),
  },
  streaming: { bytes: 32 * 1024 * 1024, intact: { upload: true, download: true } },
  'openai-streaming': { chats: 24, finished: 20, left: 4, connections: 1, saved: true },
  'aws-sdk': {
    items: 40,
    intact: true,
    own: { connections: expect.any(Number), timeMs: expect.any(Number) },
    ours: { connections: 1, timeMs: expect.any(Number) },
  },
  limits: { quickMs: expect.any(Number), slowLeft: expect.any(Number), urgentPlace: expect.any(Number) },
  adaptive: {
    phases: [20, 5, 40].map((workers) => ({
      workers,
      limit: expect.any(Number),
      latencyMs: expect.any(Number),
      queued: expect.any(Number),
      queuedWithout: expect.any(Number),
    })),
  },
  breaker: expect.objectContaining({ state: 'closed' }),
  discovery: { failed: 0, left: 0 },
  logging: { linesPerOrder: [4, 4, 4], requests: 12, withId: 12, retried: 1 },
  cache: { fresh: 1, revalidated: 1, stale: 1, misses: 2, requests: 5 },
  json: {
    objects: 20,
    bytes: expect.any(Number),
    whole: true,
    p99: {
      stringify: expect.any(Number),
      json: expect.any(Number),
      parse: expect.any(Number),
      parseJson: expect.any(Number),
    },
  },
  waterfall: {
    requests: 41,
    failed: 0,
    retries: expect.any(Number),
    goAways: true,
    stalls: true,
    frames: true,
    protocols: ['h2', 'http/1.1'],
    slowest: { api: 'waiting', files: 'receiving', old: expect.any(String), far: expect.any(String) },
    secretsKept: false,
  },
  shutdown: { finished: 7, refused: 1, cut: 2, connectionsLeft: 0 },
}

/** What an example says on stderr by intention. */
const announced: Readonly<Record<string, RegExp>> = {
  'client-per-call':
    /^\(node:\d+\) \[TRUNKLINE_CLIENT_CHURN\] TrunklineWarning: 16 clients [^\n]+\n\(Use [^\n]+\)\n$/,
}

interface Measured {
  readonly full: { readonly bytes: number }
  readonly resumed: { readonly bytes: number }
}

/** Beyond equality: what holds on any machine. */
const further: Readonly<Record<string, (figures: never) => void>> = {
  'tls-resumption': ({ results }: { results: readonly Measured[] }) => {
    for (const { full, resumed } of results) expect(resumed.bytes).toBeLessThan(full.bytes)
  },
  'http1-fallback': ({ connections }: { connections: { old: number } }) => {
    expect(connections.old).toBeGreaterThan(1)
  },
  'aws-sdk': ({ own }: { own: { connections: number } }) => {
    expect(own.connections).toBeGreaterThan(1)
  },
  limits: ({ slowLeft, urgentPlace }: { slowLeft: number; urgentPlace: number }) => {
    expect(slowLeft, 'slow requests that are open when the quick ones are done').toBeGreaterThan(10)
    expect(urgentPlace).toBeLessThan(10)
  },
  adaptive: ({ phases }: { phases: readonly { limit: number; queued: number; queuedWithout: number }[] }) => {
    for (const { queued, queuedWithout } of phases) expect(queued).toBeLessThan(queuedWithout / 2)
    expect(phases[1]?.limit).toBeLessThan(phases[0]?.limit as number)
  },
  breaker: ({
    changes,
    askedWhileDown,
    refused,
  }: {
    changes: string[]
    askedWhileDown: number
    refused: number
  }) => {
    expect(changes.at(-1)).toBe('closed')
    expect(refused, 'calls that did not ask').toBeGreaterThan(askedWhileDown)
  },
  discovery: (figures: Record<'slowShare' | 'quickShare' | 'whileFailing' | 'whenBack' | 'came', number>) => {
    expect(figures.slowShare).toBeLessThan(figures.quickShare)
    expect(figures.whileFailing).toBeLessThan(30)
    for (const share of [figures.whenBack, figures.came]) expect(share).toBeGreaterThan(20)
  },
  json: ({ p99 }: { p99: Record<'stringify' | 'json' | 'parse' | 'parseJson', number> }) => {
    expect(p99.json).toBeLessThan(p99.stringify)
    expect(p99.parseJson).toBeLessThan(p99.parse)
  },
  streaming: ({ furthestAhead }: { furthestAhead: { upload: number; download: number } }) => {
    expect(furthestAhead.upload).toBeLessThan(4 * 1024 * 1024)
    expect(furthestAhead.download).toBeLessThan(8 * 1024 * 1024)
  },
}

describe('each example runs, ends by itself and says what it found', () => {
  test.each(names)('%s', async (name) => {
    const { code, stdout, stderr } = await node(`${name}.ts`)
    expect(stderr).toMatch(announced[name] ?? /^$/)
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    const figures = JSON.parse(lines.at(-1) ?? '') as never
    expect(figures).toMatchObject(expected[name] as object)
    further[name]?.(figures)
    expect(lines.length, 'lines for people').toBeGreaterThan(5)
    expect(stdout, 'no colours when nobody sees them').not.toContain('\x1b')
  })
})

test('the last line of the quickstart begins with the figures that were promised', async () => {
  const { stdout } = await node('quickstart.ts')
  const promised = '{"requests":100,"failed":0,"connections":1,"handshakes":1,"protocol":"h2",'
  expect(stdout.trimEnd().split('\n').at(-1)?.startsWith(promised)).toBe(true)
})

describe('npm run example', () => {
  test('lists every example', async () => {
    const { code, stdout, stderr } = await node('run.ts')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const listed = [...stdout.matchAll(/^ {2}(\S+) {2,}\S/gm)].map(([, name]) => name)
    expect(listed.sort()).toEqual([...names].sort())
  })

  test('runs one by its name', async () => {
    const { code, stdout } = await node('run.ts', 'quickstart')
    expect(code).toBe(0)
    expect(stdout).toContain('{"requests":100,')
  })

  test.each([
    ['quikstart', 'Did you mean quickstart?'],
    ['toString', 'There is no example "toString".'],
    ['../src/index', 'There is no example "../src/index".'],
  ])('helps with a name that does not exist: %s', async (name, help) => {
    const { code, stdout, stderr } = await node('run.ts', name)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(help)
    for (const known of names) expect(stderr).toContain(known)
  })
})

test('examples depend on the library and the certificates, never on the tests', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  for (const file of files) expect(readFileSync(`${folder}${file}`, 'utf8'), file).not.toMatch(/\/test\//)
})
