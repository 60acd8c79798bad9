import type { GoAway } from '../contract.ts'

/** The debug data of a GOAWAY is the peer's to choose; it goes into messages and logs, so it is cut and cleaned. */
const DEBUG_LIMIT = 1024

/**
 * What a GOAWAY says together with the one before (RFC 9113 section 6.8). A peer may send several, and only ever
 * lower the id; the lowest one counts.
 */
export function readGoAway(bytes: Buffer, start: number, end: number, before: GoAway | null): GoAway {
  const lastStreamId = bytes.readUInt32BE(start) & 0x7fff_ffff
  const debug = printable(bytes.subarray(start + 8, Math.min(end, start + 8 + DEBUG_LIMIT)))
  return {
    lastStreamId: Math.min(lastStreamId, before?.lastStreamId ?? lastStreamId),
    http2Code: bytes.readUInt32BE(start + 4),
    debug: debug === '' ? (before?.debug ?? '') : debug,
  }
}

function printable(debug: Buffer): string {
  return debug.toString('latin1').replace(/[^\x20-\x7e]/g, '?')
}
