import type { Clock } from '../core/clock.ts'
import { isError } from '../core/is-error.ts'
import type { TlsSession, TlsSessionStore } from './tls-session-store.ts'

/** A store that is slower than this costs a full handshake instead; never the request. Its `timeout` says otherwise. */
const STORE_PATIENCE_MS = 50

/** Nobody waits for a session to be kept. */
const WRITE_PATIENCE_MS = 5000

/** A store that failed so often in a row is left alone for a while, so that it does not cost every dial its patience. */
const FAILURES_UNTIL_PAUSE = 3
const STORE_PAUSE_MS = 5000

/** What a TLS session store did, for all clients that use it. */
export interface TlsStoreStats {
  /** Dials that got a session to offer, and that got none. */
  readonly hits: number
  readonly misses: number
  /** Calls that threw or rejected, and that took too long. */
  readonly failures: number
  readonly timeouts: number
  /** It failed several times in a row, and is not asked at present. */
  readonly paused: boolean
}

/** A store as a dial sees it: it answers soon, and never throws. */
export class StoreGuard {
  readonly #store: TlsSessionStore
  #hits = 0
  #misses = 0
  #failures = 0
  #timeouts = 0
  #inARow = 0
  #pausedUntil = Number.NEGATIVE_INFINITY

  constructor(store: TlsSessionStore) {
    this.#store = store
  }

  stats(now: number): TlsStoreStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      failures: this.#failures,
      timeouts: this.#timeouts,
      paused: now < this.#pausedUntil,
    }
  }

  /** A store that answers at once has its answer handed on at once. */
  async take(identity: string, clock: Clock): Promise<TlsSession | undefined> {
    const session = await this.#asked(identity, clock)
    if (session === undefined) this.#misses += 1
    else this.#hits += 1
    return session
  }

  add(identity: string, session: TlsSession, clock: Clock): void {
    void this.#done(() => this.#store.add(identity, session), clock, WRITE_PATIENCE_MS)
  }

  /** Resolves when it is done, or when the patience of a dial is over. */
  async forget(identity: string, clock: Clock): Promise<void> {
    await this.#done(() => this.#store.forget(identity), clock, this.#patience)
  }

  async #asked(identity: string, clock: Clock): Promise<TlsSession | undefined> {
    const answer = await this.#done(
      () => this.#store.take(identity),
      clock,
      this.#patience,
      (late) => {
        // Nobody has seen it: it is as good as new for the next dial.
        if (isSession(late)) this.add(identity, late, clock)
      },
    )
    return isSession(answer) && answer.expiresAt > Date.now() ? answer : undefined
  }

  /** undefined when it fails, takes too long, or is not tried. */
  async #done<T>(
    call: () => T | Promise<T>,
    clock: Clock,
    patience: number,
    onLate: (answer: T) => void = () => {},
  ): Promise<T | undefined> {
    if (clock.now() < this.#pausedUntil) return undefined
    try {
      const answer = call()
      const done = isPromise(answer) ? await this.#inTime(answer, clock, patience, onLate) : { value: answer }
      if (done === null) {
        this.#timeouts += 1
        this.#failed(clock, new Error(`it took longer than ${patience} ms`))
        return undefined
      }
      this.#inARow = 0
      return done.value
    } catch (error) {
      this.#failures += 1
      this.#failed(clock, error)
      return undefined
    }
  }

  get #patience(): number {
    return this.#store.timeout ?? STORE_PATIENCE_MS
  }

  #inTime<T>(
    answer: Promise<T>,
    clock: Clock,
    patience: number,
    onLate: (answer: T) => void,
  ): Promise<{ readonly value: T } | null> {
    return new Promise((resolve, reject) => {
      let late = false
      const onTime = () => {
        late = true
        resolve(null)
      }
      // A dial that waits for it keeps the process alive.
      const timer = clock.setTimeout(onTime, patience, patience < WRITE_PATIENCE_MS)
      const settle = (value: T) => {
        timer.cancel()
        if (late) onLate(value)
        else resolve({ value })
      }
      answer.then(settle, (error) => {
        timer.cancel()
        reject(error)
      })
    })
  }

  #failed(clock: Clock, error: unknown): void {
    this.#inARow += 1
    if (this.#inARow >= FAILURES_UNTIL_PAUSE) this.#pausedUntil = clock.now() + STORE_PAUSE_MS
    warnOnce(this.#store, error)
  }
}

const guards = new WeakMap<TlsSessionStore, StoreGuard>()

/** The one guard of a store: clients that share it share what is known of its health. */
export function guardOf(store: TlsSessionStore): StoreGuard {
  const known = guards.get(store)
  if (known !== undefined) return known
  const made = new StoreGuard(store)
  guards.set(store, made)
  return made
}

let warned = false

function warnOnce(store: TlsSessionStore, error: unknown): void {
  if (warned) return
  warned = true
  const name = store.constructor?.name ?? 'The store'
  const why = isError(error) ? error.message : String(error)
  process.emitWarning(
    `TLS sessions cannot be shared: ${name} failed (${why}). Until it works again, connections use full handshakes; client.stats().tlsSessions counts further failures.`,
    { type: 'TrunklineWarning', code: 'TRUNKLINE_TLS_STORE' },
  )
}

/** A store is somebody else's code, and what it kept somebody else's data. */
function isSession(answer: unknown): answer is TlsSession {
  const { ticket, expiresAt } = (answer ?? {}) as Partial<TlsSession>
  return ArrayBuffer.isView(ticket) && ticket.byteLength > 0 && typeof expiresAt === 'number'
}

/** Those of another kind too, as some Redis clients give. */
function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function'
}
