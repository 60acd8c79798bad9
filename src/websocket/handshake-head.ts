import { createHash } from 'node:crypto'
import type { ClientResponse } from '../core/dispatch.ts'
import { isConnectionSpecific } from '../core/headers.ts'

/** A request head as `ws` writes it. */
export interface HandshakeHead {
  /** What goes over either protocol, name, value; names in lower case. */
  readonly headers: string[]
  /** Sec-WebSocket-Key, which only the upgrade has (RFC 8441 section 5). */
  readonly key: string
}

const KEY = 'sec-websocket-key'

/** RFC 6455 section 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Takes the head apart; what belongs to one connection is made anew by the wire. */
export function readHandshake(text: string): HandshakeHead {
  const headers: string[] = []
  let key = ''
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === KEY) key = value
    else if (name !== '' && name !== 'host' && !isConnectionSpecific(name)) headers.push(name, value)
  }
  return { headers, key }
}

export function upgradeHeaders({ key }: HandshakeHead): string[] {
  return [KEY, key]
}

/**
 * The answer as `ws` expects it. Over HTTP/1.1 it is what the server said, for `ws` to judge; HTTP/2 has neither Upgrade
 * nor Sec-WebSocket-Accept, so they are made here.
 */
export function writeAnswer({ headers, protocol }: ClientResponse, { key }: HandshakeHead): Buffer {
  const lines = ['HTTP/1.1 101 Switching Protocols']
  if (protocol === 'h2') {
    const accept = createHash('sha1')
      .update(key + ACCEPT_SUFFIX)
      .digest('base64')
    lines.push('upgrade: websocket', `sec-websocket-accept: ${accept}`)
  }
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    const ours = name === 'connection' || (protocol === 'h2' && name === 'sec-websocket-accept')
    if (!ours && !FRAMING.has(name)) lines.push(`${name}: ${headers[index + 1]}`)
  }
  lines.push('connection: Upgrade', '', '')
  return Buffer.from(lines.join('\r\n'), 'latin1')
}

/** Of a response that has no body. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding'])
