import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { waitFor } from '../support/wait-for.ts'

const PATIENCE = 2000

/**
 * The sockets that this process opens to the server, followed until each has closed. The server's own count is no
 * proof: Node leaves a handle of its side behind when a reset meets a socket that it has half closed.
 */
export class SocketWatch {
  readonly #open = new Set<Socket>()
  readonly #port: number
  readonly #onSocket = (message: unknown): void => {
    const { socket } = message as { socket: Socket }
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
  }

  constructor(port: number) {
    this.#port = port
  }

  start(): void {
    subscribe('net.client.socket', this.#onSocket)
  }

  /** Those that are still open once they had time to close. */
  async stop(): Promise<number> {
    unsubscribe('net.client.socket', this.#onSocket)
    const left = () => [...this.#open].filter((socket) => !socket.destroyed && this.#isOurs(socket))
    await waitFor(() => left().length === 0, { timeout: PATIENCE }).catch(() => {})
    return left().length
  }

  #isOurs(socket: Socket): boolean {
    return socket.remotePort === undefined || socket.remotePort === this.#port
  }
}
