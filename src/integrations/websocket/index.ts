/** `trunkline/websocket`: `client.websocket()` with the types of the package `ws`. */
import type { WebSocket } from 'ws'
import type { Client } from '../../client-interface.ts'
import type { WebSocketOptions } from '../../websocket/options.ts'

export type { WebSocketOptions } from '../../websocket/options.ts'

/**
 * Opens a WebSocket over the client's session to the origin (RFC 8441), or over HTTP/1.1; resolves when it is open.
 * Rejects with a `ClientError`, or with the signal's reason.
 */
export async function websocket(
  client: Client,
  url: string | URL,
  options?: WebSocketOptions,
): Promise<WebSocket> {
  return (await client.websocket(url, options)) as unknown as WebSocket
}
