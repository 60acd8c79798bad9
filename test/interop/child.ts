import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const running = new Set<Child>()

// Nothing outlives this process: an exit by any way but SIGKILL takes the servers along.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** A process in the foreground, its own process group, with what it printed kept for a failure report. */
export class Child {
  readonly #process: ChildProcess
  readonly #logs: readonly string[]
  readonly #closed: Promise<unknown>
  #output = ''

  constructor(command: string, args: readonly string[], options: ChildOptions = {}) {
    this.#logs = options.logs ?? []
    this.#process = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    })
    this.#closed = new Promise((resolve) => {
      this.#process.once('close', resolve)
      this.#process.once('error', resolve)
    })
    running.add(this)
    this.#process.once('exit', () => running.delete(this))
    this.#process.on('error', (error) => this.#keep(`${error.message}\n`))
    this.#process.stdin?.on('error', () => {})
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#keep(text))
    }
  }

  get exited(): boolean {
    const { exitCode, signalCode, pid } = this.#process
    return pid === undefined || exitCode !== null || signalCode !== null
  }

  get output(): string {
    return this.#output
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-64 * 1024)
  }

  /** The last lines of output and of the log files. */
  async tail(lines = 15): Promise<string> {
    const files = await Promise.all(this.#logs.map((path) => readFile(path, 'utf8').catch(() => '')))
    return [this.#output, ...files].join('\n').trim().split('\n').slice(-lines).join('\n')
  }

  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#process
    if (pid === undefined || this.exited) return
    try {
      process.kill(-pid, signal)
    } catch {
      // It ended meanwhile.
    }
  }

  /** Asks the process to end, and makes it after two seconds. */
  async stop(): Promise<void> {
    if (this.exited) return
    this.#process.stdin?.end()
    this.kill('SIGTERM')
    const timer = setTimeout(() => this.kill('SIGKILL'), 2000)
    await this.#closed
    clearTimeout(timer)
  }

  async waitForOutput(pattern: RegExp, timeout = 10_000): Promise<RegExpMatchArray> {
    const deadline = Date.now() + timeout
    for (;;) {
      const match = this.#output.match(pattern)
      if (match) return match
      if (this.exited || Date.now() > deadline) throw new Error(`No ${pattern} came: ${await this.tail()}`)
      await delay(20)
    }
  }
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly logs?: readonly string[]
}

/** Runs a command that ends by itself; gives what it printed on both channels. */
export async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)))
  await once(child, 'close')
  return text
}
