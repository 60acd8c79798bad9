/** The server's process as the load sees it. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer, Question, ServerOptions, ServerReport } from './messages.ts'

const START_PATIENCE = 20_000
const REPORT_PATIENCE = 20_000

export class ChaosProcess {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(options: ServerOptions): Promise<ChaosProcess> {
    const file = fileURLToPath(new URL('./server.ts', import.meta.url))
    const child = fork(file, [JSON.stringify(options)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })
    try {
      const { port } = await answer(child, 'ready', START_PATIENCE)
      return new ChaosProcess(child, port)
    } catch (error) {
      child.kill()
      throw error
    }
  }

  async report(unprocessed: readonly number[]): Promise<ServerReport> {
    const reported = answer(this.#child, 'report', REPORT_PATIENCE)
    this.#child.send({ type: 'report', unprocessed } satisfies Question)
    return (await reported).report
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill()
    await exited
  }
}

function answer<Type extends Answer['type']>(
  child: ChildProcess,
  type: Type,
  patience: number,
): Promise<Extract<Answer, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      settle()
    }
    const timer = setTimeout(() => {
      finish(() => reject(new Error(`the chaos server did not say "${type}" within ${patience} ms`)))
    }, patience)
    const onMessage = (message: unknown) => {
      if ((message as Answer).type !== type) return
      finish(() => resolve(message as Extract<Answer, { type: Type }>))
    }
    const onExit = (code: number | null) => {
      finish(() => reject(new Error(`the chaos server ended with code ${code} before it said "${type}"`)))
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
}
