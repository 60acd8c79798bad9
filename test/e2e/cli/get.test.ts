/** `trunkline get`, as a process of its own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LocalServer } from '../../../examples/support/server.ts'
import { getSchema } from '../../../src/cli/schema/get-schema.ts'
import { BINARY, type Echoed, resultOf, runCli, startCli, startSite } from '../support/cli.ts'

let server: LocalServer
let folder: string
let trust: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trunkline-cli-'))
  server = await startSite()
  await writeFile(join(folder, 'ca.pem'), server.ca)
  trust = ['--ca', join(folder, 'ca.pem')]
})

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const get = (path: string, ...args: string[]) => runCli(['get', ...trust, ...args, `${server.origin}${path}`])
const echo = async (...args: string[]): Promise<Echoed> => JSON.parse((await get('/echo', ...args)).stdout)

describe('the request', () => {
  test('goes over HTTP/2, and the body to stdout alone', async () => {
    const { code, stdout, stderr } = await get('/echo')
    expect(JSON.parse(stdout)).toMatchObject({ method: 'GET', httpVersion: '2.0' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('a URL without a scheme is https', async () => {
    const { stdout } = await runCli(['get', ...trust, `localhost:${server.port}/echo`])
    expect(JSON.parse(stdout)).toMatchObject({ method: 'GET' })
  })

  test('HTTP/1.1 if that is wanted', async () => {
    expect(await echo('--http1.1')).toMatchObject({ httpVersion: '1.1' })
  })

  test('takes method and header fields', async () => {
    const { method, headers } = await echo(
      '-X',
      'PUT',
      '-H',
      'X-One: 1',
      '-H',
      'accept: text/html',
      '-u',
      'a:b',
    )
    expect(method).toBe('PUT')
    expect(headers).toMatchObject({ 'x-one': '1', accept: 'text/html', authorization: 'Basic YTpi' })
  })

  test('sends data: text, files and standard input', async () => {
    const file = join(folder, 'body.txt')
    await writeFile(file, 'from=file')
    expect(await echo('-d', 'a=1', '-d', `@${file}`)).toMatchObject({
      method: 'POST',
      body: 'a=1&from=file',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    const { stdout } = await runCli(['get', ...trust, '--json', '-', `${server.origin}/echo`], {
      input: '{"a":1}',
    })
    expect(JSON.parse(stdout)).toMatchObject({
      body: '{"a":1}',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
    })
  })
})

describe('the response', () => {
  test('is decoded, unless it is to be raw', async () => {
    expect((await get('/gzip')).stdout).toBe('hello')
    const raw = await get('/gzip', '--raw')
    expect([...raw.bytes.subarray(0, 2)]).toEqual([0x1f, 0x8b])
  })

  test('is followed to where it moved, or not', async () => {
    expect(JSON.parse((await get('/moved')).stdout)).toMatchObject({ method: 'GET' })
    expect((await get('/moved', '--no-follow', '-i')).stdout).toMatch(/^HTTP\/2 302\nlocation: \/echo\n/)
  })

  test('shows its head with -i, and nothing but the head with -I', async () => {
    expect((await get('/missing', '-i')).stdout).toMatch(/^HTTP\/2 404\n(?:.+\n)+\nnothing here$/)
    expect((await get('/missing', '-I')).stdout).toMatch(/^HTTP\/2 404\n(?:.+\n)+\n$/)
  })

  test('goes into a file, binary as it is', async () => {
    const file = join(folder, 'out.bin')
    const { stdout } = await get('/binary', '-o', file)
    expect(stdout).toBe('')
    expect(await readFile(file)).toEqual(BINARY)
    // A pipe takes anything, too.
    expect((await get('/binary')).bytes).toEqual(BINARY)
  })
})

describe('exit codes', () => {
  test.each([
    [22, ['--fail'], '/missing', /the status was 404/],
    [28, ['--timeout', '200ms'], '/never', /ERR_TRUNKLINE_TOTAL_TIMEOUT/],
    [23, ['-o', '/nowhere/at/all'], '/echo', /Cannot write/],
    [26, ['-d', '@/nowhere/at/all'], '/echo', /Cannot read/],
    [2, ['--tming'], '/echo', /no option --tming\. Did you mean --timing\?/],
    [2, ['--timeout', 'soon'], '/echo', /--timeout must be a duration/],
    [2, ['--http1.1', '--http2'], '/echo', /cannot be used together/],
    [2, ['--resume', '-k'], '/echo', /--resume needs a trusted server/],
  ])('%i for %j of %s', async (code, args, path, said) => {
    const result = await get(path, ...args)
    expect(result.stderr).toMatch(said)
    expect(result.code).toBe(code)
  })

  test('0 for 404 without --fail, and no body with it', async () => {
    expect(await get('/missing')).toMatchObject({ code: 0, stdout: 'nothing here' })
    expect((await get('/missing', '-f')).stdout).toBe('')
  })

  test('of what goes wrong on the way', async () => {
    const results = await Promise.all([
      runCli(['get', `${server.origin}/`]),
      runCli(['get', 'https://localhost:1/']),
      runCli(['get', 'https://nowhere.invalid/']),
      runCli(['get', 'ftp://localhost/']),
    ])
    expect(results.map(({ code }) => code)).toEqual([60, 7, 6, 2])
  })

  test('130 after Ctrl-C', async () => {
    const child = startCli(['get', ...trust, `${server.origin}/never`])
    const requests = server.seen.requests
    const result = resultOf(child)
    await expect.poll(() => server.seen.requests, { timeout: 40_000 }).toBeGreaterThan(requests)
    child.kill('SIGINT')
    expect(await result).toMatchObject({ code: 130, stderr: expect.stringContaining('interrupted') })
  })

  test('141 and not a word when the reader has gone', async () => {
    const child = startCli(['get', ...trust, `${server.origin}/big`])
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await resultOf(child)).toMatchObject({ code: 141, stderr: '' })
  })
})

describe('in plain sight', () => {
  test('--timing has a line for each phase', async () => {
    const { stderr, code } = await get('/echo', '--timing')
    for (const phase of ['dns', 'connect', 'tls', 'first byte', 'body', 'total']) {
      expect(stderr).toMatch(new RegExp(`^ +${phase} +[\\d.]+ m?s`, 'm'))
    }
    expect(code).toBe(0)
  })

  test('--resume shows a full and a resumed handshake', async () => {
    const { stderr, stdout } = await get('/echo', '--resume')
    expect(stderr).toMatch(/full +resumed/)
    expect(stderr).toMatch(/Resumed: TLS took/)
    expect(JSON.parse(stdout)).toMatchObject({ method: 'GET' })
  })

  test('-v tells of the handshake, the fields and, by the wire engine, the frames', async () => {
    const { stderr } = await get('/moved', '-v', '--engine', 'wire')
    expect(stderr).toMatch(/TLSv1\.3, ALPN h2, full handshake/)
    expect(stderr).toMatch(/→ SETTINGS/)
    expect(stderr).toMatch(/← SETTINGS ACK/)
    expect(stderr).toMatch(/connection \d+ allows any number of streams/)
    expect(stderr).toMatch(/> GET https/)
    expect(stderr).toMatch(/< 302/)
    expect(stderr).toMatch(/302: redirected to/)
    expect(stderr).toMatch(/< 200/)
  })

  test('--summary is by its schema', async () => {
    const validate = new Ajv2020().compile(getSchema)
    const good = JSON.parse((await get('/moved', '--summary', '-')).stdout)
    const bad = JSON.parse((await get('/never', '--timeout', '100ms', '--summary', '-')).stdout)
    const twice = join(folder, 'summary.json')
    await get('/echo', '--resume', '--summary', twice)
    const resumed = JSON.parse(await readFile(twice, 'utf8'))
    for (const one of [good, bad, resumed]) expect(validate(one), JSON.stringify(validate.errors)).toBe(true)
    expect(good.exchanges[0]).toMatchObject({ status: 200, protocol: 'h2', error: null })
    expect(bad.exchanges[0]).toMatchObject({ status: null, error: { code: 'ERR_TRUNKLINE_TOTAL_TIMEOUT' } })
    expect(resumed.exchanges.map(({ tls }: { tls: { resumed: boolean } }) => tls.resumed)).toEqual([
      false,
      true,
    ])
  })

  test('--waterfall writes a page and an archive', async () => {
    const [page, archive] = [join(folder, 'w.html'), join(folder, 'w.har')]
    await get('/moved', '--waterfall', page)
    await get('/moved', '--waterfall', archive)
    expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>/)
    expect(JSON.parse(await readFile(archive, 'utf8')).log.version).toBe('1.2')
  })
})

describe('colours', () => {
  const head = (env: Record<string, string>) =>
    runCli(['get', '-I', ...trust, `${server.origin}/echo`], { env }).then(({ stdout }) => stdout)

  test('none in a pipe, unless FORCE_COLOR wants them', async () => {
    expect(await head({})).not.toContain('\u001b')
    expect(await head({ FORCE_COLOR: '1' })).toContain('\u001b[')
    expect(await head({ FORCE_COLOR: '0' })).not.toContain('\u001b')
    expect(await head({ NO_COLOR: '1' })).not.toContain('\u001b')
  })
})
