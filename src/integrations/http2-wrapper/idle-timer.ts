import { clearTimeout, setTimeout } from 'node:timers'

/** The inactivity timeout of a socket (`socket.setTimeout`), as Node's sockets have it: it never ends anything itself. */
export class IdleTimer {
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | null = null
  #delay = 0

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle
  }

  /** ms; 0 turns it off. */
  get delay(): number {
    return this.#delay
  }

  set(delay: number): void {
    this.stop()
    if (!(delay > 0)) return
    this.#delay = delay
    // Longer than what Node's timers take means never, not at once.
    this.#timer = setTimeout(this.#onIdle, Math.min(delay, LONGEST_DELAY))
    this.#timer.unref()
  }

  /** Something moved. */
  touch(): void {
    this.#timer?.refresh()
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#delay = 0
  }
}

const LONGEST_DELAY = 2 ** 31 - 1
