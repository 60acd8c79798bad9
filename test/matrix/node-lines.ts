/** The Node lines of the matrix, and where their binaries come from. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
/** Everything here goes with `npm ci`, and nothing here is in the lockfile. */
export const cache = join(root, 'node_modules/.cache/trunkline-matrix')

export interface NodeLine {
  /** `22`, `24`, `26`. */
  readonly line: string
  readonly version: string
}

/** The newest release of each line that the suite is known to run on; tests hold them to `engines`. */
export const NEWEST: readonly NodeLine[] = [
  { line: '22', version: '22.23.3' },
  { line: '24', version: '24.21.0' },
  { line: '26', version: '26.10.0' },
]

/** The oldest supported release of each line: what `engines` says. */
export function oldest(): readonly NodeLine[] {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const versions: string[] = engines.node.split('||').map((range: string) => range.replace(/[^\d.]/g, ''))
  return versions.map((version) => ({ line: version.slice(0, version.indexOf('.')), version }))
}

/** The lines that are named, in the order of the table; an unknown one throws. */
export function chosenLines(lines: readonly NodeLine[], names: string | undefined): readonly NodeLine[] {
  if (names === undefined) return lines
  const wanted = names.split(',').map((name) => name.trim())
  const unknown = wanted.find((name) => !lines.some(({ line }) => line === name))
  if (unknown !== undefined)
    throw new Error(`There is no Node line ${unknown}; there are ${lines.map(({ line }) => line).join(', ')}`)
  return lines.filter(({ line }) => wanted.includes(line))
}

/** The package with the binary of this platform: what the package `node` itself brings along by a script. */
export function binaryPackage(platform: string = process.platform, arch: string = process.arch): string {
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`
}

/** Where the binary lies once it is installed. */
export function binaryOf({ version }: NodeLine): string {
  const inside = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  return join(cache, `node-${version}`, 'node_modules', binaryPackage(), inside)
}

/** The path of the binary; installed from the npm registry the first time. */
export async function provide(line: NodeLine): Promise<string> {
  const binary = binaryOf(line)
  if (existsSync(binary)) return binary
  const folder = join(cache, `node-${line.version}`)
  await mkdir(folder, { recursive: true })
  await npm(
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--ignore-scripts',
    [`${binaryPackage()}@${line.version}`],
  )
  if (!existsSync(binary))
    throw new Error(`${binaryPackage()}@${line.version} was installed, but has no ${binary}`)
  return binary
}

function npm(...args: readonly (string | readonly string[])[]): Promise<void> {
  const child = spawn('npm', args.flat(), {
    cwd: cache,
    stdio: ['ignore', 'ignore', 'pipe'],
    shell: process.platform === 'win32',
  })
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args.flat().join(' ')} failed:\n${complaint}`)),
    )
  })
}
