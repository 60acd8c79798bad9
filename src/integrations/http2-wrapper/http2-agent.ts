import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import http2wrapper from 'http2-wrapper'
import type { Client } from '../../client-interface.ts'
import { InvalidRequestError } from '../../core/errors.ts'
import { type HeadersInput, isConnectionSpecific, toHeaderList, withoutHeaders } from '../../core/headers.ts'
import { originOf } from '../../core/origin.ts'
import { DispatchStream } from './dispatch-stream.ts'
import { refuseConnectionOptions } from './request-options.ts'
import { targetOf } from './request-target.ts'

/** Methods behind whose head http2-wrapper's `ClientRequest` sends nothing, and does not end the stream either. */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE'])

/**
 * An `Agent` of http2-wrapper whose requests go over a client: for its own `request` and `auto`, and so for `agent.http2`
 * of got up to 15. It is one by class, and shares nothing else with it: it keeps no sessions, queue or tickets.
 */
export class BridgeHttp2Agent extends http2wrapper.Agent {
  readonly defaultPort = 443
  readonly #client: () => Client

  /** A function is asked at the first use. */
  constructor(client: Client | (() => Client)) {
    super()
    this.#client = typeof client === 'function' ? client : () => client
  }

  /**
   * A stream for one request. Rejects with a `ClientError` when a field is malformed or an option would govern a
   * connection; what fails later is an `error` of the stream.
   */
  override async request(
    origin: string | URL,
    options: object = {},
    headers: object = {},
  ): Promise<ClientHttp2Stream> {
    const url = origin instanceof URL ? origin : new URL(origin)
    const given = options as Record<string, unknown>
    refuseConnectionOptions(given, [url.hostname, String(given.host)])
    const {
      ':method': method = 'GET',
      ':path': path = '/',
      ':authority': authority,
      ...fields
    } = headers as Record<string, unknown>
    delete fields[':scheme']
    const list = withoutHeaders(toHeaderList(fields as HeadersInput), isConnectionSpecific)
    if (typeof authority === 'string' && !list.includes('host')) list.push('host', authority)
    const { scheme, hostname: host, port } = originOf(url)
    const stream = new DispatchStream(this.#client(), {
      method: String(method),
      target: targetOf({ scheme, host, port }, String(path), list),
      headers: list,
      endStream: BODILESS.has(String(method)),
    })
    return stream as unknown as ClientHttp2Stream
  }

  /** Rejects: a session is the pool's, and may be replaced or shared at any moment. */
  override async getSession(): Promise<ClientHttp2Session> {
    throw notLent('getSession', 'session')
  }

  /** Rejects likewise. */
  override async createConnection(): Promise<TLSSocket> {
    throw notLent('createConnection', 'socket')
  }

  /** Idle connections go by `http2.idleTimeout` of the client: none is closed here. */
  override closeEmptySessions(): void {}

  /** Ends nothing: others may use the client. Close that. */
  override destroy(_reason?: Error): void {}
}

function notLent(method: string, thing: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid use of ${method}: a ${thing} of the client's is shared and is not lent. Use request of the agent, or of the bridge.`,
  )
}
