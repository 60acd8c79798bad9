/** undici from its package, with HTTP/2 allowed: `request` and `fetch` over one Agent each. */
import { type ClientDefinition, expect200 } from './client.ts'

export const undiciRequest: ClientDefinition = {
  id: 'undici-request',
  name: 'undici request',
  package: 'undici',
  async open({ ca }) {
    const { Agent, request } = await import('undici')
    const dispatcher = new Agent({ allowH2: true, connect: { ca } })
    return {
      async text(url, { headers = null, body }) {
        const method = body === undefined ? 'GET' : 'POST'
        const response = await request(url, { dispatcher, headers, method, body: body ?? null })
        expect200(response.statusCode)
        return (await response.body.text()).length
      },
      async read(url, take) {
        const response = await request(url, { dispatcher })
        expect200(response.statusCode)
        for await (const chunk of response.body) if (!take(chunk.length)) break
      },
      hold: (url) => request(url, { dispatcher }),
    }
  },
}

export const undiciFetch: ClientDefinition = {
  id: 'undici-fetch',
  name: 'undici fetch',
  package: 'undici',
  async open({ ca }) {
    const { Agent, fetch } = await import('undici')
    const dispatcher = new Agent({ allowH2: true, connect: { ca } })
    return {
      async text(url, { headers, body }) {
        const init = body === undefined ? { dispatcher } : { dispatcher, method: 'POST', body }
        const response = await fetch(url, headers === undefined ? init : { ...init, headers })
        expect200(response.status)
        return (await response.text()).length
      },
      async read(url, take) {
        const response = await fetch(url, { dispatcher })
        expect200(response.status)
        for await (const chunk of response.body ?? []) if (!take(chunk.length)) break
      },
      hold: (url) => fetch(url, { dispatcher }),
    }
  },
}
