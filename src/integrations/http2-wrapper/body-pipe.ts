import type { HeaderList } from '../../core/headers.ts'
import { bytesBody, oneShotBody, type RequestBody } from '../../core/request-body.ts'

/** Bytes that may wait here for the wire before the writer has to. */
const HIGH_WATER_MARK = 64 * 1024

type Release = (error?: Error | null) => void

/** A request body on its way from somebody who writes (a Node stream) to somebody who reads (an upload). */
export class BodyPipe implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  #buffered = 0
  #ended = false
  /** The reader has gone: what is still written leads nowhere, and nobody waits for it. */
  #abandoned = false
  #error: unknown
  #wake: (() => void) | null = null
  #releases: Release[] = []
  trailers: HeaderList = []

  get ended(): boolean {
    return this.#ended
  }

  get empty(): boolean {
    return this.#buffered === 0
  }

  push(chunk: Uint8Array): void {
    if (this.#abandoned || chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    this.#wakeReader()
  }

  /** Calls `release` when there is room for more; at once if there is. */
  whenRoom(release: Release): void {
    if (this.#buffered < HIGH_WATER_MARK || this.#abandoned) release()
    else this.#releases.push(release)
  }

  end(trailers: HeaderList = []): void {
    if (this.#ended) return
    this.#ended = true
    this.trailers = trailers
    this.#wakeReader()
  }

  /** The writer has gone before the end. */
  fail(error: unknown): void {
    this.#error = error ?? new Error('The request was destroyed.')
    this.#wakeReader()
    this.#letGo()
  }

  /**
   * What has been written as a body for a request. All of it, if it has ended: such a body can be sent again, when a
   * server refuses the stream. Null: there is none.
   */
  body(): RequestBody | null {
    if (!this.#ended) return oneShotBody(this)
    if (this.#buffered === 0) return null
    return bytesBody(
      this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : Buffer.concat(this.#chunks),
    )
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.#letGo()
        return { done: true, value: undefined }
      },
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#chunks.length === 0) {
      if (this.#error !== undefined) throw this.#error
      if (this.#ended || this.#abandoned) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const chunk = this.#chunks.shift() as Uint8Array
    this.#buffered -= chunk.length
    if (this.#buffered < HIGH_WATER_MARK / 2) this.#release()
    return { done: false, value: chunk }
  }

  #wakeReader(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  #letGo(): void {
    this.#abandoned = true
    this.#chunks.length = 0
    this.#buffered = 0
    this.#wakeReader()
    this.#release()
  }

  #release(): void {
    for (const release of this.#releases.splice(0)) release()
  }
}
