/** What a fault leaves on the wire. */
import { expect } from 'vitest'
import type { ErrorCodeName } from '../../support/frame-types.ts'
import type { RawConnection } from '../../support/raw-connection.ts'

/**
 * The GOAWAY of a connection error names it (RFC 9113 section 5.4.1 wants one, and does not insist). node:http2
 * sends none for about half of them, so that one that came is looked at, and none is waited for.
 */
export function expectGoAwayOf(connection: RawConnection, code: ErrorCodeName): void {
  const goAways = connection.received.filter((frame) => frame.type === 'GOAWAY')
  for (const frame of goAways) expect(frame.errorCode).toBe(code)
}

/** The client gave the stream up with this code. */
export async function expectResetBy(
  connection: RawConnection,
  streamId: number,
  code: ErrorCodeName,
): Promise<void> {
  const frame = await connection.expect('RST_STREAM', streamId, { timeout: 1000 })
  expect(frame.errorCode).toBe(code)
}
