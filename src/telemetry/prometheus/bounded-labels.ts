/** What stands for everything that has no label of its own. */
export const OVERFLOW = 'other'

/**
 * The first `limit` values have a label each, all later ones share `other`. A label once given stays, since a counter
 * must not go back.
 */
export class BoundedLabels {
  readonly #limit: number
  readonly #known = new Set<string>()

  constructor(limit: number) {
    this.#limit = limit
  }

  of(value: string): string {
    if (this.#known.has(value)) return value
    if (this.#known.size >= this.#limit) return OVERFLOW
    this.#known.add(value)
    return value
  }
}

/** RFC 9110 section 9.3, and PATCH (RFC 5789). */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
])

export function methodLabel(method: string): string {
  return METHODS.has(method) ? method : OVERFLOW
}

/** Names of errors that are not ours and yet tell something; those that interceptors throw may be anything. */
const ERROR_NAMES: ReadonlySet<string> = new Set(['AbortError', 'TimeoutError', 'TypeError'])

export function errorLabel(code: string): string {
  return code.startsWith('ERR_TRUNKLINE_') || ERROR_NAMES.has(code) ? code : OVERFLOW
}

/** `2xx`; `none` where no response came. */
export function statusLabel(status: number | null): string {
  return status === null ? 'none' : `${Math.floor(status / 100)}xx`
}
