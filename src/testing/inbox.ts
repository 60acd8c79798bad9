/** What arrived and was not looked at yet, and the waits for what has not arrived: every wait has a deadline. */

/** Every failed wait, and every thing a peer was asked to do that it cannot do. */
export class PeerError extends Error {
  override readonly name = 'PeerError'
  /** `TIMEOUT`: the deadline passed. `CLOSED`: the connection ended first. `UNEXPECTED`: it should not have come. */
  readonly code: 'TIMEOUT' | 'CLOSED' | 'UNEXPECTED'
  /** What was awaited. */
  readonly awaited: string

  constructor(code: 'TIMEOUT' | 'CLOSED' | 'UNEXPECTED', awaited: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.awaited = awaited
  }
}

/** Milliseconds a wait lasts unless told otherwise: under Vitest's five seconds, so that our message is the one shown. */
export const DEFAULT_TIMEOUT = 4000

interface Waiter<Item> {
  matches(item: Item): boolean
  settle(item: Item): void
  fail(error: PeerError): void
  readonly awaited: string
}

export interface InboxOptions {
  /** Who is speaking, for messages: `connection 0`. */
  readonly owner: string
  readonly timeout: number
  /** What came instead, for messages. */
  readonly describe: () => string
}

/** Items arrive in order; each is taken by one wait, the first that matches it. */
export class Inbox<Item> {
  readonly #options: InboxOptions
  #pending: Item[] = []
  #waiters: Waiter<Item>[] = []
  #ended: string | null = null

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** Items nobody took yet, oldest first. */
  get pending(): readonly Item[] {
    return this.#pending
  }

  /** With `keep` false an item that nobody awaits now is forgotten. */
  push(item: Item, keep = true): void {
    const index = this.#waiters.findIndex((waiter) => waiter.matches(item))
    if (index < 0) {
      if (keep) this.#pending.push(item)
      return
    }
    const [waiter] = this.#waiters.splice(index, 1)
    waiter?.settle(item)
  }

  /** Removes and returns the first pending match, without waiting. */
  poll<Match extends Item>(matches: (item: Item) => item is Match): Match | undefined
  poll(matches: (item: Item) => boolean): Item | undefined
  poll(matches: (item: Item) => boolean): Item | undefined {
    const index = this.#pending.findIndex(matches)
    return index < 0 ? undefined : this.#pending.splice(index, 1)[0]
  }

  take<Match extends Item>(
    matches: (item: Item) => item is Match,
    awaited: string,
    timeout?: number,
  ): Promise<Match>
  take(matches: (item: Item) => boolean, awaited: string, timeout?: number): Promise<Item>
  take(matches: (item: Item) => boolean, awaited: string, timeout = this.#options.timeout): Promise<Item> {
    const present = this.poll(matches)
    if (present !== undefined) return Promise.resolve(present)
    if (this.#ended !== null) return Promise.reject(this.#closedError(awaited, this.#ended))
    return new Promise((resolve, reject) => {
      const timer = startTimer(timeout, () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        reject(this.#timeoutError(awaited, timeout))
      })
      const waiter: Waiter<Item> = {
        matches,
        awaited,
        settle: (item) => {
          clearTimeout(timer)
          resolve(item)
        },
        fail: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      }
      this.#waiters.push(waiter)
    })
  }

  /** Nothing more will come: the waits fail, what is pending can still be taken. */
  end(reason: string): void {
    if (this.#ended !== null) return
    this.#ended = reason
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.fail(this.#closedError(waiter.awaited, reason))
  }

  #timeoutError(awaited: string, timeout: number): PeerError {
    const { owner, describe } = this.#options
    const message = `${owner}: waited ${timeout} ms for ${awaited}; came instead: ${describe()}`
    return new PeerError('TIMEOUT', awaited, message)
  }

  #closedError(awaited: string, reason: string): PeerError {
    const { owner, describe } = this.#options
    const message = `${owner}: ${reason} while waiting for ${awaited}; came before: ${describe()}`
    return new PeerError('CLOSED', awaited, message)
  }
}

/** A timer, or none for a wait without deadline. */
function startTimer(timeout: number, run: () => void): NodeJS.Timeout | undefined {
  return timeout === Number.POSITIVE_INFINITY ? undefined : setTimeout(run, timeout)
}
