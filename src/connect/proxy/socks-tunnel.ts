import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { setImmediate } from 'node:timers'
import type { Place } from '../../core/origin.ts'
import type { ProxyServer } from './proxy-server.ts'

/** The longest delay that Node's timers take. */
const LONGEST_DELAY = 2 ** 31 - 1

/** How much later than ours its own deadline is, ms. Its timer holds the socket until then, connected or not. */
const GRACE = 1000

type SocksClientClass = typeof import('socks').SocksClient

let loading: Promise<SocksClientClass> | null = null

/** The package is an optional one, and loaded when the first SOCKS proxy is used. */
function loadSocks(): Promise<SocksClientClass> {
  loading ??= import('socks').then(
    ({ SocksClient }) => SocksClient,
    (cause: unknown) => {
      loading = null
      throw cause
    },
  )
  return loading
}

/** Why a SOCKS proxy gave no connection, without the options that errors of `socks` carry, credentials among them. */
export class SocksRefusal extends Error {
  override readonly name = 'SocksRefusal'
}

/** The package `socks` is not there. */
export class SocksMissing extends Error {
  override readonly name = 'SocksMissing'
}

/**
 * Asks a SOCKS proxy for a connection (RFC 1928; user name and password by RFC 1929). Rejects with `SocksRefusal`,
 * `SocksMissing`, or what the signal was aborted with; the socket is then the caller's to destroy.
 */
export async function askBySocks(
  socket: Socket,
  server: ProxyServer,
  { host, port }: Place,
  signal: AbortSignal,
  timeLeft: number,
): Promise<void> {
  const SocksClient = await loadSocks().catch((cause) => {
    throw new SocksMissing('the package socks is not installed', { cause })
  })
  const fault = Promise.withResolvers<never>()
  if (signal.aborted) throw signal.reason
  const { hostname, port: proxyPort } = server.origin
  const { username = '', password = '' } = server.credentials ?? {}
  const isVersion5 = server.kind === 'socks5'
  if (!isVersion5 && isIP(host) === 6) throw new SocksRefusal('SOCKS 4 knows no IPv6 addresses')
  const login = isVersion5 ? { userId: username, password } : { userId: username }
  const asking = SocksClient.createConnection({
    command: 'connect',
    proxy: {
      host: hostname,
      port: proxyPort,
      type: isVersion5 ? 5 : 4,
      ...(server.credentials === null ? {} : login),
    },
    destination: { host, port },
    existing_socket: socket,
    timeout: Math.min(Math.ceil(timeLeft) + GRACE, LONGEST_DELAY),
  })
  guardData(socket, fault.reject)
  // It gives up when its socket closes.
  const onAbort = () => socket.destroy()
  signal.addEventListener('abort', onAbort)
  try {
    await Promise.race([asking, fault.promise])
  } catch (error) {
    throw signal.aborted ? signal.reason : new SocksRefusal(asClause((error as Error).message))
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
  await keepEarlyBytes(socket)
}

/**
 * What `socks` throws while it reads an answer would come out of the socket, and end the process. The listeners it has
 * by now are wrapped; `listener` is the name under which an emitter finds them again when they are taken off.
 */
function guardData(socket: Socket, onFault: (error: unknown) => void): void {
  for (const listener of socket.listeners('data') as ((chunk: Buffer) => void)[]) {
    const guarded = (chunk: Buffer) => {
      try {
        listener.call(socket, chunk)
      } catch (error) {
        onFault(error)
      }
    }
    socket.off('data', listener)
    socket.on('data', Object.assign(guarded, { listener }))
  }
}

/** What came behind the proxy's answer is emitted as data once, a turn later, whoever listens then. It is put back instead. */
function keepEarlyBytes(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const early: Buffer[] = []
    const onData = (chunk: Buffer) => early.push(chunk)
    socket.on('data', onData)
    socket.pause()
    setImmediate(() => {
      socket.pause()
      socket.off('data', onData)
      if (early.length > 0) socket.unshift(Buffer.concat(early))
      resolve()
    })
  })
}

function asClause(message: string): string {
  const clause = message.replace(/\.+$/, '')
  return clause.length === 0 ? 'it gave no reason' : `${clause.charAt(0).toLowerCase()}${clause.slice(1)}`
}
