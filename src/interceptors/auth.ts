import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Interceptor } from '../core/dispatch.ts'
import { headerValue } from '../core/headers.ts'
import { orAborted } from '../core/or-aborted.ts'
import { parseTarget } from '../core/origin.ts'
import { canSend } from '../core/request-body.ts'
import { dismiss } from './dismiss.ts'
import { invalidOption } from './invalid-option.ts'

/** A token, and how long it is good for; without `expiresIn` until the server refuses it. */
export type Token = string | { readonly token: string; readonly expiresIn?: number }

/** Options of `auth`. */
export interface AuthOptions {
  /** To whom the token is sent, as `https://api.example.com`; nobody else ever sees it, whatever redirects say. */
  readonly origins: readonly (string | URL)[]
  /**
   * Gets a token: at the first request, when the last one expired (`expiresIn` ms after it came), or when the server
   * refused it, which `refused` then is. It runs once for all who wait; if it fails, so do their requests.
   */
  readonly token: (refused: string | null) => Token | Promise<Token>
  /** What stands before the token. Default `Bearer`. */
  readonly scheme?: string
  /** Statuses that refuse a token: another one is got, and the request sent once more. Default `[401]`. */
  readonly refusals?: readonly number[]
}

interface Held {
  readonly token: string
  /** ms of the clock. */
  readonly expiresAt: number
}

/** Sends a token in `authorization`, unless the request has one, and gets another when it is refused. */
export function createAuth(options: AuthOptions, clock: Clock): Interceptor {
  const { scheme = 'Bearer', refusals = [401] } = options
  if (!Array.isArray(options.origins)) throw invalidOption('auth', 'origins must be a list of origins')
  if (typeof options.token !== 'function') throw invalidOption('auth', 'token must be a function')
  const origins = new Set(options.origins.map((origin) => parseTarget(origin).origin.key))
  let held: Held | null = null
  let pending: Promise<string> | null = null

  async function renew(refused: string | null): Promise<string> {
    try {
      const given = await options.token(refused)
      const { token, expiresIn = Number.POSITIVE_INFINITY } =
        typeof given === 'string' ? { token: given } : given
      held = { token, expiresAt: clock.now() + expiresIn }
      return token
    } finally {
      pending = null
    }
  }

  /** A token other than `refused`: the one at hand, or the one that is on its way, or a new one. */
  function token(refused: string | null, signal: AbortSignal | null): Promise<string> {
    if (pending === null && held !== null && held.token !== refused && clock.now() < held.expiresAt)
      return Promise.resolve(held.token)
    pending ??= renew(refused)
    return orAborted(pending, signal)
  }

  async function send(next: Dispatch, request: ClientRequest): Promise<ClientResponse> {
    const used = await token(null, request.signal)
    const response = await next(withToken(request, scheme, used))
    if (!refusals.includes(response.status) || !canSend(request.body)) return response
    let fresh: string
    try {
      fresh = await token(used, request.signal)
    } catch (error) {
      response.body.cancel()
      throw error
    }
    if (fresh === used) return response
    await dismiss(response, clock)
    return next(withToken(request, scheme, fresh))
  }

  return (next) => (request) => {
    const ours =
      origins.has(request.target.origin.key) && headerValue(request.headers, 'authorization') === null
    return ours ? send(next, request) : next(request)
  }
}

function withToken(request: ClientRequest, scheme: string, token: string): ClientRequest {
  return { ...request, headers: [...request.headers, 'authorization', `${scheme} ${token}`] }
}
