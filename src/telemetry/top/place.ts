import { lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** Where processes that may be looked at have their sockets. */

const isWindows = process.platform === 'win32'

/** A folder of the user's own. On Windows pipes have no folder, and their names tell whose they are. */
export function socketFolder(env: NodeJS.ProcessEnv = process.env): string {
  const uid = process.getuid?.() ?? userInfo().username
  return env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'trunkline') : join(tmpdir(), `trunkline-${uid}`)
}

export function socketPath(pid: number, folder = socketFolder()): string {
  return isWindows ? `\\\\.\\pipe\\trunkline-${userInfo().username}-${pid}` : join(folder, `${pid}.sock`)
}

/**
 * Makes the folder, or sees that it is what it must be: a real folder of this user that nobody else can enter. Another
 * user may have put one of that name where everybody may write.
 * @throws Error when it is not.
 */
export function secureFolder(folder = socketFolder()): void {
  if (isWindows) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  checkFolder(folder)
}

/** @throws Error when somebody else could have put something there. */
export function checkFolder(folder: string): void {
  if (isWindows) return
  const found = lstatSync(folder)
  if (!found.isDirectory()) throw new Error(`${folder} is not a folder`)
  if (found.uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user`)
  if ((found.mode & 0o077) !== 0) throw new Error(`${folder} is open to other users: chmod 700 it`)
}

/** Processes of this user that can be looked at; sockets of those that are gone are cleared away. */
export function exposedProcesses(folder = socketFolder()): number[] {
  if (isWindows) return []
  let names: string[]
  try {
    checkFolder(folder)
    names = readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const pids = names.flatMap((name) => {
    const pid = Number(/^(\d+)\.sock$/.exec(name)?.[1])
    return Number.isSafeInteger(pid) && pid > 0 ? [pid] : []
  })
  return pids.filter((pid) => isAlive(pid) || !clearAway(socketPath(pid, folder))).sort((a, b) => a - b)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether it is gone now. */
export function clearAway(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
