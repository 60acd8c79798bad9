/** `trunkline/testing`: servers that misbehave as told, for tests of any HTTP client. */

export type * from './chaos-faults.ts'
export type { ChaosCounts, ChaosRequest, ChaosServerOptions } from './chaos-server.ts'
export { ChaosServer } from './chaos-server.ts'
export * from './frames.ts'
export * from './hpack.ts'
export type { Http1Request } from './http1-parser.ts'
export { PeerError } from './inbox.ts'
export type { DripOptions } from './outbox.ts'
export { RawConnection } from './raw-connection.ts'
export {
  type Http1Responder,
  type Http1Response,
  http1Response,
  RawHttp1Connection,
} from './raw-http1-connection.ts'
export { RawHttp1Peer, type RawHttp1PeerOptions } from './raw-http1-peer.ts'
export type * from './raw-options.ts'
export { type AlpnPolicy, type RawPair, RawPeer, type RawPeerOptions } from './raw-peer.ts'
export type { RawRequest, RawResponse } from './raw-request.ts'
export type { CloseReason } from './raw-transport.ts'
export { type BlackHoleOptions, Relay, type RelayCounts, type RelayOptions } from './relay.ts'
export type { CertificateOptions } from './secure-options.ts'
export type { BeforeTls, SocketCounts } from './socket-listener.ts'
