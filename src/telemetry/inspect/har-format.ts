/** HTTP Archive 1.2, as far as we write it. */
export interface Har {
  readonly log: {
    readonly version: '1.2'
    readonly creator: { readonly name: string; readonly version: string }
    readonly entries: readonly HarEntry[]
    readonly comment?: string
  }
}

/** A header field or a parameter of a query. */
export interface HarPair {
  readonly name: string
  readonly value: string
}

/** A cookie that was sent, or one that a `set-cookie` field set. */
export interface HarCookie extends HarPair {
  readonly path?: string
  readonly domain?: string
  readonly expires?: string
  readonly httpOnly?: boolean
  readonly secure?: boolean
}

/** Names that begin with `_` are ours; the format allows them. */
export interface HarEntry {
  /** ISO 8601. */
  readonly startedDateTime: string
  /** ms: the sum of the timings, `ssl` aside, which is part of `connect`. */
  readonly time: number
  readonly request: HarRequest
  readonly response: HarResponse
  readonly cache: Readonly<Record<string, never>>
  readonly timings: HarTimings
  readonly serverIPAddress?: string
  readonly connection?: string
  readonly _requestId: number
  readonly _attempt: number
  readonly _streamId: number | null
  readonly _connectionId: number | null
  readonly _correlationId: string | null
  /** Of TLS; null without. */
  readonly _resumed: boolean | null
  readonly _error: string | null
}

/** The request of an entry, as it was sent. */
export interface HarRequest {
  readonly method: string
  readonly url: string
  readonly httpVersion: string
  readonly cookies: readonly HarCookie[]
  readonly headers: readonly HarPair[]
  readonly queryString: readonly HarPair[]
  /** -1: not known, since heads are compressed. */
  readonly headersSize: -1
  readonly bodySize: number
}

/** The response of an entry. */
export interface HarResponse {
  /** 0: there was none. */
  readonly status: number
  readonly statusText: string
  readonly httpVersion: string
  readonly cookies: readonly HarCookie[]
  readonly headers: readonly HarPair[]
  readonly content: { readonly size: number; readonly mimeType: string }
  readonly redirectURL: string
  readonly headersSize: -1
  readonly bodySize: number
}

/** ms; -1: did not take place, or is not known. */
export interface HarTimings {
  /** In the client and its queue. */
  readonly blocked: number
  readonly dns: number
  /** With TLS. */
  readonly connect: number
  readonly ssl: number
  /** Always 0: sending is part of `wait`. */
  readonly send: number
  readonly wait: number
  readonly receive: number
}
