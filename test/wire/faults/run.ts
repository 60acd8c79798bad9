/**
 * `npm run test:faults`: the fault catalogue, with its account at the end; what else is said goes to Vitest. With
 * `--peer NAME` the part of it that needs nothing of our API runs against another client instead (test/peers/).
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const args = process.argv.slice(2)

function run(script: string, ...options: string[]): void {
  const child = spawn(process.execPath, [script, ...options, ...args], { cwd: root, stdio: 'inherit' })
  // A signal from the terminal reaches the child as well; it alone decides.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}

const reporters = [
  'default',
  './test/wire/faults/catalogue-reporter.ts',
  './test/support/summary-reporter.ts',
]

if (args.some((arg) => arg === '--peer' || arg.startsWith('--peer='))) run('test/peers/run.ts')
else
  run(
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'wire',
    ...reporters.flatMap((name) => ['--reporter', name]),
  )
