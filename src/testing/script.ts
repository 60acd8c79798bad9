/** Scripts that run beside a test: their failures are kept, and thrown when the test closes the peer. */
import { PeerError } from './inbox.ts'

export class ScriptErrors {
  readonly #errors: unknown[] = []
  #closing = false

  get errors(): readonly unknown[] {
    return this.#errors
  }

  /**
   * Runs a script. That the connection ended while the script awaited one more request is how most scripts
   * end, and is no failure; nor is anything once the peer closes.
   */
  run(script: () => unknown): void {
    const guarded = async () => {
      await script()
    }
    guarded().catch((error: unknown) => {
      if (error instanceof PeerError && error.code === 'CLOSED' && error.awaited === 'a request') return
      this.add(error)
    })
  }

  add(error: unknown): void {
    if (!this.#closing) this.#errors.push(error)
  }

  /** From now on failures are of no interest. */
  startClosing(): void {
    this.#closing = true
  }

  throwFirst(owner: string): void {
    const [first] = this.#errors
    if (first === undefined) return
    if (this.#errors.length === 1) throw first
    throw new AggregateError(
      this.#errors,
      `${owner}: ${this.#errors.length} scripts failed: ${String(first)}`,
    )
  }
}
