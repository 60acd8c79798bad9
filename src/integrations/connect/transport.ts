import type { Interceptor as RpcInterceptor, Transport } from '@connectrpc/connect'
import {
  type CommonTransportOptions,
  type Compression,
  validateReadWriteMaxBytes,
} from '@connectrpc/connect/protocol'
import { createTransport as connectTransport } from '@connectrpc/connect/protocol-connect'
import { createTransport as grpcTransport } from '@connectrpc/connect/protocol-grpc'
import { createTransport as grpcWebTransport } from '@connectrpc/connect/protocol-grpc-web'
import type { Client } from '../../client-interface.ts'
import { InvalidRequestError } from '../../core/errors.ts'
import { notAnOption } from '../../core/nearest.ts'
import { brotli, gzip } from './compression.ts'
import { createHttpClient } from './http-client.ts'

/** Which protocol is spoken: Connect, gRPC (over HTTP/2 only) or gRPC-Web. */
export type RpcProtocol = 'connect' | 'grpc' | 'grpc-web'

/** Options of a transport. Limits on connections, TLS and the like are those of the client. */
export interface TransportOptions {
  /** `https://api.example.com`, or with a path before those of the services. */
  readonly baseUrl: string
  /** Default `connect`. */
  readonly protocol?: RpcProtocol
  /** Protobuf's binary format; else JSON. Default true. */
  readonly useBinaryFormat?: boolean
  /** Of `@connectrpc/connect`. */
  readonly interceptors?: readonly RpcInterceptor[]
  /** Of a call that says nothing else, ms. Default: none. */
  readonly defaultTimeoutMs?: number
  /** What responses may be compressed with. Default gzip and brotli. */
  readonly acceptCompression?: readonly Compression[]
  /** What requests are compressed with. Default: nothing. */
  readonly sendCompression?: Compression | null
  /** Messages below it are sent as they are, bytes. Default 1024. */
  readonly compressMinBytes?: number
  /** Largest message read and written, bytes. Default 4 GiB less one. */
  readonly readMaxBytes?: number
  readonly writeMaxBytes?: number
  /** Connect alone: calls without side effects go by GET. Default false. */
  readonly useHttpGet?: boolean
  readonly jsonOptions?: CommonTransportOptions['jsonOptions']
  readonly binaryOptions?: CommonTransportOptions['binaryOptions']
}

const KNOWN: readonly string[] = [
  'baseUrl',
  'protocol',
  'useBinaryFormat',
  'interceptors',
  'defaultTimeoutMs',
  'acceptCompression',
  'sendCompression',
  'compressMinBytes',
  'readMaxBytes',
  'writeMaxBytes',
  'useHttpGet',
  'jsonOptions',
  'binaryOptions',
]

const TRANSPORTS = { connect: connectTransport, grpc: grpcTransport, 'grpc-web': grpcWebTransport } as const

/**
 * A transport for clients of `@connectrpc/connect` over the sessions of a client of ours: all calls to an origin share its
 * HTTP/2 session.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option.
 */
export function createTransport(client: Pick<Client, 'request'>, options: TransportOptions): Transport {
  const protocol = checkedProtocol(options)
  const make = TRANSPORTS[protocol]
  const common = commonOptions(options)
  const needsHttp2 = protocol === 'grpc'
  // A single message is read whole, so that it can be sent again; a stream goes out as it comes.
  const single = make({ ...common, httpClient: createHttpClient({ client, needsHttp2, whole: true }) })
  const streaming = make({ ...common, httpClient: createHttpClient({ client, needsHttp2, whole: false }) })
  return {
    unary: (...call) => single.unary(...call),
    stream: (...call) => streaming.stream(...call),
  }
}

function commonOptions(options: TransportOptions): Omit<CommonTransportOptions, 'httpClient'> {
  const { protocol: _, interceptors, acceptCompression, ...rest } = options
  try {
    return {
      useBinaryFormat: true,
      sendCompression: null,
      ...rest,
      interceptors: [...(interceptors ?? [])],
      acceptCompression: [...(acceptCompression ?? [gzip, brotli])],
      ...validateReadWriteMaxBytes(options.readMaxBytes, options.writeMaxBytes, options.compressMinBytes),
      // What is undefined is as good as absent there.
    } as Omit<CommonTransportOptions, 'httpClient'>
  } catch (cause) {
    throw invalid(`a limit is not valid: ${(cause as Error).message}`, cause)
  }
}

function checkedProtocol(options: TransportOptions): RpcProtocol {
  if (typeof options !== 'object' || options === null) throw invalid('options must be an object')
  const stranger = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (stranger !== undefined) throw invalid(`${stranger} ${notAnOption(stranger, KNOWN)}`)
  const { baseUrl, protocol = 'connect' } = options
  if (typeof baseUrl !== 'string' || !/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ''))
    throw invalid('baseUrl must be an absolute URL of https: or http:')
  if (!Object.hasOwn(TRANSPORTS, protocol))
    throw invalid(`protocol must be one of ${Object.keys(TRANSPORTS).join(', ')}`)
  return protocol
}

function invalid(why: string, cause?: unknown): InvalidRequestError {
  const details = cause === undefined ? {} : { cause }
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid option of createTransport: ${why}.`,
    details,
  )
}
