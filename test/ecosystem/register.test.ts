/** The drop-in route: a program that was not changed, started with `node --import trunkline/register`. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ensureCertificates } from '../support/certificates.ts'
import { Cleanup } from '../support/cleanup.ts'
import {
  defaultRoutes,
  type RouteHandler,
  type ServerRequest,
  startH1Server,
  startH2Server,
  type TestServer,
} from '../support/servers.ts'
import { dynamoDbApi } from './support/dynamodb-api.ts'
import { greeterRoutes } from './support/greeter.ts'
import { pathOf } from './support/http.ts'
import { openAiApi } from './support/openai-api.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = fileURLToPath(new URL('./support/children/libraries.ts', import.meta.url))
const run = promisify(execFile)
const cleanup = new Cleanup()
afterEach(() => cleanup.run())

beforeAll(() => {
  if (!existsSync(`${root}/dist/register.js`)) throw new Error('There is no dist/: run `npm run build` first')
})

const json = { length: 7, sha256: expect.any(String), trailers: {} }
const answers = {
  fetch: 10,
  ky: json,
  ofetch: json,
  axios: json,
  octokit: json,
  openai: [['one', 'two', '…ü🙂'], 'hello.txt', 5],
  dynamoDb: { id: { S: 'seven' }, n: { N: '7' } },
  connect: [1, 2, 3],
}

interface Case {
  readonly how: string
  readonly protocol: 'h2' | 'http/1.1'
  readonly flags: readonly string[]
}

const unchanged: Case = { how: 'as they are', protocol: 'h2', flags: [] }
const registered: readonly Case[] = (['h2', 'http/1.1'] as const).map((protocol) => ({
  how: `with --import trunkline/register, ${protocol}`,
  protocol,
  flags: ['--import', 'trunkline/register'],
}))

describe('eight ways to fetch', () => {
  test.each([unchanged, ...registered])('$how', async ({ protocol, flags }) => {
    const versions = new Set<string>()
    const server = cleanup.add(await serve(protocol, versions))
    const { caFile } = await ensureCertificates()
    const { NODE_OPTIONS: _options, VITEST: _vitest, ...env } = process.env
    // The package is found by its own name, as a dependency is: in dist/.
    const argv = ['--disable-warning=ExperimentalWarning', ...flags, program, server.origin]
    const { stdout, stderr } = await run(process.execPath, argv, {
      cwd: root,
      env: { ...env, NODE_EXTRA_CA_CERTS: caFile },
      timeout: 15_000,
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual(answers)
    if (flags.length === 0) return
    expect([...versions]).toEqual([protocol === 'h2' ? '2.0' : '1.1'])
    if (protocol === 'h2') expect(server.counts.tcpConnections).toBe(1)
  })
})

async function serve(protocol: 'h2' | 'http/1.1', versions: Set<string>): Promise<TestServer> {
  const connect = connectNodeAdapter({ routes: greeterRoutes({ abandoned: 0, methods: [] }) }) as RouteHandler
  const [openai, dynamoDb] = [openAiApi(), dynamoDbApi()]
  const handler = (request: ServerRequest, response: Parameters<RouteHandler>[1]) => {
    versions.add(request.httpVersion)
    if (pathOf(request).startsWith('/v1/')) return openai.handler(request, response)
    if (pathOf(request).startsWith('/test.Greeter/')) return connect(request, response)
    if (request.headers['x-amz-target'] !== undefined) return dynamoDb.handler(request, response)
    return defaultRoutes(request, response)
  }
  // Node 22's and 24's own fetch speaks HTTP/1.1 only.
  return protocol === 'h2' ? startH2Server({ allowHTTP1: true, handler }) : startH1Server({ handler })
}
