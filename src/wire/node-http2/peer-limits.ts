import type { ClientHttp2Session } from 'node:http2'
import type { FlowWindows, PeerLimits } from '../contract.ts'

/** nghttp2 has no limit as this number of streams. */
const NO_LIMIT = 2 ** 32 - 1

/** What the peer's SETTINGS allow; null before they came. */
export function limitsOf(session: ClientHttp2Session): PeerLimits | null {
  if (session.destroyed || session.connecting) return null
  const settings = session.remoteSettings
  const most = settings.maxConcurrentStreams ?? NO_LIMIT
  return {
    maxConcurrentStreams: most >= NO_LIMIT ? null : most,
    initialWindowSize: settings.initialWindowSize ?? 65_535,
    maxFrameSize: settings.maxFrameSize ?? 16_384,
    headerTableSize: settings.headerTableSize ?? 4096,
    enableConnectProtocol: settings.enableConnectProtocol === true,
  }
}

/** The windows of the connection as a whole; null when it is gone. */
export function windowsOf(session: ClientHttp2Session): FlowWindows | null {
  if (session.destroyed) return null
  const { remoteWindowSize, effectiveLocalWindowSize = 0, effectiveRecvDataLength = 0 } = session.state
  if (remoteWindowSize === undefined) return null
  return { send: remoteWindowSize, receive: effectiveLocalWindowSize - effectiveRecvDataLength }
}
