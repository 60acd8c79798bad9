import { dialTimeout } from '../connect/connect-failure.ts'
import { isForwarded } from '../connect/proxy/proxied-connector.ts'
import type { ProxyChooser } from '../connect/proxy/proxy-chooser.ts'
import { proxyRefused } from '../connect/proxy/proxy-failure.ts'
import type { ProxyServer } from '../connect/proxy/proxy-server.ts'
import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { ClientError, InvalidRequestError } from '../core/errors.ts'
import { headerValue } from '../core/headers.ts'
import { type Origin, originVia } from '../core/origin.ts'

export interface ViaProxyContext {
  readonly clock: Clock
  readonly choose: ProxyChooser
  /** ms that the choice of a proxy may take: `timeouts.connect`. */
  readonly patience: number
}

/** Leads requests through the proxies that are chosen for their origins; each redirect and retry is chosen for anew. */
export class ViaProxy {
  readonly interceptor: Interceptor
  readonly #context: ViaProxyContext
  /** Origins with their proxies, made once. */
  readonly #origins = new WeakMap<ProxyServer, WeakMap<Origin, Origin>>()

  constructor(context: ViaProxyContext) {
    this.#context = context
    this.interceptor = (next) => (request) => {
      if (headerValue(request.headers, 'proxy-authorization') !== null) return Promise.reject(notForOrigins())
      let chosen: ProxyServer | null | Promise<ProxyServer | null>
      try {
        chosen = context.choose(request.target.origin)
      } catch (error) {
        return Promise.reject(error)
      }
      if (chosen === null) return next(request)
      if (!(chosen instanceof Promise)) return this.#send(request, chosen, next)
      return this.#awaited(chosen, request.target.origin, request.signal).then((server) =>
        server === null ? next(request) : this.#send(request, server, next),
      )
    }
  }

  /** Where a connection to `origin` goes. */
  place(origin: Origin, signal: AbortSignal | null): Origin | Promise<Origin> {
    const chosen = this.#context.choose(origin)
    const through = (server: ProxyServer | null) => (server === null ? origin : this.#via(origin, server))
    return chosen instanceof Promise ? this.#awaited(chosen, origin, signal).then(through) : through(chosen)
  }

  async #send(request: ClientRequest, server: ProxyServer, next: Dispatch): Promise<ClientResponse> {
    const { target } = request
    const origin = this.#via(target.origin, server)
    try {
      const response = await next({ ...request, target: { ...target, origin } })
      if (response.status !== 407 || !isForwarded(origin)) return response
      // It is the proxy's: no origin says so to a request that was handed over.
      response.body.cancel()
      throw proxyRefused(server, target.origin, { status: 407, schemes: [] })
    } catch (error) {
      if (error instanceof ClientError) error.origin = target.origin.key
      throw error
    }
  }

  #via(origin: Origin, server: ProxyServer): Origin {
    const known = this.#origins.get(server) ?? new WeakMap<Origin, Origin>()
    this.#origins.set(server, known)
    const via = known.get(origin) ?? originVia(origin, server)
    known.set(origin, via)
    return via
  }

  /** The choice may take as long as a dial may. */
  #awaited(
    choice: Promise<ProxyServer | null>,
    origin: Origin,
    signal: AbortSignal | null,
  ): Promise<ProxyServer | null> {
    const { clock, patience } = this.#context
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal?.reason)
      const late = () => reject(dialTimeout({ origin, phase: 'proxy' }, patience, 'connect'))
      const timer = patience === Number.POSITIVE_INFINITY ? null : clock.setTimeout(late, patience, true)
      signal?.addEventListener('abort', onAbort)
      if (signal?.aborted) onAbort()
      choice.then(resolve, reject).finally(() => {
        timer?.cancel()
        signal?.removeEventListener('abort', onAbort)
      })
    })
  }
}

function notForOrigins(): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_HEADER',
    'Invalid header "proxy-authorization": it would be sent to the origin. Put proxy credentials in the option proxy, as auth or in headers.',
  )
}
