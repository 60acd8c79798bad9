/**
 * The same matrix on bare `node:http2` and `node:https`: `npm run interop -- --client node`. What fails here too
 * is a trait of the server or of Node, not a fault of ours. It has no retries and no pool worth the name.
 */
import { once } from 'node:events'
import type { IncomingHttpHeaders as Http1Headers, IncomingMessage } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { Agent, request as requestHttps } from 'node:https'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TLSSocket } from 'node:tls'
import type { ClientSettings, ClientUnderTest, InteropClient, InteropInit } from './interop-client.ts'
import { http1Sockets } from './matrix.ts'

interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders | Http1Headers
  readonly body: Readable
  readonly resumed: boolean
}

interface Transport {
  readonly dials: number
  send(url: URL, init: InteropInit): Promise<RawAnswer>
  close(): Promise<void>
  destroy(): void
}

/** TLS sessions of the process, by origin, version and protocol; like the default store of a client. */
const sessions = new Map<string, Buffer>()

export const reference: ClientUnderTest = { create, replays: false }

function create(settings: ClientSettings): InteropClient {
  const transport = settings.protocol === 'h2' ? http2Transport(settings) : http1Transport(settings)
  const send = async (url: string, init: InteropInit = {}) => {
    const answer = await transport.send(new URL(url), init)
    return { ...answer, protocol: settings.protocol, timings: { resumed: answer.resumed } }
  }
  return {
    request: send,
    async fetch(url, init = {}) {
      const { method, body } = init
      const answer = await send(url, { ...(method && { method }), ...(body && { body: body as never }) })
      const { status, protocol, timings } = answer
      const noBody = method === 'HEAD' ? answer.body.resume() : undefined
      const stream = noBody ? null : (Readable.toWeb(answer.body) as ReadableStream<Uint8Array<ArrayBuffer>>)
      const response = new Response(stream, { status, headers: plainHeaders(answer.headers) })
      return Object.assign(response, { protocol, timings })
    },
    stats: () => ({ dials: transport.dials }),
    close: () => transport.close(),
    destroy: () => transport.destroy(),
  }
}

function plainHeaders(headers: IncomingHttpHeaders | Http1Headers): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => !name.startsWith(':'))
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

function tlsOptions({ ca, tls }: ClientSettings) {
  return { ca, minVersion: tls, maxVersion: tls }
}

async function send(body: InteropInit['body'], stream: Writable): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) stream.end(body)
  else await pipeline(Readable.from(body), stream)
}

function http2Transport(settings: ClientSettings): Transport {
  let session: ClientHttp2Session | undefined
  let dials = 0
  const open = async (origin: string) => {
    const key = `${origin} ${settings.tls} h2`
    const stored = sessions.get(key)
    session = connectHttp2(origin, { ...tlsOptions(settings), ...(stored && { session: stored }) })
    dials++
    session.on('error', () => {})
    session.socket.on('session', (ticket: Buffer) => sessions.set(key, ticket))
    await once(session, 'remoteSettings')
    return session
  }
  let opening: Promise<ClientHttp2Session> | undefined
  return {
    get dials() {
      return dials
    },
    async send(url, { method = 'GET', headers, body }) {
      opening ??= open(url.origin)
      const opened = await opening
      const head = { ':method': method, ':path': url.pathname, ...headers }
      const stream = opened.request(head, { endStream: body === undefined })
      const sent = body === undefined ? undefined : send(body, stream)
      sent?.catch((error: Error) => stream.destroy(error))
      const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }]
      const resumed = (opened.socket as TLSSocket).isSessionReused()
      return { status: answer[':status'], headers: answer, body: stream, resumed }
    },
    close: () => new Promise((resolve) => (session ? session.close(resolve) : resolve())),
    destroy: () => session?.destroy(),
  }
}

function http1Transport(settings: ClientSettings): Transport {
  const agent = new Agent({
    ...tlsOptions(settings),
    ALPNProtocols: ['http/1.1'],
    keepAlive: true,
    maxSockets: http1Sockets,
  })
  const sockets = new Set<TLSSocket>()
  return {
    get dials() {
      return sockets.size
    },
    async send(url, { method = 'GET', headers, body }) {
      const key = `${url.origin} ${settings.tls} http/1.1`
      const session = sessions.get(key)
      const request = requestHttps(url, {
        agent,
        method,
        headers: { ...headers },
        ...(session && { session }),
      })
      request.once('socket', (socket) => {
        if (sockets.has(socket as TLSSocket)) return
        sockets.add(socket as TLSSocket)
        socket.on('session', (ticket: Buffer) => sessions.set(key, ticket))
      })
      send(body, request).catch((error: Error) => request.destroy(error))
      const [answer] = (await once(request, 'response')) as [IncomingMessage]
      const resumed = (answer.socket as TLSSocket).isSessionReused()
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: answer, resumed }
    },
    close: async () => agent.destroy(),
    destroy: () => agent.destroy(),
  }
}
