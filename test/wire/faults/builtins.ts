/** Between Node's modules and those that use them: what only a look from there can show, or do. */
import type { ClientHttp2Session } from 'node:http2'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import type { TLSSocket } from 'node:tls'

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
