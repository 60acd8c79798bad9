/** RFC 9113 section 6 and its extensions (RFC 7838, RFC 8336, RFC 9218), by number. */
export const FRAME_NAMES: Readonly<Record<number, string | undefined>> = {
  0: 'DATA',
  1: 'HEADERS',
  2: 'PRIORITY',
  3: 'RST_STREAM',
  4: 'SETTINGS',
  5: 'PUSH_PROMISE',
  6: 'PING',
  7: 'GOAWAY',
  8: 'WINDOW_UPDATE',
  9: 'CONTINUATION',
  10: 'ALTSVC',
  12: 'ORIGIN',
  16: 'PRIORITY_UPDATE',
}
