import type { Socket } from 'node:net'
import type { AttachContext, Connection, ConnectionListener, Engine } from '../contract.ts'
import { NodeHttp1Connection } from './connection.ts'
import { NODE_HTTP1_DEFAULTS, type NodeHttp1Options } from './options.ts'

/**
 * HTTP/1.1 by `node:http`.
 *
 * Limits of it: methods go out in upper case, whatever the caller wrote; and a body that ends where the TLS
 * connection ends looks whole even without a close_notify alert (RFC 9112 section 9.8), which Node does not show.
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
