/** No HTTP at all: bytes over TLS, asked for by number. The limit of a link, measured beside everyone else. */
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { ClientDefinition, Session } from './client.ts'

export const rawTls: ClientDefinition = {
  id: 'raw-tls',
  name: 'bare TLS socket',
  only: ['link-50ms', 'far-50ms'],
  open: async ({ ca }): Promise<Session> => {
    const sockets = new Map<string, TLSSocket>()
    const dial = async (url: URL): Promise<TLSSocket> => {
      const socket = connect({ port: Number(url.port), host: '127.0.0.1', servername: 'localhost', ca })
      await once(socket, 'secureConnect')
      sockets.set(url.host, socket)
      return socket
    }
    const unable = () => Promise.reject(new Error('no HTTP here'))
    return {
      text: unable,
      hold: unable,
      /** The path is the number of bytes. */
      async read(address, take) {
        const url = new URL(address)
        const socket = sockets.get(url.host) ?? (await dial(url))
        const wanted = Number(url.pathname.slice(1))
        socket.write(`${wanted}\n`)
        await receive(socket, wanted, take)
      },
    }
  },
}

function receive(socket: TLSSocket, wanted: number, take: (bytes: number) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = wanted
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (take(chunk.length) && left > 0) return
      socket.removeAllListeners('data').off('error', reject)
      resolve()
    })
  })
}
