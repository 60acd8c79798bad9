/** nghttp2's server, in C: the cheapest there is, so that the client is what limits. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { connect } from 'node:tls'
import { findProgram } from '../pinning.ts'
import type { Listening, SiteOptions } from './site.ts'

/** Windows for uploads: 4 MiB for a stream, 16 MiB for the connection. */
const WINDOWS = ['-w', '22', '-W', '24']
/** More than any scenario wants, so that no client queues. */
const STREAMS = ['-m', '1024']

export async function serveNghttpd({ folder, certFile, keyFile }: SiteOptions): Promise<Listening> {
  const program = findProgram('nghttpd')
  if (program === null) throw new Error('nghttpd is not installed')
  const port = await freePort()
  const args = ['-a', '127.0.0.1', '-d', folder, ...WINDOWS, ...STREAMS, String(port), keyFile, certFile]
  const child = spawn(program, args, { stdio: 'ignore' })
  child.once('exit', () => process.exit(1))
  process.once('exit', () => child.kill('SIGKILL'))
  while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 20))
  return { ports: [port], worker: child.pid as number }
}

/** It cannot choose one by itself and say which. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] }
    const socket = connect(options, () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
  })
}
