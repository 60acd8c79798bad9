/** Where a run took place, and what took part in it. */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import type { ClientDefinition } from './clients/client.ts'
import { type Cores, findProgram } from './pinning.ts'
import type { Machine } from './results.ts'

const require = createRequire(import.meta.url)

export function machine(pinning: Cores | null): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() || 'unknown processor',
    cores: all.length,
    memoryBytes: totalmem(),
    os: `${type()} ${release()}`,
    pinning,
    loadAtStart: loadavg()[0] ?? 0,
  }
}

/** null: it has none of its own. */
export function versionOf(client: ClientDefinition): string | null {
  if (client.ours) return packageVersion('../package.json')
  if (client.package !== undefined) return packageVersion(`${client.package}/package.json`)
  return client.open === null ? programVersion(client.id) : null
}

/** Of every package and program that takes part, by its name. */
export function versions(clients: readonly ClientDefinition[]): Record<string, string> {
  const named = clients.map((client) => {
    const name = client.ours ? 'trunkline' : (client.package ?? client.id)
    return [name, versionOf(client)] as const
  })
  const bundled = ['undici', 'nghttp2', 'openssl'].map(
    (name) => [`node:${name}`, process.versions[name]] as const,
  )
  const all = [...named, ['nghttpd', programVersion('nghttpd')] as const, ...bundled]
  return Object.fromEntries(all.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function packageVersion(file: string): string | null {
  try {
    return String(require(file).version)
  } catch {
    return null
  }
}

function programVersion(name: string): string | null {
  const program = findProgram(name)
  if (program === null) return null
  const text = execFileSync(program, ['--version'], { encoding: 'utf8' })
  return /\d+\.\d+(?:\.\d+)?/.exec(text)?.[0] ?? null
}
