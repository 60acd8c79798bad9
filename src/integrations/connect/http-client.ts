import { Code, ConnectError as RpcError } from '@connectrpc/connect'
import {
  getAbortSignalReason,
  type UniversalClientFn,
  type UniversalClientRequest,
  type UniversalClientResponse,
} from '@connectrpc/connect/protocol'
import type { Client } from '../../client-interface.ts'
import type { HeaderList } from '../../core/headers.ts'
import type { RequestResult } from '../../request.ts'
import { rpcError } from './rpc-error.ts'

export interface HttpClientOptions {
  readonly client: Pick<Client, 'request'>
  /** Read the message whole before it is sent: it can then be sent again when the server provably did not see it. */
  readonly whole: boolean
  /** gRPC ends its responses with trailers that HTTP/1.1 intermediaries drop. */
  readonly needsHttp2: boolean
}

/** Deadlines are those of the call: a stream may be silent for as long as it likes. */
const NO_LIMITS = {
  headers: Number.POSITIVE_INFINITY,
  body: Number.POSITIVE_INFINITY,
  total: Number.POSITIVE_INFINITY,
}

/** What `@connectrpc/connect` asks of an HTTP client, over our sessions. */
export function createHttpClient(options: HttpClientOptions): UniversalClientFn {
  return async (request) => {
    const { signal } = request
    try {
      if (signal?.aborted) throw signal.reason
      const result = await send(options, request)
      if (options.needsHttp2 && result.protocol !== 'h2') {
        result.body.cancel()
        const { origin } = new URL(request.url)
        throw new RpcError(`gRPC needs HTTP/2, but ${origin} answered over HTTP/1.1`, Code.Internal)
      }
      return responseOf(result, signal)
    } catch (error) {
      throw asRpcError(error, signal)
    }
  }
}

async function send(options: HttpClientOptions, request: UniversalClientRequest): Promise<RequestResult> {
  const { url, method, header, body, signal } = request
  const sent = body !== undefined && options.whole ? await collected(body) : body
  return options.client.request(url, {
    method,
    headers: header,
    retry: false,
    timeouts: NO_LIMITS,
    ...(sent === undefined ? {} : { body: sent }),
    ...(signal === undefined ? {} : { signal }),
  })
}

async function collected(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}

function responseOf(result: RequestResult, signal: AbortSignal | undefined): UniversalClientResponse {
  const trailer = new Headers()
  return {
    status: result.status,
    header: headersOf(result.rawHeaders),
    body: bodyOf(result, trailer, signal),
    trailer,
  }
}

async function* bodyOf(
  result: RequestResult,
  into: Headers,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* result.body
    append(into, await result.trailers)
  } catch (error) {
    throw asRpcError(error, signal)
  }
}

/** Who aborts has said why: a deadline, or the caller. */
function asRpcError(error: unknown, signal: AbortSignal | undefined): RpcError {
  return rpcError(signal?.aborted ? getAbortSignalReason(signal) : error)
}

function headersOf(list: HeaderList): Headers {
  const headers = new Headers()
  append(headers, list)
  return headers
}

function append(headers: Headers, list: HeaderList): void {
  for (let index = 0; index < list.length; index += 2)
    headers.append(list[index] as string, list[index + 1] as string)
}
