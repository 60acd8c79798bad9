import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import { IdleTimer } from './idle-timer.ts'

/** Who stands behind the socket. */
export interface SocketPeer {
  /** Bytes that Node's `ClientRequest` wrote; `release` lets it write on. */
  onBytes(bytes: Buffer, release: (error?: Error | null) => void): void
  /** The socket was destroyed, by whomever. */
  onGone(error: Error | null): void
}

/**
 * What Node's `ClientRequest` takes for its socket. It leads nowhere: the request is read off it and dispatched over the
 * client's pool, and the response is written to it. One for each request, and never reused.
 */
export class BridgeSocket extends Duplex {
  readonly #peer: SocketPeer
  readonly #timer = new IdleTimer(() => this.emit('timeout'))
  #wanted: (() => void) | null = null
  /** The pool connects; for `ClientRequest` the socket stands. */
  readonly connecting = false
  readonly pending = false
  readonly encrypted: boolean
  readonly authorized: boolean
  /** What the connection of this request speaks; false until the response has come. */
  alpnProtocol: string | false = false

  constructor(peer: SocketPeer, encrypted: boolean) {
    super({ allowHalfOpen: true, emitClose: true })
    this.#peer = peer
    this.encrypted = encrypted
    this.authorized = encrypted
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#timer.touch()
    this.#peer.onBytes(chunk, (error) => {
      this.#timer.touch()
      callback(error)
    })
  }

  override _read(): void {
    const wanted = this.#wanted
    this.#wanted = null
    wanted?.()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#timer.stop()
    this._read()
    this.#peer.onGone(error)
    callback(error)
  }

  /** Gives bytes to the request's parser; resolves when it wants more. */
  async give(bytes: Uint8Array): Promise<void> {
    this.#timer.touch()
    if (this.destroyed || this.push(bytes)) return
    await new Promise<void>((resolve) => {
      this.#wanted = resolve
    })
  }

  /** ms without a byte in either direction, then `timeout`; 0: never. */
  setTimeout(delay: number, listener?: () => void): this {
    this.#timer.set(delay)
    if (listener === undefined) return this
    if (delay > 0) this.once('timeout', listener)
    else this.removeListener('timeout', listener)
    return this
  }

  get timeout(): number | undefined {
    return this.#timer.delay === 0 ? undefined : this.#timer.delay
  }

  get readyState(): string {
    return this.destroyed ? 'closed' : 'open'
  }

  destroySoon(): void {
    if (this.writable) this.end()
    this.destroy()
  }

  // The connection below is shared by many requests: none of them sets its switches.

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  address(): AddressInfo | Record<string, never> {
    return {}
  }
}
