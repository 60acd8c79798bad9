import { type HeaderList, isForHttp2 } from '../../core/headers.ts'
import type { RequestHead } from '../contract.ts'

/**
 * A request head as node:http2 takes it in raw form: pseudo-header fields first (RFC 9113 section 8.3), then the
 * caller's fields, in order and with repeats. `Host` gives way to `:authority` (section 8.3.1).
 */
export function encodeHead(head: RequestHead): string[] {
  // RFC 9113 section 8.5: the head of CONNECT has neither scheme nor path.
  const fields: string[] =
    head.method === 'CONNECT' && head.path === ''
      ? [':method', head.method, ':authority', head.authority]
      : [':method', head.method, ':scheme', head.scheme, ':authority', head.authority, ':path', head.path]
  if (head.protocol !== undefined) fields.push(':protocol', head.protocol)
  const headers = head.headers
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    const value = headers[index + 1] as string
    if (name === 'cookie') pushCrumbs(fields, value)
    else if (isForHttp2(name, value)) fields.push(name, value)
  }
  return fields
}

/** One field for each cookie, so that those that stay the same are indexed (RFC 9113 section 8.2.3). */
function pushCrumbs(fields: string[], cookie: string): void {
  for (const crumb of cookie.split('; ')) fields.push('cookie', crumb)
}

/** The regular fields of a head that Node delivered raw, and its status. */
export function decodeHead(raw: HeaderList): { status: number; headers: HeaderList } {
  let regular = 0
  let status = 0
  // Pseudo-header fields come first (RFC 9113 section 8.3); nghttp2 sees to it.
  for (; regular < raw.length && (raw[regular] as string).charCodeAt(0) === COLON; regular += 2) {
    if (raw[regular] === ':status') status = Number(raw[regular + 1])
  }
  return { status, headers: regular === 0 ? raw : raw.slice(regular) }
}

const COLON = 0x3a
