import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { ClientError } from '../core/errors.ts'
import { originForUpgrade } from '../core/origin.ts'
import type { SessionManager } from '../pool/session-manager.ts'
import { readyConnection } from '../preconnect.ts'
import type { AlpnProtocol } from '../wire/contract.ts'

/** Failures that say: not over HTTP/2. */
const NOT_OVER_HTTP2: ReadonlySet<string> = new Set([
  'ERR_TRUNKLINE_TUNNEL_UNSUPPORTED',
  'ERR_TRUNKLINE_HTTP_1_1_REQUIRED',
])

/**
 * Sends tunnels where they can be had: over the HTTP/2 session of the origin if its SETTINGS enable extended CONNECT
 * (RFC 8441), else over a connection of its own that offers nothing but HTTP/1.1, if the client speaks that.
 */
export function createTunnels(
  sessions: () => SessionManager,
  protocols: readonly AlpnProtocol[],
): Interceptor {
  const mayUpgrade = protocols.includes('http/1.1')
  return (next) => (request) => (request.tunnel ? send(sessions(), request, next, mayUpgrade) : next(request))
}

async function send(
  sessions: SessionManager,
  request: ClientRequest,
  next: Dispatch,
  mayUpgrade: boolean,
): Promise<ClientResponse> {
  const overHttp2 = await mayTakeTunnels(sessions, request)
  if (!overHttp2 && mayUpgrade) return next(upgraded(request))
  try {
    return await next(request)
  } catch (error) {
    const refused = error instanceof ClientError && NOT_OVER_HTTP2.has(error.code)
    if (!refused || !mayUpgrade) throw error
    return next(upgraded(request))
  }
}

/** Whether the origin's session does; one is dialled if there is none, since only its SETTINGS tell. */
async function mayTakeTunnels(sessions: SessionManager, { target, signal }: ClientRequest): Promise<boolean> {
  const { origin } = target
  if (sessions.expected(origin) === 'http/1.1') return false
  const connection = await readyConnection(sessions.pool(origin), signal)
  return connection.protocol === 'h2' && connection.takesTunnels
}

function upgraded(request: ClientRequest): ClientRequest {
  const { target } = request
  return { ...request, target: { ...target, origin: originForUpgrade(target.origin) } }
}
