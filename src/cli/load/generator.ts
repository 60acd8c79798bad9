import { type Outcome, Tally } from './tally.ts'

/** What is sent, and how often. */
export interface Pace {
  /** Requests at once, at most. */
  readonly concurrency: number
  /** Requests in all; Infinity: as many as the time allows. */
  readonly count: number
  /** ms; Infinity: as long as the requests take. */
  readonly duration: number
  /** A second; null: each as soon as the one before it is done. */
  readonly rate: number | null
  /** ms by which the beat of a rate is late: parts of one run take turns. */
  readonly offset: number
}

export interface Run {
  readonly tally: Tally
  /** Resolves when nothing is in flight any more. */
  readonly over: Promise<void>
  /** Starts nothing more, and counts nothing more: what is in flight is being cut off. */
  cut(): void
}

/** Below this, ms, a timer is too coarse: the event loop goes round until it is time. */
const FINE = 1.5

/**
 * Sends requests at a pace. With a rate, each has its time to start, and its latency counts from then, however late
 * room for it was found: a server that stops to think is charged for all who waited, not only for those it kept.
 */
export function generate(send: () => Promise<Outcome>, pace: Pace): Run {
  const generator = new Generator(send, pace)
  return { tally: generator.tally, over: generator.run(), cut: () => generator.cut() }
}

class Generator {
  readonly tally = new Tally()
  readonly #send: () => Promise<Outcome>
  readonly #pace: Pace
  readonly #over = Promise.withResolvers<void>()
  #next = 0
  #inFlight = 0
  #stopped = false
  #isCut = false
  /** A look at the clock is on its way. */
  #waiting = false
  #timer: NodeJS.Timeout | undefined

  constructor(send: () => Promise<Outcome>, pace: Pace) {
    this.#send = send
    this.#pace = pace
  }

  run(): Promise<void> {
    this.tally.begin()
    const { duration } = this.#pace
    if (duration !== Number.POSITIVE_INFINITY) {
      const timer = setTimeout(() => this.#stop(), duration)
      this.#over.promise.then(() => clearTimeout(timer))
    }
    this.#pump()
    return this.#over.promise
  }

  cut(): void {
    this.#isCut = true
    this.#stop()
  }

  #stop(): void {
    if (this.#stopped) return
    // What was due until now and has room is no victim of the server, but of our timers.
    if (!this.#isCut && this.#pace.rate !== null) this.#pump()
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#countUnsent()
    this.#endIfDone()
  }

  /** When the request of this number is due, ms of the clock. */
  #due(number: number): number {
    const { rate, offset } = this.#pace
    return rate === null ? 0 : this.tally.startedAt + offset + (number * 1000) / rate
  }

  readonly #pump = (): void => {
    this.#waiting = false
    while (!this.#stopped && this.#next < this.#pace.count && this.#inFlight < this.#pace.concurrency) {
      const now = performance.now()
      const due = this.#due(this.#next)
      if (due > now) return this.#waitFor(due - now)
      this.#start(this.#pace.rate === null ? now : due, now)
    }
    if (this.#next >= this.#pace.count) this.#stopped = true
    this.#endIfDone()
  }

  #waitFor(ms: number): void {
    if (this.#waiting) return
    this.#waiting = true
    if (ms > FINE) this.#timer = setTimeout(this.#pump, ms - 1)
    else setImmediate(this.#pump)
  }

  #start(intended: number, now: number): void {
    this.#next += 1
    this.#inFlight += 1
    this.tally.sent += 1
    this.#send().then(
      (outcome) => {
        if (!this.#isCut) this.tally.done(outcome, intended, now)
        this.#leave()
      },
      (error) => {
        if (!this.#isCut) this.tally.fail(error)
        this.#leave()
      },
    )
  }

  #leave(): void {
    this.#inFlight -= 1
    if (this.#stopped) this.#endIfDone()
    else if (!this.#waiting) this.#pump()
  }

  /** With a rate, those whose time had come without room for them. */
  #countUnsent(): void {
    const { rate, count } = this.#pace
    if (rate === null) return
    const now = performance.now()
    while (this.#next + this.tally.unsent < count && this.#due(this.#next + this.tally.unsent) < now) {
      this.tally.unsent += 1
    }
  }

  #endIfDone(): void {
    if (this.#stopped && this.#inFlight === 0) this.#over.resolve()
  }
}
