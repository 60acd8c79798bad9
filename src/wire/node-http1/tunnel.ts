import type { Duplex } from 'node:stream'

/** What a tunnel tells its exchange. Its loss shows as that of the connection. */
export interface TunnelEvents {
  onData(chunk: Uint8Array): void
  onDrain(): void
  /** The peer has ended its side. */
  onEnd(): void
}

/** The socket behind a 101 (RFC 9110 section 15.2.2): bytes of another protocol, both ways. */
export class Tunnel {
  readonly #socket: Duplex
  readonly #events: TunnelEvents

  constructor(socket: Duplex, events: TunnelEvents) {
    this.#socket = socket
    this.#events = events
  }

  /** `rest`: what came in one piece with the head. */
  start(rest: Uint8Array): void {
    const socket = this.#socket
    if (rest.length > 0) this.#events.onData(rest)
    const paused = socket.isPaused()
    socket.on('data', (chunk: Buffer) => this.#events.onData(chunk))
    socket.on('drain', () => this.#events.onDrain())
    socket.on('end', () => this.#events.onEnd())
    // Node has taken it out of its flow; whoever reads may have asked for a pause already.
    if (paused) socket.pause()
    else socket.resume()
  }

  /** `false`: wait for `onDrain`. Nobody would call that on a socket that is gone. */
  write(chunk: Uint8Array): boolean {
    return !this.#socket.writable || this.#socket.write(chunk)
  }

  end(): void {
    if (this.#socket.writable) this.#socket.end()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }
}
