/** How long the phases of a request took, ms; one that did not take place, or has not ended, is not there. */
export interface PhaseTimings {
  /** Waiting for a connection with room, without the dial that was waited for. */
  readonly queue?: number
  readonly dns?: number
  readonly connect?: number
  readonly tls?: number
  /** From the request on the wire to the response head. */
  readonly headers?: number
  /** From the call until the last of its attempts began: earlier attempts, redirects, pauses; not there if it was the first. */
  readonly before?: number
  /** From the call until it failed. What the other phases do not explain of it went into the one that failed. */
  readonly total?: number
}

const ORDER = ['queue', 'dns', 'connect', 'tls', 'headers'] as const

/** `' (before: queue 3 ms, tls 31 ms)'`, to stand behind a sentence on a later phase; empty if there was none. */
export function toldBefore(timings: PhaseTimings): string {
  const told = ORDER.flatMap((phase) => {
    const ms = timings[phase]
    return ms === undefined ? [] : [`${phase} ${Math.round(ms)} ms`]
  })
  return told.length === 0 ? '' : ` (before: ${told.join(', ')})`
}
