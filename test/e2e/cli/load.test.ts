/** `trunkline load`: what it counts is what the server saw. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LocalServer } from '../../../examples/support/server.ts'
import type { LoadResult } from '../../../src/cli/load/result.ts'
import { loadSchema } from '../../../src/cli/schema/load-schema.ts'
import { type CliResult, resultOf, runCli, startCli, startSite } from '../support/cli.ts'

let server: LocalServer
let folder: string
let trust: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trunkline-load-'))
  server = await startSite()
  await writeFile(join(folder, 'ca.pem'), server.ca)
  trust = ['--ca', join(folder, 'ca.pem')]
})

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const validate = new Ajv2020().compile(loadSchema)

function read({ stdout, stderr }: CliResult): LoadResult {
  expect(stderr).toBe('')
  const result = JSON.parse(stdout)
  expect(validate(result), JSON.stringify(validate.errors)).toBe(true)
  return result
}

const load = (path: string, ...args: string[]) =>
  runCli(['load', '--json', ...trust, ...args, `${server.origin}${path}`])

test('sends as many as were asked for, over one connection', async () => {
  const { requests, connections } = server.seen
  const result = read(await load('/echo', '-n', '120', '-c', '10', '-X', 'PUT', '--data', 'body'))
  expect(result).toMatchObject({
    method: 'PUT',
    requests: { sent: 120, completed: 120, failed: 0, unsent: 0 },
    statuses: { 200: 120 },
    protocols: { h2: 120 },
    connections: { used: 1, dials: 1, handshakes: 1 },
    errors: {},
    interrupted: false,
  })
  expect(result.histograms.latency.count).toBe(120)
  expect(result.timeline.points.reduce((sum, { done }) => sum + done, 0)).toBe(120)
  expect(server.seen.requests - requests).toBe(120)
  expect(server.seen.connections - connections).toBe(1)
})

test('over HTTP/1.1 with a connection for each at once', async () => {
  const result = read(await load('/echo', '-n', '40', '-c', '4', '--http1.1'))
  expect(result).toMatchObject({ protocols: { 'http/1.1': 40 }, requests: { completed: 40 } })
  expect(result.connections.used).toBeLessThanOrEqual(4)
})

test('the warm-up is not counted', async () => {
  const { requests } = server.seen
  const result = read(await load('/echo', '-n', '20', '-c', '2', '--warm-up', '200ms'))
  expect(result.requests.completed).toBe(20)
  expect(result.connections.dials).toBe(0)
  expect(server.seen.requests - requests).toBeGreaterThan(20)
})

test('keeps a rate', async () => {
  const result = read(await load('/echo', '--rate', '100', '-n', '50'))
  expect(result.requests).toMatchObject({ completed: 50, unsent: 0 })
  // The last of them is due after 490 ms, and none before its time.
  expect(result.elapsed).toBeGreaterThanOrEqual(490)
})

test('counts failures by their code, and statuses as they come', async () => {
  const failed = await load('/never', '-n', '3', '-c', '3', '--timeout', '200ms', '--fail')
  expect(read(failed)).toMatchObject({
    requests: { completed: 0, failed: 3 },
    errors: { ERR_TRUNKLINE_TOTAL_TIMEOUT: 3 },
    latency: null,
  })
  expect(failed.code).toBe(22)
  const unanswered = await load('/never', '-n', '3', '-c', '3', '--timeout', '200ms')
  expect(unanswered.code).toBe(28)
  const missing = await load('/missing', '-n', '5', '-c', '1')
  expect(read(missing)).toMatchObject({ statuses: { 404: 5 }, requests: { completed: 5 } })
  expect(missing.code).toBe(0)
})

test('parts of a run add up to it', async () => {
  const { requests } = server.seen
  const [one, two] = await Promise.all([
    load('/echo', '-n', '101', '--part', '1/2'),
    load('/echo', '-n', '101', '--part', '2/2'),
  ])
  const parts = [read(one), read(two)]
  expect(parts.map((part) => part.requests.completed)).toEqual([51, 50])
  expect(server.seen.requests - requests).toBe(101)
  const files = [join(folder, '1.json'), join(folder, '2.json')]
  await writeFile(files[0] as string, one.stdout)
  await writeFile(files[1] as string, two.stdout)
  const report = join(folder, 'run.html')
  const merged = read(await runCli(['load', 'merge', '--json', '--report', report, ...files]))
  expect(merged).toMatchObject({
    parts: ['1/2', '2/2'],
    requests: { completed: 101 },
    statuses: { 200: 101 },
    plan: { count: 101, concurrency: 50 },
  })
  expect(merged.histograms.latency.count).toBe(101)
  expect(merged.histograms.latency.sum).toBe(
    parts.reduce((sum, part) => sum + part.histograms.latency.sum, 0),
  )
  const page = await readFile(report, 'utf8')
  expect(page).toMatch(/^<!doctype html>/)
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/)
  const twice = await runCli(['load', 'merge', files[0] as string, files[0] as string])
  expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('part 1/2 is there twice') })
})

test('what is no result is refused by its name', async () => {
  const file = join(folder, 'other.json')
  await writeFile(file, '{"kind":"something"}')
  expect(await runCli(['load', 'merge', file])).toMatchObject({
    code: 26,
    stderr: expect.stringMatching(/Cannot use .*other\.json/),
  })
})

test('Ctrl-C ends it with the results so far', async () => {
  const { requests } = server.seen
  const child = startCli(['load', '--json', ...trust, '-d', '1h', `${server.origin}/echo`])
  const result = resultOf(child)
  await expect.poll(() => server.seen.requests, { timeout: 40_000 }).toBeGreaterThan(requests + 200)
  child.kill('SIGINT')
  const ended = await result
  expect(ended.code).toBe(130)
  const read_ = read(ended)
  expect(read_).toMatchObject({ interrupted: true, errors: {} })
  expect(read_.requests.completed).toBeGreaterThan(0)
})

test('for people there is a table', async () => {
  const { stdout, stderr } = await runCli(['load', ...trust, '-n', '20', `${server.origin}/echo`])
  expect(stdout).toMatch(/requests +20 in/)
  expect(stdout).toMatch(/p99\.9 +/)
  expect(stderr).toBe('')
})
