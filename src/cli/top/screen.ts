import type { ReadStream } from 'node:tty'
import type { Io } from '../command.ts'

const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** The terminal as a page that is written over and over; what was there before comes back at the end. */
export class Screen {
  readonly #io: Io
  readonly #keys = new AbortController()
  readonly #onKey = (key: Buffer): void => {
    // In raw mode Ctrl-C is a key like any other.
    if (['q', 'Q', '\u0003', '\u001b'].includes(key.toString())) this.#keys.abort()
  }

  constructor(io: Io) {
    this.#io = io
    io.stdout.stream.write(ENTER)
    // Whatever ends the process: a terminal without a cursor is no place to be.
    process.once('exit', this.#restore)
    const stdin = io.stdin as Partial<ReadStream>
    if (!stdin.isTTY) return
    stdin.setRawMode?.(true)
    stdin.on?.('data', this.#onKey)
    stdin.resume?.()
  }

  /** The user wants to go. */
  get left(): AbortSignal {
    return this.#keys.signal
  }

  get rows(): number {
    return (this.#io.stdout.stream as { rows?: number }).rows || 24
  }

  draw(text: string): void {
    const lines = text.split('\n').slice(0, this.rows - 1)
    this.#io.stdout.stream.write(`${HOME}${lines.map((line) => line + CLEAR_LINE).join('\n')}${CLEAR_BELOW}`)
  }

  close(): void {
    process.off('exit', this.#restore)
    this.#restore()
  }

  readonly #restore = (): void => {
    this.#io.stdout.stream.write(LEAVE)
    const stdin = this.#io.stdin as Partial<ReadStream>
    if (!stdin.isTTY) return
    stdin.off?.('data', this.#onKey)
    stdin.setRawMode?.(false)
    stdin.pause?.()
  }
}
