/** axios with its HTTP/2 adapter, which has to be asked for. NODE_EXTRA_CA_CERTS names the authority. */
import type { Readable } from 'node:stream'
import { type ClientDefinition, expect200 } from './client.ts'

/** Ten minutes: by itself it closes a session that was idle for a second, and clients take turns here. */
const PATIENCE = 600_000

export const axios: ClientDefinition = {
  id: 'axios',
  name: 'axios',
  package: 'axios',
  cannot: { 'http1-1k': 'has no fallback from HTTP/2' },
  async open() {
    const { default: axios } = await import('axios')
    const options = { httpVersion: 2, http2Options: { sessionTimeout: PATIENCE } } as const
    const client = axios.create({ ...options, adapter: 'http', proxy: false, maxBodyLength: Infinity })
    const stream = (url: string) => client.get<Readable>(url, { responseType: 'stream' })
    return {
      async text(url, { headers = {}, body }) {
        // 'text', and no attempt to parse it as JSON.
        const config = { headers, responseType: 'text', transformResponse: (text: unknown) => text } as const
        const response = await (body === undefined ? client.get(url, config) : client.post(url, body, config))
        expect200(response.status)
        return (response.data as string).length
      },
      async read(url, take) {
        const { data } = await stream(url)
        for await (const chunk of data) if (!take((chunk as Buffer).length)) break
      },
      hold: stream,
    }
  },
}
