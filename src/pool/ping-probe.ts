import type { Clock, Timer } from '../core/clock.ts'

/** What a probe asks of a connection. */
export interface PingTarget {
  bytesReceived(): number
  /** Resolves to the round-trip time, ms. */
  ping(): Promise<number>
}

/** `alive` with the round-trip time; `dead` with the ms of silence, and the reason when the PING could not be sent. */
export type ProbeOutcome =
  | { readonly alive: true; readonly roundTrip: number }
  | { readonly alive: false; readonly silentMs: number; readonly cause: unknown }

/**
 * One PING and the wait for its answer. Other bytes are no answer, since they may have been under way when the
 * path broke; but they put the deadline off, since the answer may stand behind a big body.
 */
export class PingProbe {
  readonly outcome: Promise<ProbeOutcome>
  readonly #clock: Clock
  readonly #target: PingTarget
  readonly #resolve: (outcome: ProbeOutcome) => void
  #bytesSeen: number
  #heardAt: number
  #wait = Number.POSITIVE_INFINITY
  #timer: Timer | null = null

  constructor(clock: Clock, target: PingTarget) {
    this.#clock = clock
    this.#target = target
    this.#bytesSeen = target.bytesReceived()
    this.#heardAt = clock.now()
    const { promise, resolve } = Promise.withResolvers<ProbeOutcome>()
    this.outcome = promise
    this.#resolve = resolve
    target.ping().then(
      (roundTrip) => this.#settle({ alive: true, roundTrip }),
      (cause) => this.giveUp(cause),
    )
  }

  /** Silence after which the peer counts as dead, ms. Of several the shortest holds. */
  within(ms: number): void {
    if (ms >= this.#wait) return
    this.#wait = ms
    this.#arm(this.#heardAt + ms - this.#clock.now())
  }

  giveUp(cause: unknown): void {
    this.#settle({ alive: false, silentMs: this.#clock.now() - this.#heardAt, cause })
  }

  #arm(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimeout(() => this.#onDeadline(), Math.max(0, ms))
  }

  #onDeadline(): void {
    const bytes = this.#target.bytesReceived()
    if (bytes === this.#bytesSeen) return this.giveUp(null)
    this.#bytesSeen = bytes
    this.#heardAt = this.#clock.now()
    this.#arm(this.#wait)
  }

  #settle(outcome: ProbeOutcome): void {
    this.#timer?.cancel()
    this.#resolve(outcome)
  }
}
