/** Small words for servers that play an API. */
import type { ServerReply, ServerRequest } from '../../support/servers.ts'

export function pathOf(request: ServerRequest): string {
  return new URL(request.url ?? '/', 'https://localhost').pathname
}

export function queryOf(request: ServerRequest): URLSearchParams {
  return new URL(request.url ?? '/', 'https://localhost').searchParams
}

export function json(
  response: ServerReply,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}

/** A form as a server reads it: by the platform's own parser. */
export async function formOf(request: ServerRequest, body: Buffer): Promise<FormData> {
  const type = String(request.headers['content-type'])
  return new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
}
