/** The socket under a scripted peer: bytes in, bytes out, and every way a connection can end. */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { PeerError } from './inbox.ts'
import { type DripOptions, Outbox } from './outbox.ts'

/** `fin` and `reset` by the client; `local` when this side ended it. */
export type CloseReason = 'fin' | 'reset' | 'local'

export interface RawTransportHooks {
  onBytes(bytes: Buffer): void
  onClosed(reason: CloseReason): void
}

export class RawTransport {
  /** What speaks: the TLS socket, or the TCP one for plain text. */
  readonly socket: TLSSocket | Socket
  /** The TCP socket underneath. */
  readonly tcp: Socket
  readonly outbox: Outbox
  /** Resolves when the connection is gone. */
  readonly closed: Promise<CloseReason>
  closeReason: CloseReason | null = null
  bytesRead = 0
  #ending: CloseReason | null = null

  constructor(socket: TLSSocket | Socket, tcp: Socket, hooks: RawTransportHooks) {
    this.socket = socket
    this.tcp = tcp
    this.outbox = new Outbox(socket)
    tcp.setNoDelay(true)
    const closed = Promise.withResolvers<CloseReason>()
    this.closed = closed.promise
    socket.on('data', (bytes: Buffer) => {
      this.bytesRead += bytes.length
      hooks.onBytes(bytes)
    })
    socket.on('end', () => {
      this.#ending ??= 'fin'
    })
    const onError = (error: NodeJS.ErrnoException) => {
      this.#ending ??= error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'fin'
    }
    socket.on('error', onError)
    if (tcp !== socket) tcp.on('error', onError)
    socket.once('close', () => {
      this.closeReason = this.#ending ?? 'local'
      hooks.onClosed(this.closeReason)
      closed.resolve(this.closeReason)
    })
  }

  /** Resolves once the socket takes more bytes without buffering too many. */
  async writable(): Promise<void> {
    if (this.socket.destroyed || !this.socket.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.socket.off('drain', done)
        this.socket.off('close', done)
        resolve()
      }
      this.socket.on('drain', done)
      this.socket.on('close', done)
    })
  }

  drip(bytes: Uint8Array, options?: DripOptions): Promise<void> {
    return this.outbox.drip(bytes, options)
  }

  /** FIN after everything written; TLS says close_notify first unless told not to. */
  fin(options: { readonly closeNotify?: boolean } = {}): void {
    this.outbox.afterWrites(() => {
      this.#ending ??= 'local'
      if (options.closeNotify === false) this.tcp.end()
      else this.socket.end()
    })
  }

  /** TCP RST after everything written. */
  reset(): void {
    this.outbox.afterWrites(() => {
      this.#ending ??= 'local'
      this.tcp.resetAndDestroy()
    })
  }

  destroy(): void {
    this.#ending ??= 'local'
    this.socket.destroy()
    this.tcp.destroy()
  }

  hang(): void {
    this.outbox.silence()
    this.socket.pause()
  }

  async expectClose(timeout: number, context: () => string): Promise<CloseReason> {
    const late = Promise.withResolvers<never>()
    const awaited = 'the end of the connection'
    const timer = setTimeout(() => {
      late.reject(new PeerError('TIMEOUT', awaited, `waited ${timeout} ms for ${awaited}; ${context()}`))
    }, timeout)
    try {
      return await Promise.race([this.closed, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** How a connection ended, in words. */
export function closeText(reason: CloseReason): string {
  if (reason === 'local') return 'the connection was closed by the peer itself'
  return `the client closed the connection (${reason === 'fin' ? 'FIN' : 'TCP RST'})`
}
