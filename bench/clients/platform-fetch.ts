/** The fetch of the Node that runs. Which HTTP version it speaks is its own choice: see `probe`. */
import { type ClientDefinition, expect200 } from './client.ts'

export const platformFetch: ClientDefinition = {
  id: 'platform-fetch',
  name: `fetch of Node ${process.versions.node.split('.')[0]}`,
  mayChooseHttp1: true,
  // It takes no authority from anybody: NODE_EXTRA_CA_CERTS of its process names ours.
  open: async () => ({
    async text(url, { headers, body }) {
      const init =
        body === undefined ? undefined : { method: 'POST', body: body as NonNullable<RequestInit['body']> }
      const response = await fetch(url, headers === undefined ? init : { ...init, headers })
      expect200(response.status)
      return (await response.text()).length
    },
    async read(url, take) {
      const response = await fetch(url)
      expect200(response.status)
      for await (const chunk of response.body ?? []) if (!take(chunk.length)) break
    },
    hold: (url) => fetch(url),
  }),
}
