import { BodyQueue } from '../core/body-queue.ts'
import { ResponseBody } from '../core/response-body.ts'

/** A body from memory. The bytes are copied: a reader may change them, or give them away. */
export function bodyOf(bytes: Uint8Array): ResponseBody {
  const queue = new BodyQueue({ pause() {}, resume() {}, cancel() {} })
  queue.push(new Uint8Array(bytes))
  queue.end(null)
  return new ResponseBody(queue)
}

export interface Overhearing {
  /** Told at the end: all of the body, or null if it was cut off or given up, has trailers, or is above `limit`. */
  readonly heard: (bytes: Uint8Array | null) => void
  /** Bytes. */
  readonly limit: number
  /** Bytes of a body up to which it is read on when its reader gives it up; 0: it is cancelled. */
  readonly readOn: number
}

/** The same body, for its reader, as fast as it is read, and overheard. */
export function overheard(body: ResponseBody, options: Overhearing): ResponseBody {
  const overhearer = new Overhearer(body, options)
  return new ResponseBody(overhearer.queue)
}

class Overhearer {
  readonly queue: BodyQueue
  readonly #body: ResponseBody
  readonly #options: Overhearing
  #chunks: Uint8Array[] | null = []
  #size = 0
  #givenUp = false
  #wake: () => void = () => {}

  constructor(body: ResponseBody, options: Overhearing) {
    this.#body = body
    this.#options = options
    this.queue = new BodyQueue({
      pause() {},
      resume: () => this.#wake(),
      cancel: () => this.#onCancel(),
    })
    void this.#pump()
  }

  async #pump(): Promise<void> {
    try {
      for await (const chunk of this.#body) {
        this.#take(chunk)
        this.queue.push(chunk)
        while (this.queue.paused && !this.queue.settled) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        }
      }
      const trailers = await this.#body.trailers()
      const whole = this.#chunks !== null && trailers.length === 0
      this.#options.heard(whole ? new Uint8Array(Buffer.concat(this.#chunks ?? [])) : null)
      this.queue.end(trailers)
    } catch (error) {
      this.#options.heard(null)
      this.queue.fail(error)
    }
  }

  /** Copies: the reader may change what it gets, or give it away. */
  #take(chunk: Uint8Array): void {
    this.#size += chunk.length
    const { limit, readOn } = this.#options
    if (this.#size > limit) this.#chunks = null
    this.#chunks?.push(new Uint8Array(chunk))
    if (this.#givenUp && this.#size > readOn) this.#stop()
  }

  #onCancel(): void {
    this.#givenUp = true
    if (this.#size > this.#options.readOn || this.#options.readOn === 0) this.#stop()
    this.#wake()
  }

  #stop(): void {
    this.#chunks = null
    this.#body.cancel()
  }
}
