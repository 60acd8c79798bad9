import { Agent as HttpAgent, type ClientRequest as NodeRequest } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import type { Client } from '../../client-interface.ts'
import { Carriage } from './carriage.ts'
import { notLent, refuseConnectionOptions } from './request-options.ts'

/** What Node gives its agents along with a request. */
type AddedOptions = RequestOptions & Record<string, unknown>

/** `agent` for `node:http`: its requests go over the client. It has no sockets of its own. */
export class BridgeHttpAgent extends HttpAgent {
  readonly #client: Client

  constructor(client: Client) {
    super({ keepAlive: true })
    this.#client = client
  }

  /** Node's `ClientRequest` asks for a socket. */
  addRequest(request: NodeRequest, options: AddedOptions): void {
    carry(this.#client, request, options, 'http')
  }
}

/** `agent` for `node:https`, likewise. */
export class BridgeHttpsAgent extends HttpsAgent {
  readonly #client: Client

  constructor(client: Client) {
    super({ keepAlive: true })
    this.#client = client
  }

  addRequest(request: NodeRequest, options: AddedOptions): void {
    carry(this.#client, request, options, 'https')
  }

  /** Throws. That it is not Node's own tells http2-wrapper to close the socket of its probe, not to leave it here. */
  override createConnection(): never {
    throw notLent('createConnection', 'socket')
  }
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const
/** Bytes of a response head that Node's parser takes: the client has checked it against limits of its own. */
const PARSER_LIMIT = 16 * 1024 * 1024

function carry(client: Client, request: NodeRequest, options: AddedOptions, scheme: 'http' | 'https'): void {
  const host = String(options.host ?? 'localhost')
  const named = String(request.getHeader('host') ?? '').replace(/:\d*$/, '')
  refuseConnectionOptions(options, [host, named])
  const port = Number(options.port ?? DEFAULT_PORTS[scheme])
  const { socket } = new Carriage(client, request, { scheme, host, port })
  const made = request as NodeRequest & { maxHeaderSize?: number; timeout?: number }
  made.maxHeaderSize ??= PARSER_LIMIT
  if (typeof made.timeout === 'number') socket.setTimeout(made.timeout)
  request.onSocket(socket as never)
}
