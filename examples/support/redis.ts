/** A real Redis for an example: in memory alone, on a socket of its own, gone with the example. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LocalRedis {
  /** Of its socket. */
  readonly path: string
  close(): Promise<void>
}

/** null: there is no redis-server on this machine. */
export async function startRedis(): Promise<LocalRedis | null> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-redis-'))
  const path = join(folder, 'redis.sock')
  const options = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', options, { stdio: 'ignore' })
  const exited = once(child, 'exit').catch(() => {})
  process.once('exit', () => child.kill('SIGKILL'))
  const close = async () => {
    child.kill('SIGKILL')
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  const gone = exited.then(() => true)
  while (!existsSync(path)) {
    if (await Promise.race([gone, sleep(20, false)])) {
      await rm(folder, { recursive: true, force: true })
      return null
    }
  }
  return { path, close }
}
