/** Child processes that answer one order at a time, and that never outlive the bench. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { pinned } from './pinning.ts'

const running = new Set<Child>()

/** Ends them all at once. Safe in an `exit` handler, where nothing can be waited for. */
export function killChildren(): void {
  for (const child of running) child.kill()
}

export interface ChildOptions {
  /** The script in this folder. */
  readonly script: string
  readonly args: readonly string[]
  readonly core: number | null
  readonly env?: NodeJS.ProcessEnv
}

/** Flags for Node 22, which calls the running of TypeScript experimental. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TRUNKLINE_NODE_VERSION']

export class Child {
  readonly #process: ChildProcess
  readonly #name: string
  /** A process that the child started, which must not outlive it either. */
  worker: number | null = null
  #stderr = ''
  #waiting: PromiseWithResolvers<unknown> | null = null
  #ended: string | null = null

  constructor({ script, args, core, env }: ChildOptions) {
    const file = fileURLToPath(new URL(script, import.meta.url))
    const [command, argv] = pinned(core, process.execPath, [...NODE_FLAGS, file, ...args])
    this.#name = args[0] ?? script
    this.#process = spawn(command, argv, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    })
    running.add(this)
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000)
    })
    this.#process.on('message', (message) => this.#settle()?.resolve(message))
    this.#process.on('error', (error) => this.#gone(error.message))
    this.#process.on('exit', (code, signal) => this.#gone(`ended with ${signal ?? code}${this.#tail()}`))
  }

  get pid(): number | null {
    return this.worker ?? this.#process.pid ?? null
  }

  get alive(): boolean {
    return this.#ended === null
  }

  /** The next message of the child. Rejects when it ends or says nothing for so long; then it is killed. */
  next<T>(timeout: number): Promise<T> {
    if (this.#ended !== null) return Promise.reject(new Error(this.#ended))
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting = waiting
    const timer = setTimeout(() => this.#gone(`no answer within ${Math.round(timeout / 1000)} s`), timeout)
    return waiting.promise.finally(() => clearTimeout(timer)) as Promise<T>
  }

  ask<T>(order: object, timeout: number): Promise<T> {
    const answer = this.next<T>(timeout)
    if (this.#ended === null) this.#process.send(order, () => {})
    return answer
  }

  kill(): void {
    running.delete(this)
    this.#process.kill('SIGKILL')
    if (this.worker === null) return
    try {
      process.kill(this.worker, 'SIGKILL')
    } catch {
      // It has gone already.
    }
    this.worker = null
  }

  #settle(): PromiseWithResolvers<unknown> | null {
    const waiting = this.#waiting
    this.#waiting = null
    return waiting
  }

  #gone(why: string): void {
    this.#ended ??= `${this.#name}: ${why}`
    this.kill()
    this.#settle()?.reject(new Error(this.#ended))
  }

  #tail(): string {
    const line = this.#stderr.split('\n').find((text) => /Error\b/.test(text)) ?? this.#stderr.split('\n')[0]
    return line ? `: ${line.trim().slice(0, 160)}` : ''
  }
}
