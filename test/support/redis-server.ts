/** A real Redis on a socket of its own, in memory alone: Debian's redis-server, as a child process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { waitFor } from './wait-for.ts'

const PROGRAM = '/usr/bin/redis-server'

/** Why there is none to test with; null: there is one. */
export const redisMissing = existsSync(PROGRAM) ? null : `${PROGRAM} is not installed`

export type RedisClient = Awaited<ReturnType<typeof connect>>

export class RedisServer implements AsyncDisposable {
  readonly path: string
  readonly #folder: string
  #child: ChildProcess
  readonly #clients: RedisClient[] = []

  constructor(folder: string) {
    this.#folder = folder
    this.path = join(folder, 'redis.sock')
    this.#child = run(this.path)
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await mkdtemp(join(tmpdir(), 'trunkline-redis-')))
    await server.#answers()
    return server
  }

  /** Destroyed with the server. */
  async client(): Promise<RedisClient> {
    const client = await connect(this.path)
    this.#clients.push(client)
    return client
  }

  /** It keeps its connections, and answers nothing. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async restart(): Promise<void> {
    await this.stop()
    this.#child = run(this.path)
    await this.#answers()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #answers(): Promise<void> {
    await waitFor(() => existsSync(this.path), { timeout: 10_000, message: 'redis-server to listen' })
    const client = await connect(this.path)
    await client.ping()
    client.destroy()
  }
}

function run(path: string): ChildProcess {
  const options = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no']
  return spawn(PROGRAM, options, { stdio: 'ignore' })
}

async function connect(path: string) {
  const client = createClient({ socket: { path, tls: false, reconnectStrategy: () => 20 } })
  client.on('error', () => {})
  await client.connect()
  return client
}
