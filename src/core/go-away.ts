/** What the GOAWAY frames of a connection said so far (RFC 9113 section 6.8). */
export interface GoAway {
  readonly lastStreamId: number
  readonly http2Code: number
  /** At most 1 KiB of the debug data, as printable text. */
  readonly debug: string
}

/** The debug data of a GOAWAY is the peer's to choose; it goes into messages and logs, so it is cut and cleaned. */
const DEBUG_LIMIT = 1024

/**
 * What one more frame makes of those `before` it; the same object when it says nothing new. A peer may send several, and
 * only ever lower the id; the lowest one counts.
 */
export function goAwayAfter(
  before: GoAway | null,
  lastStreamId: number,
  http2Code: number,
  debug: Uint8Array,
): GoAway {
  if (before === null) return { lastStreamId, http2Code, debug: printable(debug) }
  const lowest = Math.min(lastStreamId, before.lastStreamId)
  const text = debug.length === 0 ? before.debug : printable(debug)
  const isNew = lowest !== before.lastStreamId || http2Code !== before.http2Code || text !== before.debug
  return isNew ? { lastStreamId: lowest, http2Code, debug: text } : before
}

function printable(debug: Uint8Array): string {
  return Buffer.from(debug.subarray(0, DEBUG_LIMIT))
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '?')
}
