import { LRUCache } from 'lru-cache'

/** Retries an origin may get before it earned any. */
const INITIAL = 10
/** What one request earns: at length at most a tenth of the traffic is retries. */
const EARNED = 0.1
const ORIGINS_LIMIT = 1000

/**
 * Keeps retries from becoming the storm that holds a failing origin down: each request earns its origin a tenth of
 * a retry, and when the account is empty failures are reported at once.
 */
export class RetryBudget {
  readonly #accounts = new LRUCache<string, { balance: number }>({ max: ORIGINS_LIMIT })
  readonly #earned: number

  /** `earned`: of a retry, by each request. */
  constructor(earned = EARNED) {
    this.#earned = earned
  }

  earn(origin: string): void {
    const account = this.#accounts.get(origin)
    if (account === undefined) this.#accounts.set(origin, { balance: INITIAL })
    else account.balance = Math.min(INITIAL, account.balance + this.#earned)
  }

  /** Takes one retry out of the account, if it holds one. */
  spend(origin: string): boolean {
    const account = this.#accounts.get(origin)
    if (account === undefined || account.balance < 1) return false
    account.balance -= 1
    return true
  }
}
