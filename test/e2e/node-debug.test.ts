/** `NODE_DEBUG=trunkline` in a process of its own. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Bench, certificates } from './support/bench.ts'

const bench = new Bench()
const run = promisify(execFile)
const library = fileURLToPath(new URL('../../src/index.ts', import.meta.url))

async function stderrWith(NODE_DEBUG: string, url: string): Promise<string> {
  const program = `
    const { fetch, defaultClient } = await import(${JSON.stringify(library)})
    const response = await fetch(${JSON.stringify(url)}, { headers: { authorization: 'Bearer hunter2' } })
    await response.text()
    await defaultClient().close()`
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificates.caFile, NODE_DEBUG }
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program]
  return (await run(process.execPath, args, { env })).stderr
}

test('writes a line for each event, and none of what is secret', async () => {
  const server = await bench.h2Server()
  const url = `${server.origin}/?key=hunter2`
  const text = await stderrWith('trunkline', url)
  const lines = text.trim().split('\n')
  for (const one of lines) expect(one).toMatch(/^TRUNKLINE \d+: [a-z]+(?::[a-z]+)? +\S/)
  expect(text).toContain(`GET ${server.origin}/?… 200 in `)
  expect(text).toContain('connection:open')
  expect(text).not.toContain('hunter2')
  expect(text).not.toContain('frame')
})

test('writes nothing when something else is asked for', async () => {
  const server = await bench.h2Server()
  expect(await stderrWith('other', server.origin)).toBe('')
})
