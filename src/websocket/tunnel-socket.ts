import { Duplex } from 'node:stream'
import type { StreamBody } from '../core/request-body.ts'
import type { ResponseBody } from '../core/response-body.ts'
import { Outbox } from './outbox.ts'

/** What the tunnel was answered: bytes to begin with, and those that follow. */
export interface TunnelAnswer {
  readonly head: Uint8Array
  readonly body: ResponseBody
}

/** Opens the tunnel that a head asks for. Its failure is that of the socket. */
export type OpenTunnel = (head: string, body: StreamBody, signal: AbortSignal) => Promise<TunnelAnswer>

const END_OF_HEAD = '\r\n\r\n'

/**
 * The two ways of a tunnel as one `Duplex`. `ws` writes its opening handshake to it, in the words of HTTP/1.1; from there
 * on, whatever carries the tunnel, its bytes are those of the socket.
 */
export class TunnelSocket {
  readonly stream: Duplex
  readonly #open: OpenTunnel
  readonly #outbox = new Outbox()
  readonly #controller = new AbortController()
  #head: string | null = ''
  #body: ResponseBody | null = null
  #room: (() => void) | null = null

  constructor(open: OpenTunnel) {
    this.#open = open
    this.stream = new Duplex({
      read: () => this.#onRoom(),
      write: (chunk: Buffer, _encoding, taken) => this.#write(chunk, taken),
      writev: (chunks, taken) => {
        const pieces = (chunks as readonly { chunk: Buffer }[]).map(({ chunk }) => chunk)
        this.#write(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces), taken)
      },
      final: (done) => {
        this.#outbox.end()
        done()
      },
      destroy: (error, done) => {
        this.#close(error)
        done(error)
      },
    })
  }

  /** Lets the bytes of the peer through. Until then only the answer to the handshake is. */
  flow(): void {
    if (this.#body !== null) this.#receive(this.#body)
  }

  #write(chunk: Buffer, taken: () => void): void {
    if (this.#head === null) return this.#outbox.push(chunk, taken)
    this.#head += chunk.toString('latin1')
    const end = this.#head.indexOf(END_OF_HEAD)
    if (end !== -1) {
      this.#begin(this.#head.slice(0, end))
      this.#head = null
    }
    taken()
  }

  #begin(head: string): void {
    this.#open(head, this.#outbox.body(), this.#controller.signal).then(
      (answer) => {
        this.#body = answer.body
        if (this.stream.destroyed) answer.body.cancel()
        else this.stream.push(answer.head)
      },
      (error) => this.stream.destroy(error as Error),
    )
  }

  async #receive(body: ResponseBody): Promise<void> {
    try {
      for await (const chunk of body) if (!this.stream.push(chunk)) await this.#untilRoom()
      this.stream.push(null)
    } catch (error) {
      this.stream.destroy(error as Error)
    }
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve
    })
  }

  #onRoom(): void {
    this.#room?.()
    this.#room = null
  }

  #close(error: Error | null): void {
    this.#onRoom()
    // Without effect on a tunnel that came to its end.
    this.#controller.abort(error ?? new DOMException('The tunnel was closed.', 'AbortError'))
    void this.#outbox.return()
  }
}
