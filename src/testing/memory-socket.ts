/** Two ends of a connection that exists in memory only. */
import { Duplex } from 'node:stream'

export class MemorySocket extends Duplex {
  #other!: MemorySocket
  /** The write that waits until the other end reads on. */
  #blocked: (() => void) | null = null
  /** Nothing more comes from the other end. */
  #ended = false

  private constructor() {
    super({ allowHalfOpen: false })
  }

  static pair(): readonly [MemorySocket, MemorySocket] {
    const one = new MemorySocket()
    const two = new MemorySocket()
    one.#other = two
    two.#other = one
    return [one, two]
  }

  /** What TCP sockets have, and memory has no use for. */
  setNoDelay(): this {
    return this
  }

  /** The other end sees ECONNRESET. */
  resetAndDestroy(): this {
    const other = this.#other
    // Not the end in order that `destroy()` is.
    other.#ended = true
    this.destroy()
    setImmediate(() => other.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })))
    return this
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // Never within the call: neither end expects an answer before its own write returned.
    setImmediate(() => {
      if (this.#other.destroyed || this.#other.#ended || this.#other.push(bytes)) done()
      else this.#blocked = done
    })
  }

  override _read(): void {
    this.#other.#resume()
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      this.#endOther()
      done()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    setImmediate(() => this.#endOther())
    this.#other.#resume()
    done(error)
  }

  #endOther(): void {
    if (!this.#other.destroyed && !this.#other.#ended) this.#other.push(null)
    this.#other.#ended = true
  }

  #resume(): void {
    const done = this.#blocked
    this.#blocked = null
    done?.()
  }
}
