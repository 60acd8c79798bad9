/** The build on the other Node lines, where `npm run test:matrix` has left their binaries: loaded, and asked once. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { subpaths } from '../../tools/subpaths.ts'
import { binaryOf, NEWEST } from '../matrix/node-lines.ts'

const run = promisify(execFile)
const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
// These two act when they are loaded.
const names = subpaths().flatMap(({ name }) => (name === 'register' || name === 'top' ? [] : [name]))

describe.each(NEWEST)('the build on Node $line', (line) => {
  const binary = binaryOf(line)
  const missing = existsSync(binary) ? '' : ' (skipped: `npm run test:matrix` installs its binary)'

  test.skipIf(missing !== '')(`loads as ESM and as CommonJS${missing}`, async () => {
    const program = `
      import { createRequire } from 'node:module'
      const require = createRequire(${JSON.stringify(dist)})
      const different = []
      for (const name of ${JSON.stringify(names)}) {
        const esm = Object.keys(await import(${JSON.stringify(pathToFileURL(dist).href)} + name + '.js')).sort()
        const cjs = Object.keys(require(${JSON.stringify(dist)} + name + '.cjs')).sort()
        if (esm.join() !== cjs.join()) different.push(name)
      }
      console.log(JSON.stringify({ version: process.versions.node, different }))`
    const { stdout } = await run(binary, ['--input-type=module', '-e', program])
    expect(JSON.parse(stdout)).toEqual({ version: line.version, different: [] })
  })

  test.skipIf(missing !== '')(`answers a request over both engines${missing}`, async () => {
    const program = `
      import { createServer } from 'node:http2'
      const { createClient } = await import(${JSON.stringify(pathToFileURL(dist).href)} + 'index.js')
      const server = createServer((request, response) => response.end('hello'))
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
      const answers = []
      for (const engine of ['node', 'wire']) {
        const client = createClient({ engine, http2: { priorKnowledge: true } })
        const response = await client.fetch('http://127.0.0.1:' + server.address().port)
        answers.push(response.protocol + ' ' + await response.text())
        await client.close()
      }
      server.close()
      console.log(JSON.stringify(answers))`
    const { stdout } = await run(binary, ['--input-type=module', '-e', program])
    expect(JSON.parse(stdout)).toEqual(['h2 hello', 'h2 hello'])
  })
})
