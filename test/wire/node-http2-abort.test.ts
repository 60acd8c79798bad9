import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const program = fileURLToPath(new URL('./support/malformed-heads.ts', import.meta.url))

/**
 * Plain node:http2 aborts within some hundred connections of these (nodejs: `current_nghttp2_memory_ == 0`), on
 * Node 22, 24 and 26. The small young generation makes the garbage collector come often.
 */
test.each(['field-before-status', 'data-inside-a-head'])(
  'a server that sends %s does not abort the process',
  async (kind) => {
    const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', '--expose-gc']
    const { stdout } = await run(process.execPath, [...flags, program, kind], { timeout: 15_000 })
    expect(JSON.parse(stdout)).toEqual({ connections: 900, failed: 900 })
  },
  20_000,
)
