/** `trunkline/connect`: Connect, gRPC and gRPC-Web over our sessions, for clients of `@connectrpc/connect`. */
export { brotli, gzip } from './compression.ts'
export { createTransport, type RpcProtocol, type TransportOptions } from './transport.ts'
