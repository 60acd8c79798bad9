import type { ClientHttp2Stream } from 'node:http2'
import type { Client } from '../../client-interface.ts'
import { type HeadersInput, toHeaderList } from '../../core/headers.ts'
import { originOf } from '../../core/origin.ts'
import { DispatchStream } from './dispatch-stream.ts'
import { refuseConnectionOptions } from './request-options.ts'
import { targetOf } from './request-target.ts'

/** Methods behind whose head http2-wrapper sends nothing, and does not end the stream either. */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE'])

/**
 * The least that http2-wrapper takes for an agent: for its own `request` and `auto`, and so for `agent.http2` of got up to
 * 15. What its `ClientRequest` lacks stays lacking; `createBridge().request` has none of that.
 */
export class StreamAgent {
  readonly protocol = 'https:'
  readonly defaultPort = 443
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /**
   * A stream for one request. Rejects with a `ClientError` when a field is malformed or an option would govern a
   * connection; what fails later is an `error` of the stream.
   */
  async request(
    origin: string | URL,
    options: Record<string, unknown> = {},
    headers: Record<string, unknown> = {},
  ): Promise<ClientHttp2Stream> {
    const url = origin instanceof URL ? origin : new URL(origin)
    refuseConnectionOptions(options, [url.hostname, String(options.host)])
    const { ':method': method = 'GET', ':path': path = '/', ':authority': authority, ...fields } = headers
    delete fields[':scheme']
    const list = toHeaderList(fields as HeadersInput)
    if (typeof authority === 'string' && !list.includes('host')) list.push('host', authority)
    const place = originOf(url)
    const target = targetOf(
      { scheme: place.scheme, host: place.hostname, port: place.port },
      String(path),
      list,
    )
    const endStream = BODILESS.has(String(method))
    const stream = new DispatchStream(this.#client, {
      method: String(method),
      target,
      headers: list,
      endStream,
    })
    return stream as unknown as ClientHttp2Stream
  }
}
