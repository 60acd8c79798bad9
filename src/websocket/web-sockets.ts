import type { WebSocket } from 'ws'
import { closedError } from '../client-errors.ts'
import type { Clock } from '../core/clock.ts'
import type { Dispatch } from '../core/dispatch.ts'
import { limitsOf } from '../core/phase-limits.ts'
import { RETRY_DEFAULTS, settleRetry } from '../core/retry-policy.ts'
import { Handshake } from './handshake.ts'
import { checkWebSocketOptions, invalidWebSocketOption, type WebSocketOptions } from './options.ts'
import { webSocketTarget } from './target.ts'
import type { WebSocketConnection } from './web-socket.ts'

/** Opens a WebSocket; resolves when it is open. */
export type OpenWebSocket = (url: string | URL, options?: WebSocketOptions) => Promise<WebSocketConnection>

/** Of the whole handshake, ms. */
const HANDSHAKE_TIMEOUT = 30_000

/** RFC 6455 section 7.4.1: an endpoint is going away. */
const GOING_AWAY = 1001

const NO_RETRY = settleRetry(false, RETRY_DEFAULTS)

/** The WebSockets of one client. */
export class WebSockets {
  readonly #dispatch: Dispatch
  readonly #clock: Clock
  readonly #open = new Set<WebSocket>()
  readonly #begun = new Set<Handshake>()
  #isClosing = false

  constructor(dispatch: Dispatch, clock: Clock) {
    this.#dispatch = dispatch
    this.#clock = clock
  }

  readonly open: OpenWebSocket = async (url, options = {}) => {
    checkWebSocketOptions(options)
    const { target, authorization } = webSocketTarget(url)
    const limits = limitsOf(options.timeouts, 'Invalid option of websocket: timeouts')
    const ws = await loadWs()
    if (this.#isClosing) throw closedError('closing')
    const handshake = new Handshake({
      dispatch: this.#dispatch,
      clock: this.#clock,
      Socket: ws.WebSocket,
      target,
      authorization,
      options,
      timeouts: { ...limits, body: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY },
      timeout: limits?.total ?? HANDSHAKE_TIMEOUT,
      retry: NO_RETRY,
    })
    this.#begun.add(handshake)
    try {
      const socket = await handshake.run()
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
      return socket
    } finally {
      this.#begun.delete(handshake)
    }
  }

  /** Takes no more, gives up those that are not open yet, and says goodbye on the others. */
  close(): void {
    this.#isClosing = true
    for (const handshake of this.#begun) handshake.fail(closedError('closing'))
    for (const socket of this.#open) socket.close(GOING_AWAY)
  }
}

/** `ws` is a peer that only this needs. */
async function loadWs(): Promise<typeof import('ws')> {
  try {
    return await import('ws')
  } catch (cause) {
    throw invalidWebSocketOption(
      'ws',
      'is a package that WebSockets need and that is not installed: npm install ws',
      cause,
    )
  }
}
