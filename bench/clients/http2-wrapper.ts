/** http2-wrapper: node:http2 behind the interface of node:https. */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type ClientDefinition, expect200 } from './client.ts'

interface Options {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | number>>
}

export const http2Wrapper: ClientDefinition = {
  id: 'http2-wrapper',
  name: 'http2-wrapper',
  package: 'http2-wrapper',
  async open({ ca }) {
    const { default: wrapper } = await import('http2-wrapper')
    const agent = { http2: new wrapper.Agent(), https: new HttpsAgent({ keepAlive: true }) }
    const send = async (url: string, options: Options, body?: Buffer): Promise<IncomingMessage> => {
      const request: ClientRequest = await wrapper.auto(url, { ...options, ca, agent })
      request.end(body)
      return new Promise((resolve, reject) => {
        request.once('response', resolve)
        request.once('error', reject)
      })
    }
    return {
      async text(url, { headers = {}, body }) {
        if (body === undefined) return (await collect(await send(url, { headers }))).toString().length
        const fields = { ...headers, 'content-length': body.length }
        return (await collect(await send(url, { method: 'POST', headers: fields }, body))).toString().length
      },
      async read(url, take) {
        for await (const chunk of await send(url, {})) if (!take((chunk as Buffer).length)) break
      },
      hold: (url) => send(url, {}),
    }
  },
}

function collect(response: IncomingMessage): Promise<Buffer> {
  expect200(response.statusCode ?? 0)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => resolve(Buffer.concat(chunks)))
    response.on('error', reject)
  })
}
