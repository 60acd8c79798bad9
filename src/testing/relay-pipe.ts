/** One direction of a relayed connection: bytes and the end arrive late, in order. */
import type { Socket } from 'node:net'

export interface RelayPipeOptions {
  /** Milliseconds; asked for every chunk. */
  delay(): number
  /** Bytes per second. */
  readonly bandwidth: number
  onForward(bytes: number): void
}

type Parcel =
  | { readonly kind: 'bytes'; readonly due: number; readonly bytes: Buffer }
  | { readonly kind: 'end'; readonly due: number }
  | { readonly kind: 'reset'; readonly due: number }

/** Above this the source is not read until the sink took it: a reader that stopped reading is felt. */
const HIGH_WATER = 1024 * 1024

/** What may wait for its turn on a link that limits, ms: the queue of a router. Its source is not read until then. */
const LONGEST_QUEUE = 20

export class RelayPipe {
  readonly #source: Socket
  readonly #sink: Socket
  readonly #options: RelayPipeOptions
  #parcels: Parcel[] = []
  #timer: NodeJS.Timeout | null = null
  /** When the last byte that was accepted has left; as early as the bandwidth allows. */
  #freeAt = 0
  /** Until the queue is shorter. */
  #congested: NodeJS.Timeout | null = null
  #swallowed = false
  #ended = false

  constructor(source: Socket, sink: Socket, options: RelayPipeOptions) {
    this.#source = source
    this.#sink = sink
    this.#options = options
    source.on('data', (bytes) => this.#onData(bytes as Buffer))
    source.on('end', () => this.end())
    source.on('error', () => this.#accept({ kind: 'reset', due: this.#due() }))
    source.on('close', (failed) => this.#accept({ kind: failed ? 'reset' : 'end', due: this.#due() }))
    sink.on('drain', () => this.#resume())
  }

  /** Ends the sink after what is under way. */
  end(): void {
    this.#accept({ kind: 'end', due: this.#due() })
  }

  /** Forwards nothing any more, not even an end. */
  swallow(): void {
    this.#swallowed = true
    this.#parcels = []
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#congested !== null) clearTimeout(this.#congested)
    this.#source.pause()
  }

  #onData(bytes: Buffer): void {
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (bytes.length / this.#options.bandwidth) * 1000
    this.#accept({ kind: 'bytes', due: this.#due(), bytes })
    const queued = this.#freeAt - performance.now()
    if (queued < LONGEST_QUEUE || this.#swallowed) return
    this.#source.pause()
    this.#congested ??= setTimeout(
      () => {
        this.#congested = null
        this.#resume()
      },
      queued - LONGEST_QUEUE / 2,
    )
  }

  #resume(): void {
    const full = this.#sink.writableLength > HIGH_WATER
    if (!this.#swallowed && this.#congested === null && !full) this.#source.resume()
  }

  #due(): number {
    return Math.max(this.#freeAt, performance.now()) + this.#options.delay()
  }

  #accept(parcel: Parcel): void {
    if (this.#swallowed) return
    this.#parcels.push(parcel)
    this.#deliver()
  }

  #deliver(): void {
    if (this.#timer !== null) return
    for (;;) {
      const parcel = this.#parcels[0]
      if (parcel === undefined) return
      const wait = parcel.due - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = null
          this.#deliver()
        }, Math.ceil(wait))
        return
      }
      this.#parcels.shift()
      this.#hand(parcel)
    }
  }

  #hand(parcel: Parcel): void {
    if (this.#sink.destroyed) return
    if (parcel.kind === 'reset') {
      this.#sink.resetAndDestroy()
    } else if (parcel.kind === 'end') {
      if (!this.#ended) this.#sink.end()
      this.#ended = true
    } else if (!this.#ended) {
      this.#options.onForward(parcel.bytes.length)
      this.#sink.write(parcel.bytes)
      if (this.#sink.writableLength > HIGH_WATER) this.#source.pause()
    }
  }
}
