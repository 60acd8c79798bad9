/**
 * A short soak with a fixed seed, in a process of its own as `npm run soak` runs it: what the client sends and which
 * faults the server chooses are the same each time.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SEED = 7

interface Outcome {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly errors: string
}

function runSoak(...args: readonly string[]): Promise<Outcome> {
  const file = fileURLToPath(new URL('./run.ts', import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, lines: output.trimEnd().split('\n'), errors }))
  })
}

test.each([
  ['node', 20],
  ['wire', 8],
])(
  '%s, %i seconds of chaos: nothing lost, doubled, cut short, unhandled or left over',
  async (engine, seconds) => {
    const { code, lines, errors } = await runSoak(
      '--seconds',
      String(seconds),
      '--engine',
      engine,
      '--seed',
      String(SEED),
      '--json',
    )
    expect(lines, errors).toHaveLength(1)
    const result = JSON.parse(lines[0] as string)
    expect(result, JSON.stringify(result.broken)).toMatchObject({
      seconds,
      seed: SEED,
      lost: 0,
      duplicated: 0,
      misjudged: 0,
      truncated: 0,
      corrupt: 0,
      unhandled: 0,
      untyped: 0,
      surfaced: 0,
      violations: 0,
      leakedHandles: 0,
      broken: [],
    })
    expect(result.requests).toBeGreaterThan(1000)
    expect(result.ok / result.requests).toBeGreaterThan(0.5)
    expect(code).toBe(0)
  },
  90_000,
)

test('an engine that does not exist is refused by name', async () => {
  const { code, errors } = await runSoak('--engine', 'steam')
  expect(errors).toContain('No engine is called steam; there are node and wire')
  expect(code).toBe(2)
})
