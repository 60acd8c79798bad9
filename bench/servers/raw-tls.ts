/** Bytes over TLS and nothing else: a client writes a number and a newline, and gets so many. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import type { Listening, SiteOptions } from './site.ts'

const PIECE = Buffer.alloc(256 * 1024)

export async function serveRawTls({ certFile, keyFile }: SiteOptions): Promise<Listening> {
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { ports: [(server.address() as AddressInfo).port] }
}

function serve(socket: TLSSocket): void {
  let order = ''
  let left = 0
  const more = () => {
    let room = true
    while (room && left > 0) {
      const piece = left >= PIECE.length ? PIECE : PIECE.subarray(0, left)
      left -= piece.length
      room = socket.write(piece)
    }
  }
  socket.on('error', () => {})
  socket.on('drain', more)
  socket.on('data', (chunk: Buffer) => {
    order += chunk.toString()
    const end = order.indexOf('\n')
    if (end < 0) return
    left += Number(order.slice(0, end))
    order = order.slice(end + 1)
    more()
  })
}
