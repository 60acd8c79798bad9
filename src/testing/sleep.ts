const realSetTimeout = globalThis.setTimeout

/** By the real clock, whatever timers a test fakes. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => realSetTimeout(resolve, ms))
}

/** The same, but it keeps no process alive that has nothing else to do. */
export function idle(ms: number): Promise<void> {
  return new Promise((resolve) => {
    realSetTimeout(resolve, ms).unref()
  })
}
