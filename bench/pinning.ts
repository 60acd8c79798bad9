/** Which core does what. Without at least two cores and `taskset` the scheduler decides, and the output says so. */
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Cores {
  readonly client: number
  readonly server: number
  /** The relay's, which is the server's if there are but two. */
  readonly relay: number
}

/** The path of a program, as a shell would find it, and where Debian puts daemons; null when not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this one.
    }
  }
  return null
}

/** null: nothing is pinned. */
export function chooseCores(): Cores | null {
  const allowed = allowedCores()
  const [client, server, relay] = allowed
  if (client === undefined || server === undefined || findProgram('taskset') === null) return null
  return { client, server, relay: relay ?? server }
}

/** The cores that this process may use; a container seldom gives all of them. */
function allowedCores(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
    return parseCoreList(list)
  } catch {
    return []
  }
}

/** `0-2,5` is 0, 1, 2, 5. */
export function parseCoreList(list: string): number[] {
  return [...list.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, from, to = from]) => {
    const [first, last] = [Number(from), Number(to)]
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** A command line that runs on one core. */
export function pinned(core: number | null, command: string, args: readonly string[]): [string, string[]] {
  return core === null ? [command, [...args]] : ['taskset', ['-c', String(core), command, ...args]]
}
