import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import http2wrapper from 'http2-wrapper'
import type { Client } from '../../client-interface.ts'
import { type HeadersInput, isConnectionSpecific, toHeaderList, withoutHeaders } from '../../core/headers.ts'
import { originOf } from '../../core/origin.ts'
import { toBridgeError } from './bridge-error.ts'
import { DispatchStream, type StreamHead } from './dispatch-stream.ts'
import { notLent, refuseConnectionOptions } from './request-options.ts'
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
   * A stream for one request. It never rejects: what is wrong with the request, an option that would govern a connection
   * for one, is an `error` of the stream, as what fails later. http2-wrapper tells got nothing of a rejection but `close`.
   */
  override async request(
    origin: string | URL,
    options: object = {},
    headers: object = {},
  ): Promise<ClientHttp2Stream> {
    let head: StreamHead | Error
    try {
      head = headOf(new URL(origin), options, headers)
    } catch (error) {
      head = toBridgeError(error)
    }
    return new DispatchStream(this.#client(), head) as unknown as ClientHttp2Stream
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

function headOf(url: URL, options: object, headers: object): StreamHead {
  const given = options as Record<string, unknown>
  refuseConnectionOptions(given, [url.hostname, String(given.host)])
  const {
    ':method': method = 'GET',
    ':path': path = '/',
    ':authority': authority,
    ':scheme': _scheme,
    ...fields
  } = headers as Record<string, unknown>
  const list = withoutHeaders(toHeaderList(fields as HeadersInput), isConnectionSpecific)
  if (typeof authority === 'string' && !list.includes('host')) list.push('host', authority)
  const { scheme, hostname: host, port } = originOf(url)
  return {
    method: String(method),
    target: targetOf({ scheme, host, port }, String(path), list),
    headers: list,
    endStream: BODILESS.has(String(method)),
  }
}
