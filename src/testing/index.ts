/** `trunkline/testing`: servers that misbehave as told, for tests of any HTTP client. */
export type {
  BlackHoleFault,
  CutMidBodyFault,
  Fault,
  FaultKind,
  FaultOf,
  GoAwayFault,
  Http11RequiredFault,
  LateSettingsFault,
  MaxStreamsFault,
  MisdirectedFault,
  RefuseFault,
  ResetMidBodyFault,
  SlowDripFault,
  TinyWindowsFault,
  WhichRequests,
} from './chaos-faults.ts'
export { type ChaosCounts, type ChaosRequest, ChaosServer, type ChaosServerOptions } from './chaos-server.ts'
export { FrameDecoder } from './frame-decoder.ts'
export {
  altSvcFrame,
  continuationFrame,
  dataFrame,
  type GoAwayOptions,
  goAwayFrame,
  type HeadersFrameOptions,
  headerBlockFrames,
  headersFrame,
  originFrame,
  type PaddingOptions,
  pingFrame,
  priorityFrame,
  pushPromiseFrame,
  type RawFrame,
  rawFrame,
  rstStreamFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from './frame-encoder.ts'
export { describeFrame, describeFrames } from './frame-text.ts'
export {
  CONNECTION_PREFACE,
  type ContinuationFrame,
  type DataFrame,
  ErrorCode,
  type ErrorCodeName,
  type ErrorCodeValue,
  Flag,
  type Frame,
  type FrameName,
  type FrameOf,
  FrameType,
  type FrameTypeName,
  type GoAwayFrame,
  type HeaderList,
  type HeadersFrame,
  type MalformedFrame,
  type PingFrame,
  type Priority,
  type PriorityFrame,
  type PushPromiseFrame,
  type RstStreamFrame,
  Setting,
  type SettingEntries,
  type SettingName,
  type Settings,
  type SettingsFrame,
  type UnknownFrame,
  type WindowUpdateFrame,
} from './frame-types.ts'
export {
  type EncodeOptions,
  encodeHeaders,
  type HeadersInput,
  HpackDecoder,
  HpackError,
  hpack,
  type LiteralOptions,
} from './hpack.ts'
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
export type {
  PrefaceOptions,
  Responder,
  SendBodyOptions,
  SendContinuationOptions,
  SendDataOptions,
  SendHeadersOptions,
  WaitOptions,
} from './raw-options.ts'
export { type AlpnPolicy, type RawPair, RawPeer, type RawPeerOptions } from './raw-peer.ts'
export { RawRequest, type RawResponse } from './raw-request.ts'
export type { CloseReason } from './raw-transport.ts'
export { type BlackHoleOptions, Relay, type RelayCounts, type RelayOptions } from './relay.ts'
export type { CertificateOptions } from './secure-options.ts'
export type { BeforeTls, SocketCounts } from './socket-listener.ts'
