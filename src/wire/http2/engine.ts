import type { Socket } from 'node:net'
import type { AttachContext, Connection, ConnectionListener, Engine } from '../contract.ts'
import { Http2Connection } from './connection.ts'
import { HTTP2_DEFAULTS, type Http2Options } from './options.ts'

/** HTTP/2 in our own words: frames, HPACK, streams and flow control, without `node:http2`. */
export function createHttp2Engine(options: Partial<Http2Options> = {}): Engine {
  const settled = { ...HTTP2_DEFAULTS, ...options }
  return {
    protocol: 'h2',
    attach(socket: Socket, context: AttachContext, listener: ConnectionListener): Connection {
      return new Http2Connection(socket, settled, context, listener)
    },
  }
}
