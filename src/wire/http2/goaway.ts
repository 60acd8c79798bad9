import { type GoAway, goAwayAfter } from '../../core/go-away.ts'

/** Where the debug data begins; the payload has that many bytes at least. */
const FIXED_PART = 8

/** What the payload of a GOAWAY says together with the frames before it (RFC 9113 section 6.8). */
export function readGoAway(bytes: Buffer, start: number, end: number, before: GoAway | null): GoAway {
  const lastStreamId = bytes.readUInt32BE(start) & 0x7fff_ffff
  const http2Code = bytes.readUInt32BE(start + 4)
  return goAwayAfter(before, lastStreamId, http2Code, bytes.subarray(start + FIXED_PART, end))
}
