/**
 * `npm run test:faults`: the fault catalogue, with its account at the end; what else is said goes to Vitest. With
 * `--engine NAME` the client speaks HTTP/2 by that engine, node (default) or wire. With `--peer NAME` the part of it
 * that needs nothing of our API runs against another client instead (test/peers/).
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const ENGINES = { node: 'wire', wire: 'wire-on-wire' } as const
const args = process.argv.slice(2)
const engine = takeOption('--engine') ?? process.env.TRUNKLINE_ENGINE ?? 'node'

/** The value of an option that is ours, taken out of `args`. */
function takeOption(name: string): string | undefined {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`))
  if (at === -1) return undefined
  const [arg = ''] = args.splice(at, 1)
  if (arg !== name) return arg.slice(name.length + 1)
  return args.splice(at, 1)[0] ?? ''
}

function projectOf(name: string): string {
  if (name === 'node' || name === 'wire') return ENGINES[name]
  console.error(`No engine is called ${name}; there are ${Object.keys(ENGINES).join(' and ')}`)
  process.exit(2)
}

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
    projectOf(engine),
    ...reporters.flatMap((name) => ['--reporter', name]),
  )
