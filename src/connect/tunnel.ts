import type { Socket } from 'node:net'
import * as tls from 'node:tls'

/** Opens what a connection runs in when it does not go straight: a tunnel through a proxy, one for each attempt. */
export type Underlay = () => Promise<Tunnel>

export interface Tunnel {
  readonly socket: Socket
  /** Of the proxy. */
  readonly remoteAddress: string
  /** What is left of `timeout`, ms. */
  readonly timeLeft: number
  /** For a socket that has no handle of its own: whether it keeps the process alive. */
  hold?(alive: boolean): void
}

/** TLS in a tunnel. The two end together. */
export function secured(tunnel: Tunnel, options: tls.ConnectionOptions): tls.TLSSocket {
  const { hold } = tunnel
  const socket = tls.connect({ ...options, socket: tunnel.socket })
  socket.once('close', () => tunnel.socket.destroy())
  if (hold === undefined) return socket
  return Object.assign(socket, {
    ref: () => {
      hold(true)
      return socket
    },
    unref: () => {
      hold(false)
      return socket
    },
  })
}

/**
 * Makes a socket that was paused as one from which nobody has read yet: it flows to whoever listens for data next, and
 * what is in its buffer stays there until then.
 */
export async function untouched(socket: Socket): Promise<void> {
  const nobody = () => {}
  socket.on('readable', nobody)
  socket.off('readable', nobody)
  // It takes effect a tick later.
  await new Promise((resolve) => process.nextTick(resolve))
}
