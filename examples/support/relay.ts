/** A TCP relay to put between client and server: it adds distance, counts bytes, and can lose a connection. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RelayOptions {
  /** Milliseconds each way, for what is sent; the TCP handshake itself is not delayed. Default 0. */
  readonly delay?: number
}

export interface Relay {
  /** The server's origin, by way of the relay. */
  readonly origin: string
  readonly bytes: { up: number; down: number }
  /** Where connections to come go to. */
  target: { readonly port: number }
  /** The connections of now stay open and carry nothing any more. Nobody is told; new ones work. */
  blackHole(): void
  close(): Promise<void>
}

export async function startRelay(
  target: { readonly port: number },
  options: RelayOptions = {},
): Promise<Relay> {
  const { delay = 0 } = options
  const bytes = { up: 0, down: 0 }
  const sockets = new Set<Socket>()
  const lost = new WeakSet<Socket>()

  /** Hands on what comes from one side to the other, late and in order. */
  function pipe(from: Socket, to: Socket, direction: 'up' | 'down'): void {
    let last = Promise.resolve()
    const later = (run: () => void) => {
      const due = performance.now() + delay
      last = last.then(async () => {
        const wait = Math.ceil(due - performance.now())
        if (wait > 0) await sleep(wait)
        if (!lost.has(from) && !to.destroyed) run()
      })
    }
    from.on('data', (chunk) => {
      later(() => {
        bytes[direction] += chunk.length
        to.write(chunk)
      })
    })
    from.on('end', () => later(() => to.end()))
    from.on('close', (failed) => later(() => (failed ? to.destroy() : to.end())))
    from.on('error', () => {})
  }

  const server = createServer((client) => {
    const upstream = connect({ port: relay.target.port, host: '127.0.0.1' })
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    pipe(client, upstream, 'up')
    pipe(upstream, client, 'down')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const relay: Relay = {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    bytes,
    target,
    blackHole() {
      for (const socket of sockets) lost.add(socket)
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return relay
}
