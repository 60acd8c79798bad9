/** got, with HTTP/2 on and its retries off: a failure is to be seen. */
import { type ClientDefinition, expect200 } from './client.ts'

export const got: ClientDefinition = {
  id: 'got',
  name: 'got',
  package: 'got',
  async open({ ca }) {
    const { default: got } = await import('got')
    const client = got.extend({
      http2: true,
      https: { certificateAuthority: ca },
      retry: { limit: 0 },
      decompress: false,
    })
    return {
      async text(url, { headers = {}, body }) {
        const options = body === undefined ? { headers } : { headers, body, method: 'POST' as const }
        const response = await client(url, options)
        expect200(response.statusCode)
        return response.body.length
      },
      async read(url, take) {
        for await (const chunk of client.stream(url)) if (!take((chunk as Buffer).length)) break
      },
      hold: (url) => headOf(client.stream(url)),
    }
  },
}

/** The stream, once its response began. */
export function headOf<T extends NodeJS.EventEmitter>(stream: T): Promise<T> {
  return new Promise((resolve, reject) => {
    stream.once('response', () => resolve(stream))
    stream.once('error', reject)
  })
}
