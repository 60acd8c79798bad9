import type { Socket } from 'node:net'
import type { AttachContext, Connection, ConnectionListener, Engine } from '../contract.ts'
import { NodeHttp1Connection } from './connection.ts'
import { NODE_HTTP1_DEFAULTS, type NodeHttp1Options } from './options.ts'

/**
 * HTTP/1.1 by `node:http`.
 *
 * Limits of it: methods go out in upper case, whatever the caller wrote. A body without a length that is cut off by
 * the end of the TLS connection looks whole (RFC 9112 section 9.8): Node does not show whether a close_notify alert
 * came, and Node 22 shows some TCP resets as an orderly end. Content-Length and chunked bodies are not affected.
 */
export function createNodeHttp1Engine(options: Partial<NodeHttp1Options> = {}): Engine {
  const settled = { ...NODE_HTTP1_DEFAULTS, ...options }
  return {
    protocol: 'http/1.1',
    attach(socket: Socket, context: AttachContext, listener: ConnectionListener): Connection {
      return new NodeHttp1Connection(socket, settled, context, listener)
    },
  }
}
