/** A child process with one client in it; started anew after a crash or a hang. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureCertificates } from '../support/certificates.ts'
import { sleep } from '../support/wait-for.ts'
import type { Order, Report } from './child.ts'

/** What became of an order: a report, or the end of the process. */
export type Result = Report | { readonly crash: string } | { readonly stuck: true }

/** ms for all that an order needs, its own deadlines included; beyond it the event loop of the child is stuck. */
const DEADLINE = 20_000
/** ms in which a client that settled may still throw what nobody catches. */
const AFTERMATH = 30

export class PeerProcess {
  readonly #name: string
  #child: ChildProcess | null = null
  readonly #origins = new Set<string>()
  #stderr = ''

  constructor(name: string) {
    this.#name = name
  }

  async run(order: Order): Promise<Result> {
    // A port comes back now and then, and clients remember what they learned of an origin.
    if (this.#origins.has(order.origin)) this.close()
    if (this.#child?.connected === false) {
      console.log(`  ${this.#name} ended after the case before: ${crashText(this.#stderr)}`)
      this.close()
    }
    const child = this.#child ?? (await this.#start())
    this.#origins.add(order.origin)
    this.#stderr = ''
    const { promise, resolve } = Promise.withResolvers<Result>()
    const onExit = (code: number | null, signal: string | null) =>
      resolve({ crash: `exit ${code ?? signal}: ${crashText(this.#stderr)}` })
    const onMessage = (report: unknown) => resolve(report as Report)
    const timer = setTimeout(() => resolve({ stuck: true }), DEADLINE)
    child.once('exit', onExit)
    child.once('message', onMessage)
    child.send(order)
    let result = await promise
    clearTimeout(timer)
    if (!('crash' in result)) {
      await sleep(AFTERMATH)
      if (child.exitCode !== null) result = { crash: `exit ${child.exitCode}: ${crashText(this.#stderr)}` }
    }
    child.off('exit', onExit)
    child.off('message', onMessage)
    // One that hung may hold anything; the next case gets a clean process.
    if ('crash' in result || 'stuck' in result || result.ending.kind === 'hang') this.close()
    return result
  }

  close(): void {
    this.#child?.kill('SIGKILL')
    this.#child = null
    this.#origins.clear()
  }

  async #start(): Promise<ChildProcess> {
    const { caFile } = await ensureCertificates()
    const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [this.#name], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4000)
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    child.once('message', () => resolve())
    child.once('exit', () => reject(new Error(`${this.#name} did not start: ${this.#stderr}`)))
    await promise
    child.removeAllListeners('exit')
    this.#child = child
    return child
  }
}

/** The line of a stack that says what was thrown. */
function crashText(stderr: string): string {
  const line = stderr.split('\n').find((text) => /^(?:\w*Error|Uncaught|\s*throw )/.test(text.trim()))
  return (line ?? stderr.trim().split('\n')[0] ?? '').trim().slice(0, 120)
}
