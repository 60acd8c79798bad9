import { HpackDecoder } from './hpack/decoder.ts'
import type { Http2Options } from './options.ts'

/** HPACK's table as we leave it: SETTINGS_HEADER_TABLE_SIZE is not sent, so the default holds, bytes. */
export const HEADER_TABLE_SIZE = 4096

/** For the header blocks of the peer. */
export function ourDecoder({ maxHeaderListSize, maxHeaderFields }: Http2Options): HpackDecoder {
  return new HpackDecoder({
    maxTableSize: HEADER_TABLE_SIZE,
    maxListSize: maxHeaderListSize,
    // :status is none of the fields that the option counts.
    maxFields: maxHeaderFields + 1,
  })
}
