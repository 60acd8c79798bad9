/** The `https://api.example.com` of the documentation, on loopback. */
import {
  defaultRoutes,
  deterministicBytes,
  readBody,
  type ServerReply,
  type ServerRequest,
  startH2Server,
  type TestServer,
} from '../../support/servers.ts'
import { acceptWebSockets } from '../../support/web-socket-server.ts'

export const API_ORIGIN = 'https://api.example.com'

/**
 * `/users/7`, `/items/N` JSON · `/lines` JSON line by line · `/report` a megabyte of JSON · `/prices` may be kept for a minute ·
 * `/login` sets a cookie and redirects to `/headers` · `/orders` POST, 201 · `/export` a megabyte · `/upload` counts the bytes of the body ·
 * `/events` one event, and silence · WebSockets echo · `/moved` redirects to `/users/7` · `/slow` never answers · `/v1` streams a completion as openai does · whatever has
 * an `x-amz-target` lists tables as DynamoDB does; else the routes of every test server.
 */
export async function startApiServer(): Promise<TestServer> {
  const server = await startH2Server({
    allowHTTP1: true,
    handler: handle,
    settings: { enableConnectProtocol: true },
  })
  acceptWebSockets(server.server)
  return server
}

async function handle(request: ServerRequest, response: ServerReply): Promise<void> {
  if (request.headers['x-amz-target'] !== undefined) return json(response, 200, { TableNames: ['orders'] })
  const [, name = '', argument = ''] = new URL(request.url ?? '/', API_ORIGIN).pathname.split('/')
  switch (name) {
    case 'users':
      return json(response, 200, { id: Number(argument), name: 'Ada' })
    case 'items':
      return json(response, 200, { id: Number(argument) })
    case 'lines':
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.end([1, 2, 3, 4].map((id) => `${JSON.stringify({ id })}\n`).join(''))
      return
    case 'login':
      response.writeHead(302, { location: '/headers', 'set-cookie': 'session=7; Path=/; Secure; HttpOnly' })
      response.end()
      return
    case 'prices':
      response.setHeader('cache-control', 'max-age=60')
      return json(response, 200, { apple: 1 })
    case 'report':
      return json(
        response,
        200,
        Array.from({ length: 20_000 }, (_, id) => ({ id, name: `entry ${id}` })),
      )
    case 'orders':
      return json(response, 201, { id: 1, ...JSON.parse((await readBody(request)).toString()) })
    case 'upload':
      return json(response, 200, { bytes: (await readBody(request)).length })
    case 'export':
      response.writeHead(200, { 'content-type': 'text/csv' })
      response.end(deterministicBytes(1024 * 1024))
      return
    case 'moved':
      response.writeHead(302, { location: '/users/7' })
      response.end()
      return
    case 'events':
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('id: 1\nevent: tick\ndata: {"n":1}\n\n')
      return
    case 'v1':
      return completion(response)
    case 'slow':
      request.resume()
      return
    default:
      await defaultRoutes(request, response)
  }
}

function json(response: ServerReply, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

function completion(response: ServerReply): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const content of ['Tea, ', 'please.'])
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`)
  response.end('data: [DONE]\n\n')
}
