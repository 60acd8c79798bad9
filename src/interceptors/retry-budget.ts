import { LRUCache } from 'lru-cache'
import { noOptions } from '../core/no-options.ts'

/** Retries an origin may get before it earned any. */
const INITIAL = 10
/** What one request earns: at length at most a tenth of the traffic is retries. */
const EARNED = 0.1
const ORIGINS_LIMIT = 1000

interface Account {
  readonly origin: string
  balance: number
}

/**
 * Keeps retries from becoming the storm that holds a failing origin down: each request earns its origin a tenth of
 * a retry, and when the account is empty failures are reported at once.
 */
export class RetryBudget {
  readonly #accounts = new LRUCache<string, Account>({ max: ORIGINS_LIMIT })
  /** The one asked for last: most requests go where the one before went. */
  #last: Account | null = null

  readonly #earned: number

  /** `earned`: of a retry, by each request. */
  constructor(earned = EARNED) {
    this.#earned = earned
  }

  earn(origin: string): void {
    const account = this.#last?.origin === origin ? this.#last : this.#open(origin)
    if (account.balance < INITIAL) account.balance = Math.min(INITIAL, account.balance + this.#earned)
  }

  /** Takes one retry out of the account, if it holds one. */
  spend(origin: string): boolean {
    const account = this.#accounts.get(origin, noOptions())
    if (account === undefined || account.balance < 1) return false
    account.balance -= 1
    return true
  }

  #open(origin: string): Account {
    const account = this.#accounts.get(origin, noOptions()) ?? { origin, balance: INITIAL }
    // Anew if the one remembered had to leave the cache meanwhile.
    this.#accounts.set(origin, account, noOptions())
    this.#last = account
    return account
  }
}
