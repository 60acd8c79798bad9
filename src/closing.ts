import type { ClientRequest } from './core/dispatch.ts'
import { InvalidRequestError } from './core/errors.ts'
import { notAnOption } from './core/nearest.ts'
import { textOf } from './core/text-of.ts'

/** How a client is closed. */
export interface CloseOptions {
  /** ms that open requests may take to finish. Default 10,000. */
  readonly timeout?: number
  /** Requests that wait for their turn or a connection: `'finish'` (default) sends them, `'reject'` ends them at once. */
  readonly queued?: 'finish' | 'reject'
}

/** How it went. */
export interface CloseReport {
  /** Requests that waited and were rejected with `ERR_TRUNKLINE_CLIENT_CLOSED`; none of them was sent. */
  readonly rejected: number
  /** Requests that were open after the timeout and ended with `ERR_TRUNKLINE_CLIENT_DESTROYED`. */
  readonly cut: number
  /** Which: those of them that had been sent or waited for a connection; at most 1,000. */
  readonly requests: readonly CutRequest[]
}

/** A request that `close()` cut off. */
export interface CutRequest {
  readonly method: string
  readonly url: string
}

export const NOTHING_CUT: CloseReport = Object.freeze({ rejected: 0, cut: 0, requests: [] })

const DEFAULT_TIMEOUT = 10_000
const MOST_LISTED = 1000

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option. */
export function settleClose({
  timeout = DEFAULT_TIMEOUT,
  queued = 'finish',
  ...others
}: CloseOptions): Required<CloseOptions> {
  const [stranger] = Object.keys(others)
  if (stranger !== undefined) throw invalid(stranger, notAnOption(stranger, ['timeout', 'queued']))
  if (typeof timeout !== 'number' || !(timeout >= 0))
    throw invalid('timeout', mustBe('a number of milliseconds, at least 0', timeout))
  if (queued !== 'finish' && queued !== 'reject')
    throw invalid('queued', mustBe("'finish' or 'reject'", queued))
  return { timeout, queued }
}

/** Notes what is cut off while it is. */
export class CutList {
  readonly requests: CutRequest[] = []

  add({ method, target }: ClientRequest): void {
    if (this.requests.length < MOST_LISTED) this.requests.push({ method, url: target.href })
  }
}

function mustBe(expected: string, value: unknown): string {
  return `must be ${expected}, not ${textOf(value).slice(0, 100)}`
}

function invalid(name: string, why: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid option of close: ${name} ${why}.`)
}
