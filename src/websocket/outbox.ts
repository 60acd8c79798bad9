import type { StreamBody } from '../core/request-body.ts'

type Step = IteratorResult<Uint8Array, undefined>

interface Held {
  readonly bytes: Uint8Array
  /** The wire has taken it and has room for more. */
  readonly taken: () => void
}

const OVER: Step = { done: true, value: undefined }

/** What is written to a tunnel, as the body of its request: one piece at a time, each when the wire asks for it. */
export class Outbox implements AsyncIterator<Uint8Array, undefined> {
  #held: Held | null = null
  /** Handed over; the next request for a piece means that there is room again. */
  #given: Held | null = null
  #wanted: ((step: Step) => void) | null = null
  #over = false
  #opened = false

  /** The body of the request. */
  body(): StreamBody {
    const used = () => this.#opened
    return {
      kind: 'stream',
      length: null,
      replayable: false,
      get used() {
        return used()
      },
      open: () => {
        this.#opened = true
        return this
      },
    }
  }

  /** One at a time: the next after `taken`. What comes after the end of the tunnel is dropped. */
  push(bytes: Uint8Array, taken: () => void): void {
    if (this.#over) return taken()
    const piece = { bytes, taken }
    if (this.#wanted === null) {
      this.#held = piece
      return
    }
    this.#give(piece, this.#wanted)
  }

  /** Nothing more will be pushed. */
  end(): void {
    this.#over = true
    this.#wanted?.(OVER)
    this.#wanted = null
  }

  next(): Promise<Step> {
    this.#release()
    const held = this.#held
    if (held === null && this.#over) return Promise.resolve(OVER)
    return new Promise((resolve) => {
      if (held === null) this.#wanted = resolve
      else this.#give(held, resolve)
    })
  }

  /** The tunnel is over: nobody will ask again. */
  return(): Promise<Step> {
    const held = this.#held
    this.#held = null
    this.end()
    this.#release()
    held?.taken()
    return Promise.resolve(OVER)
  }

  #give(piece: Held, resolve: (step: Step) => void): void {
    this.#held = null
    this.#wanted = null
    this.#given = piece
    resolve({ done: false, value: piece.bytes })
  }

  #release(): void {
    const given = this.#given
    this.#given = null
    given?.taken()
  }
}
