/** Under the client, between it and what it is built on: what only a look from there can show, or do. */
import type { ClientHttp2Session } from 'node:http2'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import type { TLSSocket } from 'node:tls'
import { HTTP2_DEFAULTS } from '../../../src/wire/http2/options.ts'

type Connect<Made> = (...args: unknown[]) => Made

/** Replaces `connect` of a builtin module until `restore` is called. */
function interfere<Made>(module: 'node:tls' | 'node:http2', made: (connect: Connect<Made>) => Connect<Made>) {
  const builtin = createRequire(import.meta.url)(module) as { connect: Connect<Made> }
  const original = builtin.connect
  const set = (connect: Connect<Made>) => {
    builtin.connect = connect
    syncBuiltinESMExports()
  }
  set(made(original))
  return () => set(original)
}

/** The sessions that node:http2 makes until `restore` is called. */
export function observeSessions(): { readonly sessions: readonly ClientHttp2Session[]; restore(): void } {
  const sessions: ClientHttp2Session[] = []
  const restore = interfere<ClientHttp2Session>('node:http2', (connect) => (...args) => {
    const session = connect(...args)
    sessions.push(session)
    return session
  })
  return { sessions, restore }
}

/** The TLS sockets that are dialled until `restore` is called. */
export function observeSockets(): { readonly sockets: readonly TLSSocket[]; restore(): void } {
  const sockets: TLSSocket[] = []
  const restore = interfere<TLSSocket>('node:tls', (connect) => (...args) => {
    const socket = connect(...args)
    sockets.push(socket)
    return socket
  })
  return { sockets, restore }
}

/** Clients made until `restore` is called count the streams of the wire engine from here. There is no option for it. */
export function numberStreamsFrom(firstStreamId: number): {
  readonly sessions: readonly ClientHttp2Session[]
  restore(): void
} {
  const { firstStreamId: usual } = HTTP2_DEFAULTS
  Object.assign(HTTP2_DEFAULTS, { firstStreamId })
  return { sessions: [], restore: () => void Object.assign(HTTP2_DEFAULTS, { firstStreamId: usual }) }
}

/** The next TLS socket of this process is destroyed behind its `secureConnect` listeners, once. */
export function destroyAfterHandshake(): () => void {
  const restore = interfere<TLSSocket>('node:tls', (connect) => (...args) => {
    restore()
    const socket = connect(...args)
    process.nextTick(() => socket.once('secureConnect', () => socket.destroy()))
    return socket
  })
  return restore
}
