import type { Call } from './call.ts'
import type { Phase, Processed } from './errors.ts'
import type { HeaderList } from './headers.ts'
import type { Target } from './origin.ts'
import type { PhaseTimings } from './phase-timings.ts'
import type { Priority } from './priority.ts'
import type { RequestBody } from './request-body.ts'
import type { ResponseBody } from './response-body.ts'
import type { RetryPolicy } from './retry-policy.ts'

/** One request as interceptors and the pool see it. Immutable: an interceptor passes on a changed copy. */
export interface ClientRequest {
  readonly method: string
  readonly target: Target
  readonly headers: HeaderList
  readonly body: RequestBody | null
  readonly signal: AbortSignal | null
  /** What to do with a 3xx answer that has a Location. `manual` hands it to the caller. */
  readonly redirect: RedirectMode
  /** Undo the content codings of the response (RFC 9110 section 8.4). */
  readonly decompress: boolean
  readonly retry: RetryPolicy
  /** Trailer fields to send behind the body, asked for when the body has ended. */
  readonly trailers: (() => HeaderList | Promise<HeaderList>) | null
  /** Told of every interim response (RFC 9110 section 15.2). */
  readonly onInformational: ((status: number, headers: HeaderList) => void) | null
  /** Time limits of this request alone, in place of the client's. */
  readonly timeouts?: PhaseLimits | null
  /** Who wants to know how far the request has come; set only where there is a limit on all of it. */
  readonly journey?: Journey | null
  /** What `fetch` holds a request and its redirects to; `request` has no such rules. */
  readonly rules?: FetchRules | null
  /** Orders the requests that wait (RFC 9218); none is urgency 3. The field was added to the headers already. */
  readonly priority?: Priority | null
  /** Asks for a tunnel in place of an exchange; its method is CONNECT, `body` and the response's body are its two ways. */
  readonly tunnel?: TunnelRequest | null
  /** What the caller gave along for interceptors; nothing of it is sent. */
  readonly context?: RequestContext | undefined
  /** The call it belongs to, while anybody wants to know of it. */
  readonly call?: Call | null
  /** When the call came in, ms of the clock; null: now, and this is its first attempt. */
  readonly since?: number | null
}

/**
 * A tunnel: extended CONNECT over HTTP/2 (RFC 8441), else GET with Upgrade over HTTP/1.1 (RFC 9110 section 7.8). It stands
 * when the response says 2xx or 101; the request body is read from then on, and limits on bodies do not hold.
 */
export interface TunnelRequest {
  /** What is spoken in it: `websocket`. */
  readonly protocol: string
  /** Fields that only the upgrade has, such as Sec-WebSocket-Key. */
  readonly upgradeHeaders: HeaderList
}

/** Whether a response means that the tunnel stands. */
export function tunnelStands(protocol: 'h2' | 'http/1.1', status: number): boolean {
  return protocol === 'h2' ? status >= 200 && status <= 299 : status === 101
}

/** ms that each phase of one request may take; `Infinity`: no limit. What is left out is as the client has it. */
export interface PhaseLimits {
  /** Wait for a connection with room, its dial included; and for a turn under in-flight limits. */
  readonly queue?: number
  /**
   * How long this request waits while a dial looks up the host; so too `connect`, `proxy` and `tls`. The dial belongs to all
   * who wait and goes on for the others; its own limits are those of the client.
   */
  readonly dns?: number
  /** For the dial as a whole; without its handshake when `tls` is given. */
  readonly connect?: number
  /** A proxy's answer to the wish for a tunnel. */
  readonly proxy?: number
  /** The TLS handshake. */
  readonly tls?: number
  /** From the request on the wire to the response head. */
  readonly headers?: number
  /** Between two pieces of the response body, while the reader wants more. */
  readonly body?: number
  /** For all of it: every phase, retries and redirects included, to the last byte of the body. */
  readonly total?: number
}

/** One logical call as those who carry out a part of it see it. */
export interface Journey {
  /** A further part has begun: a wait for a turn, or one request of several that retries and redirects make. */
  add(leg: Leg): void
}

/** A part of a logical call that can say how far it has come. */
export interface Leg {
  standing(now: number): Standing
}

export interface Standing {
  /** Null when the leg is over. */
  readonly phase: Phase | null
  readonly processed: Processed
  /** Connections it was put on. */
  readonly attempts: number
  /** Of the phases that ended. */
  readonly timings: PhaseTimings
}

/** What of the Fetch standard's request matters beyond its head and body. */
export interface FetchRules {
  /** `same-origin`: another origin is refused. */
  readonly mode: 'cors' | 'no-cors' | 'same-origin'
  /** What Referer is made of, and how much of it is told to whom; null for none. */
  readonly referrer: { readonly url: URL; readonly policy: string } | null
  /** Digests the decoded body has to have one of (Subresource Integrity, section 3.5); empty for any. */
  readonly integrity: string
}

/**
 * What a request carries for interceptors. Empty here, for you to declare your own keys:
 * `declare module 'trunkline' { interface RequestContext { tenant?: string } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: declarations of users are merged into it.
export interface RequestContext {}

/** As in the Fetch Standard: follow redirects, give them to the caller, or fail. */
export type RedirectMode = 'follow' | 'manual' | 'error'

/** A response as interceptors see it. */
export interface ClientResponse {
  readonly status: number
  /** The reason phrase; HTTP/2 has none (RFC 9113 section 8.3.2). */
  readonly statusText?: string
  readonly headers: HeaderList
  readonly body: ResponseBody
  /** The URL that answered, without a fragment. */
  readonly url: string
  /** How many redirects led to `url`. */
  readonly redirects: number
  /** Whether one of them led to another origin. */
  readonly crossOrigin?: boolean
  readonly protocol: 'h2' | 'http/1.1'
  readonly connectionId: number
  readonly streamId: number | undefined
  readonly timings: Timings
  /**
   * Tells the server another priority for the rest of the response (RFC 9218 section 7.1). `false`: nobody was told,
   * since the response has ended or its connection cannot.
   */
  reprioritize?(priority: Priority): boolean
}

/**
 * Where the time of one call went; ms, `null` for a phase that has not happened, or not ended. The whole is explained:
 * `before + queued + firstByte + received = total`. `dns`, `connect` and `tls` are parts of `queued`, `sent` goes on
 * beside `firstByte`.
 */
export interface Timings {
  /** When the call came in, on the clock of `performance.now()`; 0 where no network was asked. */
  readonly startedAt: number
  /** From the call until the last of its attempts began: earlier attempts, redirects, pauses, waits for a turn. */
  readonly before: number
  /** From then until the request was put on a connection; the wait for a dial is part of it, and so are replays. */
  readonly queued: number
  /**
   * Phases of the dial that made this request's connection, as far as it waited for them; `null` when the connection
   * stood already.
   */
  readonly dns: number | null
  readonly connect: number | null
  /** There when the dial went through a proxy: from its TCP connection on until the tunnel stood. */
  readonly proxy?: number
  readonly tls: number | null
  /** Whether the TLS handshake of the connection resumed an earlier TLS session (RFC 8446 section 2.2). */
  readonly resumed: boolean
  /** From the request head on the wire until all of the body was handed to the connection; 0 without a body. */
  readonly sent: number | null
  /** From the request on the wire to the response head. */
  readonly firstByte: number
  /** From the response head until the last byte of the body. */
  readonly received: number | null
  /** From the call until the last byte of the body. */
  readonly total: number | null
  /** Connections this request was put on: 1, and one more for each replay. */
  readonly attempts: number
}

/** Sends a request and resolves at the response head. Rejects with a `ClientError`, or with the signal's reason. */
export type Dispatch = (request: ClientRequest) => Promise<ClientResponse>

/** Wraps one dispatch in another. `interceptors/compose.ts` says in which order they run. */
export type Interceptor = (next: Dispatch) => Dispatch
