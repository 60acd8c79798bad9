/** Waiting for a condition, with a deadline and a message that says what was awaited. */

export interface WaitForOptions {
  /** Milliseconds until it gives up. Default 10,000, for the sake of machines that are busy. */
  readonly timeout?: number
  /** Milliseconds between two tries. Default 5. */
  readonly interval?: number
  /** What is awaited, for the error; a function is asked at the end, so that it can show the last state. */
  readonly message?: string | (() => string)
}

const realSetTimeout = globalThis.setTimeout

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => realSetTimeout(resolve, ms))
}

/**
 * Tries `predicate` until it returns something truthy, and resolves with that. A predicate that throws counts
 * as "not yet"; the last thing it threw becomes the `cause` of the error.
 */
export async function waitFor<T>(
  predicate: () => T | Promise<T>,
  options: WaitForOptions = {},
): Promise<NonNullable<T>> {
  const timeout = options.timeout ?? 10_000
  const deadline = performance.now() + timeout
  let thrown: unknown
  for (;;) {
    try {
      const value = await predicate()
      if (value) return value
      thrown = undefined
    } catch (error) {
      thrown = error
    }
    if (performance.now() >= deadline) throw waitError(timeout, predicate, options, thrown)
    await sleep(options.interval ?? 5)
  }
}

function waitError(
  timeout: number,
  predicate: () => unknown,
  options: WaitForOptions,
  thrown: unknown,
): Error {
  const given = typeof options.message === 'function' ? options.message() : options.message
  const awaited = given ?? String(predicate)
  const text = `waited ${timeout} ms for: ${awaited}`
  return thrown === undefined ? new Error(text) : new Error(text, { cause: thrown })
}
