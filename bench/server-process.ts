/** A process with one server in it; it ends with the bench. */
import { messageOf } from './measure.ts'
import type { ServerOrder, ServerReply } from './messages.ts'
import { serveNghttpd } from './servers/nghttpd.ts'
import { serveHttp1 } from './servers/node-http1.ts'
import { serveHttp2 } from './servers/node-http2.ts'
import { serveRawTls } from './servers/raw-tls.ts'
import { serveRelay } from './servers/relay.ts'
import type { Listening, SiteOptions } from './servers/site.ts'

const SERVERS: Readonly<Record<string, (options: SiteOptions) => Promise<Listening>>> = {
  nghttpd: serveNghttpd,
  'node-http2': serveHttp2,
  'node-http1': serveHttp1,
  'raw-tls': serveRawTls,
  relay: serveRelay,
}

const [name = '', options = '{}'] = process.argv.slice(2)

function reply(message: ServerReply): void {
  process.send?.(message)
}

process.on('disconnect', () => process.exit())
// By default a signal ends the process without an `exit` event, and what it started would live on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit())

try {
  const serve = SERVERS[name]
  if (serve === undefined) throw new Error(`No server is called ${name}`)
  const { ports, worker, accepted } = await serve(JSON.parse(options))
  process.on('message', (_order: ServerOrder) => reply({ kind: 'accepted', bytes: accepted?.() ?? 0 }))
  reply({ kind: 'ready', ports, ...(worker !== undefined && { worker }) })
} catch (error) {
  reply({ kind: 'failed', message: messageOf(error) })
}
