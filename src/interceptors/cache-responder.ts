import { changedResponse } from '../core/changed-response.ts'
import type { Clock } from '../core/clock.ts'
import type { ClientRequest, ClientResponse, Dispatch, Timings } from '../core/dispatch.ts'
import { ClientError, ClosedError, InvalidRequestError } from '../core/errors.ts'
import { contentLength, type HeaderList, headerValue } from '../core/headers.ts'
import { parseTarget } from '../core/origin.ts'
import { bodyOf, overheard } from './cache-body.ts'
import {
  confirmed,
  directivesOf,
  inPlaceOf,
  judge,
  policyFor,
  type ResponseHead,
  type Verdict,
  variesBy,
} from './cache-policy.ts'
import type { CacheShelf, StoredResponse, Ticket } from './cache-shelf.ts'
import { dismiss } from './dismiss.ts'

/** What `onHit` is told. */
export interface CacheHit {
  readonly url: string
  /** Seconds since the server made it, or confirmed it. */
  readonly age: number
  /** `revalidated`: the server was asked, and confirmed it. `stale`: used past its time. */
  readonly kind: 'fresh' | 'stale' | 'revalidated'
}

export interface CacheSettings {
  readonly shared: boolean
  readonly maxEntryBytes: number
  readonly onHit?: ((hit: CacheHit) => void) | undefined
}

export interface CacheCounts {
  fresh: number
  stale: number
  revalidated: number
  misses: number
  stored: number
  invalidated: number
}

/** RFC 9110 section 9.2.1. After other methods what is stored may be wrong (RFC 9111 section 4.4). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Fields by which a caller asks for conditions, or parts, on their own; we stay out of it. */
const OWN_CONDITIONS = [
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
  'range',
]

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Nobody reads the body of a redirect that is followed; up to this many bytes are read on, so that it can be kept. */
const READ_ON = 64 * 1024

const EMPTY = new Uint8Array(0)

/** Nothing was sent, on no connection. */
const NO_TIMINGS: Timings = {
  startedAt: 0,
  before: 0,
  queued: 0,
  dns: null,
  connect: null,
  tls: null,
  resumed: false,
  sent: 0,
  firstByte: 0,
  received: 0,
  total: 0,
  attempts: 0,
}

/** Answers requests from what is stored, from the network, or from both. */
export class CacheResponder {
  readonly #next: Dispatch
  readonly #settings: CacheSettings
  readonly #shelf: CacheShelf
  readonly #counts: CacheCounts
  readonly #clock: Clock
  /** URLs that are asked for in the background. */
  readonly #refreshing = new Set<string>()

  constructor(next: Dispatch, settings: CacheSettings, shelf: CacheShelf, counts: CacheCounts, clock: Clock) {
    this.#next = next
    this.#settings = settings
    this.#shelf = shelf
    this.#counts = counts
    this.#clock = clock
  }

  async respond(request: ClientRequest): Promise<ClientResponse> {
    if (!SAFE.has(request.method)) return this.#change(request)
    const directives = directivesOf(request.headers)
    if (!isCacheable(request) || directives.has('no-store')) return this.#next(request)
    if (request.signal?.aborted === true) throw request.signal.reason
    const stored = await this.#shelf.find(request.method, request)
    const verdict = this.#judge(stored, request)
    if (stored !== null && verdict?.kind === 'use') return this.#use(request, stored, verdict)
    const whole = request.method === 'HEAD' ? await this.#fromGet(request) : null
    if (whole !== null) return whole
    if (directives.has('only-if-cached')) return notCached(request)
    if (stored === null || verdict?.kind !== 'revalidate') return this.#ask(request)
    return this.#revalidate(request, stored, verdict.conditions)
  }

  /** Null: there is nothing to go by. What a store made of an entry may be anything. */
  #judge(stored: StoredResponse | null, request: ClientRequest): Verdict | null {
    try {
      return stored === null ? null : judge(stored.policy, request)
    } catch {
      this.#shelf.failures += 1
      return null
    }
  }

  async #fromGet(request: ClientRequest): Promise<ClientResponse | null> {
    const stored = await this.#shelf.find('GET', request)
    const verdict = this.#judge(stored, request)
    if (stored === null || verdict?.kind !== 'use' || verdict.stale) return null
    return this.#use(request, { ...stored, body: EMPTY }, verdict)
  }

  #use(
    request: ClientRequest,
    stored: StoredResponse,
    { head, stale, refresh }: Verdict & { readonly kind: 'use' },
  ): ClientResponse {
    if (refresh !== null) void this.#refresh(request, stored, refresh)
    return this.#serve(request, stored, head, stale ? 'stale' : 'fresh')
  }

  #serve(
    request: ClientRequest,
    { body, protocol }: StoredResponse,
    { status, headers }: ResponseHead,
    kind: 'fresh' | 'stale',
  ): ClientResponse {
    this.#tell(kind, request, headers)
    return {
      status,
      headers,
      body: bodyOf(body),
      url: request.target.href,
      redirects: 0,
      protocol,
      connectionId: 0,
      streamId: undefined,
      timings: NO_TIMINGS,
    }
  }

  #tell(kind: CacheHit['kind'], { target }: ClientRequest, headers: HeaderList): void {
    this.#counts[kind] += 1
    this.#settings.onHit?.({ kind, url: target.href, age: Number(headerValue(headers, 'age')) })
  }

  async #ask(request: ClientRequest): Promise<ClientResponse> {
    const ticket = this.#shelf.ticket(request)
    try {
      return this.#keep(ticket, request, await this.#next(request))
    } catch (error) {
      this.#shelf.tear(ticket)
      throw error
    }
  }

  async #revalidate(
    request: ClientRequest,
    stored: StoredResponse,
    conditions: HeaderList,
  ): Promise<ClientResponse> {
    const ticket = this.#shelf.ticket(request)
    let response: ClientResponse
    try {
      response = await this.#next(withFields(request, conditions))
    } catch (error) {
      this.#shelf.tear(ticket)
      const head = isFailure(error, request) ? inPlaceOf(stored.policy, request, null) : null
      if (head === null) throw error
      return this.#serve(request, stored, head, 'stale')
    }
    if (response.status === 304) return this.#confirm(ticket, request, stored, response)
    const head = inPlaceOf(stored.policy, request, response)
    if (head === null) return this.#keep(ticket, request, response)
    this.#shelf.tear(ticket)
    await dismiss(response, this.#clock)
    return this.#serve(request, stored, head, 'stale')
  }

  async #confirm(
    ticket: Ticket,
    request: ClientRequest,
    stored: StoredResponse,
    response: ClientResponse,
  ): Promise<ClientResponse> {
    const now = confirmed(stored.policy, request, response)
    if (now === null) {
      // It means another response than the one we have: without conditions there is one for sure.
      this.#shelf.tear(ticket)
      await dismiss(response, this.#clock)
      return this.#ask(request)
    }
    void this.#put(ticket, request, { ...stored, policy: now.kept }, variesBy(now.head.headers))
    void dismiss(response, this.#clock)
    const { status, headers } = now.head
    this.#tell('revalidated', request, headers)
    return changedResponse(response, { status, headers, body: bodyOf(stored.body) })
  }

  /** Asks the server while the caller has a stale response already (RFC 5861 section 3). */
  async #refresh(request: ClientRequest, stored: StoredResponse, conditions: HeaderList): Promise<void> {
    const { href } = request.target
    if (this.#refreshing.has(href)) return
    this.#refreshing.add(href)
    const ticket = this.#shelf.ticket(request)
    try {
      const background = { ...request, signal: null, onInformational: null }
      const response = await this.#next(withFields(background, conditions))
      const now = response.status === 304 ? confirmed(stored.policy, request, response) : null
      if (now !== null) {
        await dismiss(response, this.#clock)
        await this.#put(ticket, request, { ...stored, policy: now.kept }, variesBy(now.head.headers))
      } else if (response.status < 500) {
        await this.#keep(ticket, request, response).body.discard()
      } else {
        await dismiss(response, this.#clock)
      }
    } catch {
      // What was served stays stored, until its time is over for good.
    } finally {
      this.#shelf.tear(ticket)
      this.#refreshing.delete(href)
    }
  }

  /** A response of the network, and kept when its last byte has come, if it may be. */
  #keep(ticket: Ticket, request: ClientRequest, response: ClientResponse): ClientResponse {
    this.#counts.misses += 1
    const { maxEntryBytes, shared } = this.#settings
    const policy = policyFor(request, response, shared)
    const vary = variesBy(response.headers)
    const length = request.method === 'HEAD' ? 0 : contentLength(response.headers)
    if (policy === null || vary === null || (typeof length === 'number' && length > maxEntryBytes)) {
      this.#shelf.tear(ticket)
      return response
    }
    const { protocol } = response
    const body = overheard(response.body, {
      limit: maxEntryBytes,
      readOn: REDIRECTS.has(response.status) ? READ_ON : 0,
      heard: (bytes) => {
        if (bytes === null) this.#shelf.tear(ticket)
        else void this.#put(ticket, request, { kind: 'response', policy, protocol, body: bytes }, vary)
      },
    })
    return changedResponse(response, { body })
  }

  async #put(
    ticket: Ticket,
    request: ClientRequest,
    entry: StoredResponse,
    vary: readonly string[] | null,
  ): Promise<void> {
    if (vary !== null && (await this.#shelf.put(ticket, request, entry, vary))) this.#counts.stored += 1
  }

  /** A request that may change something: what is known of its URL, and of those it names, is forgotten. */
  async #change(request: ClientRequest): Promise<ClientResponse> {
    const response = await this.#next(request)
    if (response.status >= 400) return response
    const urls = [request.target.href, ...namedBy(request, response)]
    await Promise.all(urls.map((href) => this.#shelf.forget(href)))
    this.#counts.invalidated += urls.length
    return response
  }
}

function isCacheable({ method, body, trailers, headers }: ClientRequest): boolean {
  const plain = (method === 'GET' || method === 'HEAD') && body === null && trailers === null
  return plain && OWN_CONDITIONS.every((name) => headerValue(headers, name) === null)
}

function withFields(request: ClientRequest, fields: HeaderList): ClientRequest {
  return fields.length === 0 ? request : { ...request, headers: [...request.headers, ...fields] }
}

/** Whether the server, or the way to it, failed; and not the caller, or us. */
function isFailure(error: unknown, { signal }: ClientRequest): boolean {
  if (signal?.aborted === true || !(error instanceof ClientError)) return false
  return !(error instanceof InvalidRequestError || error instanceof ClosedError)
}

/** URLs of the same origin that Location and Content-Location name (RFC 9111 section 4.4). */
function namedBy({ target }: ClientRequest, { headers }: ClientResponse): string[] {
  return ['location', 'content-location'].flatMap((name) => {
    const url = URL.parse(headerValue(headers, name) ?? '', target.href)
    if (url === null || headerValue(headers, name) === null || !/^https?:$/.test(url.protocol)) return []
    const named = parseTarget(url)
    return named.origin.key === target.origin.key && named.href !== target.href ? [named.href] : []
  })
}

/** RFC 9111 section 5.2.1.7: the answer to `only-if-cached` when there is none. */
function notCached({ target }: ClientRequest): ClientResponse {
  return {
    status: 504,
    headers: [],
    body: bodyOf(EMPTY),
    url: target.href,
    redirects: 0,
    protocol: 'h2',
    connectionId: 0,
    streamId: undefined,
    timings: NO_TIMINGS,
  }
}
