/** `trunkline probe` against servers of ours. The servers of others are in real-servers.test.ts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ProbeReport } from '../../../src/cli/probe/report.ts'
import { probeSchema } from '../../../src/cli/schema/probe-schema.ts'
import { Cleanup } from '../../support/cleanup.ts'
import { certificates } from '../support/bench.ts'
import { runCli, startSite } from '../support/cli.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

let folder: string
let trust: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trunkline-probe-'))
  trust = ['--ca', join(folder, 'ca.pem')]
  await writeFile(join(folder, 'ca.pem'), certificates.ca)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const validate = new Ajv2020().compile(probeSchema)

async function probe(...args: string[]): Promise<{ code: number | null; report: ProbeReport }> {
  const { code, stdout, stderr } = await runCli(['probe', '--json', ...args])
  expect(stderr).toBe('')
  const report = JSON.parse(stdout)
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
  return { code, report }
}

test('a server with everything is ready', async () => {
  const server = cleanup.add(await startSite())
  const { code, report } = await probe(...trust, '--idle', '100ms', server.origin)
  expect(report).toMatchObject({
    verdict: 'ready',
    connection: { protocol: 'h2' },
    tls: {
      version: 'TLSv1.3',
      alpn: 'h2',
      distrust: null,
      tls12: true,
      certificate: { subject: 'localhost' },
    },
    resumption: { resumed: true, error: null },
    http2: {
      acknowledged: true,
      ping: { sent: 5, answered: 5 },
      response: { status: 200 },
      goAway: null,
      error: null,
    },
    http1: { works: true, response: { status: 200 } },
    idle: { closedAfter: null },
  })
  expect(code).toBe(0)
})

test('one with HTTP/1.1 only is not, and the reason is told', async () => {
  const server = cleanup.add(await startSite({ speaks: 'http/1.1' }))
  const { code, report } = await probe(...trust, server.origin)
  expect(report).toMatchObject({ verdict: 'not-ready', http2: null, http1: { works: true } })
  expect(report.findings[0]?.text).toBe('No HTTP/2: offered h2 and http/1.1, the server chose http/1.1.')
  expect(code).toBe(10)
})

test('TLS 1.2 is a remark', async () => {
  const server = cleanup.add(await startSite({ tlsVersion: 'TLSv1.2' }))
  const { report } = await probe(...trust, server.origin)
  expect(report).toMatchObject({ verdict: 'ready-with-remarks', tls: { version: 'TLSv1.2', tls12: null } })
})

test('a certificate that is not trusted is told, and the rest looked at', async () => {
  const server = cleanup.add(await startSite())
  const { code, report } = await probe(server.origin)
  expect(report).toMatchObject({
    verdict: 'not-ready',
    tls: { distrust: { code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED' }, certificate: { subject: 'localhost' } },
    resumption: null,
    http2: { response: { status: 200 } },
  })
  expect(code).toBe(10)
})

test('nobody there is no report', async () => {
  const { code, stdout, stderr } = await runCli(['probe', 'https://localhost:1'])
  expect({ code, stdout }).toEqual({ code: 7, stdout: '' })
  expect(stderr).toContain('ERR_TRUNKLINE_CONNECT_FAILED')
})

test('for people there is a page that ends in the verdict', async () => {
  const server = cleanup.add(await startSite())
  const { stdout } = await runCli(['probe', ...trust, server.origin])
  expect(stdout).toContain('✔ Ready for HTTP/2')
  expect(stdout).toMatch(/alpn +h2/)
  expect(stdout).not.toContain('\u001b')
})
