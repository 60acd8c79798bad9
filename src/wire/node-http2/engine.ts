import type { Socket } from 'node:net'
import type { AttachContext, Connection, ConnectionListener, Engine } from '../contract.ts'
import { NodeHttp2Connection } from './connection.ts'
import { NODE_HTTP2_DEFAULTS, type NodeHttp2Options } from './options.ts'

/** HTTP/2 by `node:http2`. */
export function createNodeHttp2Engine(options: Partial<NodeHttp2Options> = {}): Engine {
  const settled = { ...NODE_HTTP2_DEFAULTS, ...options }
  return {
    protocol: 'h2',
    attach(socket: Socket, context: AttachContext, listener: ConnectionListener): Connection {
      return new NodeHttp2Connection(socket, settled, context, listener)
    },
  }
}
