/** A server that has no HTTP/2: what clients fall back to. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { answerHttp1, patient } from './node-http2.ts'
import type { Listening, SiteOptions } from './site.ts'

export async function serveHttp1({ certFile, keyFile }: SiteOptions): Promise<Listening> {
  const options = { cert: readFileSync(certFile), key: readFileSync(keyFile), ALPNProtocols: ['http/1.1'] }
  const server = createServer(options, (request, response) => answerHttp1(request, response, () => {}))
  patient(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { ports: [(server.address() as AddressInfo).port] }
}
