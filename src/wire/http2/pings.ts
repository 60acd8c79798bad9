import type { Clock } from '../../core/clock.ts'

/** PINGs that may be out at once; those above fail at once. */
const MOST_OUTSTANDING = 32

interface Waiting {
  readonly number: number
  readonly sentAt: number
  resolve(roundTrip: number): void
  reject(error: Error): void
}

/** The PINGs that are out (RFC 9113 section 6.7). Each carries its number, by which its answer is known. */
export class Pings {
  readonly #clock: Clock
  #waiting: Waiting[] = []
  #last = 0
  readonly payload = Buffer.alloc(8)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isFull(): boolean {
    return this.#waiting.length >= MOST_OUTSTANDING
  }

  /** Notes a PING that goes out now with `payload`, and says when its answer came, in ms after it. */
  send(resolve: (roundTrip: number) => void, reject: (error: Error) => void): void {
    this.#last += 1
    this.payload.writeUInt32BE(this.#last, 4)
    this.#waiting.push({ number: this.#last, sentAt: this.#clock.now(), resolve, reject })
  }

  /** An acknowledgement. One that nobody asked for is no PING of ours: returns false, and it is to be ignored. */
  answered(bytes: Buffer, start: number): boolean {
    if (bytes.readUInt32BE(start) !== 0) return false
    const number = bytes.readUInt32BE(start + 4)
    const index = this.#waiting.findIndex((one) => one.number === number)
    if (index === -1) return false
    const [waiting] = this.#waiting.splice(index, 1)
    waiting?.resolve(this.#clock.now() - waiting.sentAt)
    return true
  }

  failAll(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) one.reject(error)
  }
}
