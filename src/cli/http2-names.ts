/** What RFC 9113 and its extensions call their numbers. */
import { ERROR_CODE_NAMES } from '../core/http2-error-names.ts'
import { FRAME_NAMES } from '../core/http2-frame-names.ts'

/** `SETTINGS ACK`, `HEADERS END_STREAM END_HEADERS`, `0x17`. */
export function frameName(type: number, flags = 0): string {
  const flagNames = [
    ...((flags & 0x1) !== 0 ? (type === 4 || type === 6 ? ['ACK'] : type <= 1 ? ['END_STREAM'] : []) : []),
    ...((flags & 0x4) !== 0 && [1, 5, 9].includes(type) ? ['END_HEADERS'] : []),
  ]
  return [FRAME_NAMES[type] ?? `0x${type.toString(16)}`, ...flagNames].join(' ')
}

const SETTINGS: Readonly<Record<number, string>> = {
  1: 'HEADER_TABLE_SIZE',
  2: 'ENABLE_PUSH',
  3: 'MAX_CONCURRENT_STREAMS',
  4: 'INITIAL_WINDOW_SIZE',
  5: 'MAX_FRAME_SIZE',
  6: 'MAX_HEADER_LIST_SIZE',
  8: 'ENABLE_CONNECT_PROTOCOL',
  9: 'NO_RFC7540_PRIORITIES',
}

export function settingName(identifier: number): string {
  return SETTINGS[identifier] ?? `0x${identifier.toString(16)}`
}

export function errorCodeName(http2Code: number): string {
  return ERROR_CODE_NAMES[http2Code] ?? `0x${http2Code.toString(16)}`
}
