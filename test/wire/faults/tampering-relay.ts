/** A relay that changes some bytes on their way from the server, once. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

export interface TamperingRelay {
  readonly port: number
  readonly tampered: boolean
  close(): Promise<void>
}

/** `what` and `by` are of one length, and `what` comes in one read. */
export async function tamperingRelay(target: number, what: Buffer, by: Buffer): Promise<TamperingRelay> {
  let tampered = false
  const server = createServer((client) => {
    const upstream = connect({ port: target, host: '127.0.0.1' })
    client.pipe(upstream)
    upstream.on('data', (bytes: Buffer) => {
      const at = bytes.indexOf(what)
      if (!tampered && at >= 0) {
        by.copy(bytes, at)
        tampered = true
      }
      client.write(bytes)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get tampered() {
      return tampered
    },
    async close() {
      server.close()
      await once(server, 'close')
    },
  }
}
