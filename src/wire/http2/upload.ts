import type { HeaderList } from '../../core/headers.ts'

/** Bytes of one body that may wait here before its source is asked to wait, too. */
const HIGH_WATER_MARK = 64 * 1024

/** RFC 9218 section 4.1: of the levels 0 to 7. */
const DEFAULT_URGENCY = 3
export const LEAST_URGENT = 7

/** What an upload needs of its stream. */
export interface UploadingStream {
  readonly streamId: number
  /** What we may send, bytes. */
  sendWindow: number
  /** All that was given is with the writer, and the source had been told to wait. */
  onDrained(): void
  /** END_STREAM was written. */
  onUploaded(): void
}

/** The request body of one stream, as far as it waits to be sent. */
export class Upload {
  readonly stream: UploadingStream
  /** RFC 9218: 0 goes first, 7 last. */
  urgency: number
  readonly #chunks: Uint8Array[] = []
  /** How much of the first chunk is sent. */
  #offset = 0
  /** Bytes that wait. */
  length = 0
  ended = false
  trailers: HeaderList | null = null
  /** A write was answered with false. */
  owesDrain = false
  /** In the scheduler's list of its urgency. */
  isListed = false
  next: Upload | null = null

  constructor(stream: UploadingStream, headers: HeaderList) {
    this.stream = stream
    this.urgency = urgencyOf(headers)
  }

  /** Takes a chunk; false: the source is to wait. */
  add(chunk: Uint8Array): boolean {
    if (chunk.length > 0) {
      this.#chunks.push(chunk)
      this.length += chunk.length
    }
    this.owesDrain = this.length >= HIGH_WATER_MARK
    return !this.owesDrain
  }

  end(trailers: HeaderList | undefined): void {
    this.ended = true
    if (trailers !== undefined && trailers.length > 0) this.trailers = trailers
  }

  get first(): Uint8Array {
    return this.#chunks[0] as Uint8Array
  }

  /** Where the unsent part of `first` begins. */
  get offset(): number {
    return this.#offset
  }

  /** `length` bytes of `first` were sent. */
  sent(length: number): void {
    this.length -= length
    this.#offset += length
    if (this.#offset < this.first.length) return
    this.#chunks.shift()
    this.#offset = 0
  }

  /** The rest is of no use any more. */
  drop(): void {
    this.#chunks.length = 0
    this.length = 0
    this.owesDrain = false
  }
}

/** RFC 9218 section 4: what the caller's field `priority` says of urgency. */
function urgencyOf(headers: HeaderList): number {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== 'priority') continue
    const digit = /(?:^|,)\s*u=([0-7])/.exec(headers[index + 1] as string)?.[1]
    if (digit !== undefined) return Number(digit)
  }
  return DEFAULT_URGENCY
}
