/** ky over the fetch of the Node that runs, as it comes; retries off. */
import { type ClientDefinition, expect200 } from './client.ts'

export const ky: ClientDefinition = {
  id: 'ky',
  name: 'ky',
  package: 'ky',
  mayChooseHttp1: true,
  async open() {
    const { default: ky } = await import('ky')
    const client = ky.create({ retry: 0, timeout: false })
    return {
      async text(url, { headers = {}, body }) {
        const options = body === undefined ? { headers } : { headers, body: body as Uint8Array<ArrayBuffer> }
        const response = await (body === undefined ? client.get(url, options) : client.post(url, options))
        expect200(response.status)
        return (await response.text()).length
      },
      async read(url, take) {
        const response = await client.get(url)
        for await (const chunk of response.body ?? []) if (!take(chunk.length)) break
      },
      hold: (url) => client.get(url),
    }
  },
}
