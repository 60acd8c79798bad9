/** Every piece of TypeScript in the documentation compiles, runs, ends by itself and prints what it says. */
import { copyFile, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureCertificates } from '../support/certificates.ts'
import { TestProxy } from '../support/proxy.ts'
import { RedisServer, redisMissing } from '../support/redis-server.ts'
import type { TestServer } from '../support/servers.ts'
import { startApiServer } from './support/api-server.ts'
import { guides, root } from './support/markdown.ts'
import { fileNameOf, nameOf, promisedOutput, runSnippet, type SnippetPlace } from './support/snippet.ts'

const snippets = guides()
  .flatMap(({ blocks }) => blocks)
  .filter(({ language }) => language === 'ts')

let server: TestServer
let proxy: TestProxy
let redis: RedisServer | null = null
let place: SnippetPlace

beforeAll(async () => {
  const certificates = await ensureCertificates()
  server = await startApiServer()
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'trunkline-docs-')))
  proxy = await TestProxy.start()
  place = { folder, origin: server.origin, proxy: `localhost:${proxy.port}`, caFile: certificates.caFile }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  // The libraries that recipes use.
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
  // The files that snippets read.
  await copyFile(certificates.caFile, join(folder, 'internal-ca.pem'))
  await copyFile(certificates.localhost.certFile, join(folder, 'localhost.crt'))
  await copyFile(certificates.localhost.keyFile, join(folder, 'localhost.key'))
  await copyFile(certificates.client.certFile, join(folder, 'client.crt'))
  await copyFile(certificates.client.keyFile, join(folder, 'client.key'))
  if (redisMissing !== null) return
  redis = await RedisServer.start()
  await symlink(redis.path, join(folder, 'redis.sock'))
})

afterAll(async () => {
  await proxy.close()
  await server.teardown()
  await redis?.[Symbol.asyncDispose]()
  await rm(place.folder, { recursive: true, force: true })
})

test('the documentation has snippets', () => {
  expect(snippets.length).toBeGreaterThan(10)
})

describe('a snippet runs', () => {
  test.for(snippets.map((block) => [nameOf(block), block] as const))(
    '%s',
    async ([_name, block], { skip }) => {
      if (block.code.includes('redis://') && redisMissing !== null) skip(redisMissing)
      const { exitCode, stdout, stderr } = await runSnippet(block, place)
      expect(stderr).toBe('')
      expect(exitCode).toBe(0)
      const promised = promisedOutput(block)
      for (const [index, line] of stdout.entries()) expect(line).toMatch(promised[index] ?? /^nothing more$/)
      expect(stdout).toHaveLength(promised.length)
    },
  )
})

test('all snippets compile', { timeout: 60_000 }, async () => {
  const files = new Map(snippets.map((block) => [join(place.folder, fileNameOf(block)), block]))
  for (const [file, block] of files) await writeFile(file, block.code)
  const program = ts.createProgram([...files.keys()], await compilerOptions())
  const complaints = [...files].flatMap(([file, block]) => {
    const source = program.getSourceFile(file)
    return ts.getPreEmitDiagnostics(program, source).map(({ start = 0, messageText }) => {
      const line = block.line + (source?.getLineAndCharacterOfPosition(start).line ?? 0)
      return `${block.file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  })
  expect(complaints).toEqual([])
})

/** The options of the project, so that `'trunkline'` means its sources. */
async function compilerOptions(): Promise<ts.CompilerOptions> {
  const file = join(root, 'tsconfig.json')
  const { config } = ts.parseConfigFileTextToJson(file, await readFile(file, 'utf8'))
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [] },
    ts.sys,
    root,
    {},
    file,
  )
  return { ...options, typeRoots: [join(root, 'node_modules/@types')], noUnusedLocals: false }
}
