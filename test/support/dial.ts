/** A connected client socket, TLS and ALPN done: what a wire engine is given. */
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { ensureCertificates } from './certificates.ts'

/** TLS to 127.0.0.1 as `localhost`, trusting the test authority, offering `h2` and `http/1.1`. */
export async function dialTls(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { ca } = await ensureCertificates()
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca,
    ALPNProtocols: ['h2', 'http/1.1'],
    ...options,
  })
  return settled(socket, 'secureConnect')
}

/** Plain TCP to 127.0.0.1. */
export function dialTcp(port: number): Promise<Socket> {
  return settled(connectTcp(port, '127.0.0.1'), 'connect')
}

function settled<T extends Socket>(socket: T, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once(event, () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
