import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

const seconds = (count: number) => count * 1000

interface ProjectOptions {
  readonly include?: string | readonly string[]
  readonly exclude?: readonly string[]
  readonly timeout: number
  /** Groups run one after the other: compilers and child processes must not disturb suites that measure. */
  readonly group: 'quick' | 'measuring' | 'heavy'
  readonly execArgv?: string[]
  readonly globalSetup?: string
  /** Of clients that do not name one; else what TRUNKLINE_ENGINE in the environment says. */
  readonly engine?: 'wire'
}

/**
 * Tests over sockets of what is the same whichever engine speaks HTTP/2: names and addresses, stores, mocks. Those of
 * the command line start a process each, and name the engine where it matters.
 */
const WHATEVER_THE_ENGINE = [
  'cli/**',
  'address-guard.test.ts',
  'consul.test.ts',
  'discovery.test.ts',
  'dns.test.ts',
  'mock.test.ts',
  'node-debug.test.ts',
  'proxy-daemons.test.ts',
  'tickets.test.ts',
].map((path) => `test/e2e/${path}`)

function project(name: string, options: ProjectOptions) {
  return {
    extends: true as const,
    test: {
      name,
      include: [options.include ?? `test/${name}/**/*.test.ts`].flat(),
      ...(options.exclude && { exclude: [...options.exclude] }),
      sequence: { groupOrder: ['quick', 'measuring', 'heavy'].indexOf(options.group) },
      testTimeout: options.timeout,
      hookTimeout: Math.max(options.timeout, seconds(20)),
      // Suites make many clients on purpose; what they print about it would bury what matters.
      execArgv: ['--disable-warning=TRUNKLINE_CLIENT_CHURN', ...(options.execArgv ?? [])],
      ...(options.globalSetup && { globalSetup: options.globalSetup }),
      // Child processes that tests start inherit it.
      ...(options.engine && { env: { TRUNKLINE_ENGINE: options.engine } }),
    },
  }
}

export default defineConfig({
  resolve: {
    // Tests may name the package as a user would, and still run the sources.
    alias: [
      { find: /^trunkline$/, replacement: source('index.ts') },
      { find: /^trunkline\/register$/, replacement: source('register.ts') },
      { find: /^trunkline\/testing$/, replacement: source('testing/index.ts') },
      { find: /^trunkline\/interceptors$/, replacement: source('interceptors/index.ts') },
      { find: /^trunkline\/(cache|cookies)$/, replacement: source('interceptors/$1.ts') },
      {
        find: /^trunkline\/(prometheus|opentelemetry|inspect|top)$/,
        replacement: source('telemetry/$1/index.ts'),
      },
      {
        find: /^trunkline\/(http2-wrapper|undici|mock|websocket|sse|connect|tickets)$/,
        replacement: source('integrations/$1/index.ts'),
      },
    ],
  },
  test: {
    environment: 'node',
    pool: 'forks',
    // Timing matters in these suites: two workers keep a two-core machine honest.
    maxWorkers: 2,
    passWithNoTests: true,
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      project('unit', { group: 'quick', timeout: seconds(5) }),
      project('architecture', { include: 'test/architecture.test.ts', group: 'quick', timeout: seconds(10) }),
      project('conformance', { group: 'measuring', timeout: seconds(20) }),
      project('wire', { group: 'measuring', timeout: seconds(20) }),
      project('e2e', {
        group: 'measuring',
        timeout: seconds(30),
        execArgv: ['--expose-gc'],
        globalSetup: './test/support/certificates-setup.ts',
      }),
      project('retries', { group: 'measuring', timeout: seconds(20) }),
      // The same once more on the engine of our own.
      project('wire-on-wire', {
        include: ['test/wire/faults/**/*.test.ts', 'test/wire/chaos-client.test.ts'],
        group: 'measuring',
        timeout: seconds(20),
        engine: 'wire',
      }),
      project('e2e-on-wire', {
        include: 'test/e2e/**/*.test.ts',
        exclude: WHATEVER_THE_ENGINE,
        group: 'measuring',
        timeout: seconds(30),
        execArgv: ['--expose-gc'],
        globalSetup: './test/support/certificates-setup.ts',
        engine: 'wire',
      }),
      project('retries-on-wire', {
        include: 'test/retries/**/*.test.ts',
        group: 'measuring',
        timeout: seconds(20),
        engine: 'wire',
      }),
      project('fuzz', { group: 'measuring', timeout: seconds(60) }),
      project('soak', {
        group: 'measuring',
        timeout: seconds(120),
        execArgv: ['--expose-gc'],
        globalSetup: './test/support/certificates-setup.ts',
      }),
      project('inspect', {
        group: 'measuring',
        timeout: seconds(60),
        globalSetup: './test/support/certificates-setup.ts',
      }),
      project('bench', { group: 'measuring', timeout: seconds(60) }),
      project('docs', {
        group: 'heavy',
        timeout: seconds(60),
        globalSetup: './test/support/certificates-setup.ts',
      }),
      project('ecosystem', {
        group: 'heavy',
        timeout: seconds(20),
        globalSetup: './test/support/certificates-setup.ts',
      }),
      // Workers of its own for each file, and bodies of many megabytes.
      project('wpt', {
        group: 'heavy',
        timeout: seconds(90),
        globalSetup: './test/support/certificates-setup.ts',
      }),
      project('package', { group: 'heavy', timeout: seconds(120) }),
      project('examples', {
        group: 'heavy',
        timeout: seconds(90),
        globalSetup: './test/support/certificates-setup.ts',
      }),
      project('interop', {
        group: 'heavy',
        timeout: seconds(180),
        globalSetup: './test/support/certificates-setup.ts',
      }),
    ],
  },
})
