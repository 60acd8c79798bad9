/** The command line against servers that others wrote, where they are installed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getSchema } from '../../../src/cli/schema/get-schema.ts'
import { loadSchema } from '../../../src/cli/schema/load-schema.ts'
import { probeSchema } from '../../../src/cli/schema/probe-schema.ts'
import { assets } from '../../interop/assets.ts'
import { createEnvironment, type Environment } from '../../interop/environment.ts'
import { h2o } from '../../interop/servers/h2o.ts'
import { nginx } from '../../interop/servers/nginx.ts'
import { availability, type RunningServer, startServer } from '../../interop/servers/start.ts'
import { certificates } from '../support/bench.ts'
import { runCli } from '../support/cli.ts'

const present = await Promise.all(
  [nginx, h2o].map(async (definition) => ({ definition, found: await availability(definition) })),
)

let environment: Environment
let folder: string
let trust: string[]

beforeAll(async () => {
  environment = await createEnvironment(certificates.localhost)
  folder = await mkdtemp(join(tmpdir(), 'trunkline-cli-'))
  trust = ['--ca', join(folder, 'ca.pem')]
  await writeFile(join(folder, 'ca.pem'), certificates.ca)
})

afterAll(async () => {
  await environment?.dispose()
  await rm(folder, { recursive: true, force: true })
})

for (const { definition, found } of present) {
  const reason = found.available ? '' : `: ${found.reason}`
  describe.skipIf(!found.available)(`${definition.name}${reason}`, () => {
    let server: RunningServer

    beforeAll(async () => {
      if (found.available) server = await startServer(definition, found.binary, environment.site)
    })

    afterAll(() => server?.stop())

    async function read(schema: object, args: readonly string[]) {
      const { code, stdout, stderr } = await runCli([...args])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const data = JSON.parse(stdout)
      const validate = new Ajv2020().compile(schema)
      expect(validate(data), JSON.stringify(validate.errors)).toBe(true)
      return data
    }

    test('get: the bytes of a file', async () => {
      const url = `${server.url}/${assets.window.name}`
      expect((await runCli(['get', ...trust, url])).bytes.length).toBe(assets.window.size)
      const summary = await read(getSchema, ['get', ...trust, '--summary', '-', url])
      expect(summary.exchanges[0]).toMatchObject({
        status: 200,
        protocol: 'h2',
        bodyBytes: assets.window.size,
      })
    })

    test('probe: ready, with the limits that it was configured with', async () => {
      const report = await read(probeSchema, [
        'probe',
        '--json',
        ...trust,
        `${server.url}/${assets.byte.name}`,
      ])
      expect(report).toMatchObject({
        tls: { version: 'TLSv1.3', tls12: true },
        resumption: { resumed: true },
        http2: {
          maxConcurrentStreams: definition.maxConcurrentStreams,
          settings: { MAX_CONCURRENT_STREAMS: definition.maxConcurrentStreams },
          ping: { sent: 5, answered: 5 },
          response: { status: 200, server: expect.stringContaining(definition.name) },
          error: null,
        },
        http1: { works: true },
      })
      expect(report.verdict).toBe('ready')
    })

    test.each(['node', 'wire'])('load by the engine %s: every response whole', async (engine) => {
      const url = `${server.url}/${assets.small.name}`
      const args = ['load', '--json', ...trust, '-n', '300', '-c', '20', '--engine', engine, url]
      expect(await read(loadSchema, args)).toMatchObject({
        requests: { completed: 300, failed: 0 },
        statuses: { 200: 300 },
        bodyBytes: 300 * assets.small.size,
        protocols: { h2: 300 },
        connections: { used: 1 },
      })
    })
  })
}
