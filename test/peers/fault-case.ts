/** One case of faults.md section 2 in words that need nothing of any client's API. */
import type { Settings } from '../support/frame-types.ts'
import type { Http1Request } from '../support/http1-parser.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import type { RawHttp1Connection } from '../support/raw-http1-connection.ts'
import type { RawRequest } from '../support/raw-request.ts'

/**
 * What the catalogue wants.
 * `error`: no success; a GET that was sent again elsewhere may succeed there.
 * An answer: this one, by a retry if need be; with `orError` an error is as good.
 */
export type Wanted = 'error' | { readonly status: number; readonly body: string; readonly orError?: boolean }

export const GOOD = { status: 200, body: 'good' } as const
export const GOOD_OR_ERROR = { ...GOOD, orError: true } as const

/** What a client is asked to send. */
export interface Sending {
  /** Default GET. */
  readonly method?: string
  /** Bytes of body, as many as this. */
  readonly bodyLength?: number
  /** ms until the signal of the request fires. Default 3500. */
  readonly signal?: number
}

interface AnyCase {
  readonly number: number
  readonly title: string
  readonly want: Wanted
  readonly send?: Sending
  /** A good request goes first, so that the fault meets a connection that answered before. */
  readonly warm?: boolean
  /** A success would have a part of the body only. */
  readonly short?: boolean
  /** Only the signal of the request can end it. */
  readonly byTimer?: boolean
  /** Its connection is in the middle of a frame: a next request is no proof of anything. */
  readonly noProbe?: boolean
}

export interface Http2Case extends AnyCase {
  readonly protocol: 'h2'
  /** SETTINGS of the connection that is going to fail. */
  readonly settings?: Settings
  /** Over which HTTP/1.1 connections are answered well; without it the peer speaks HTTP/2 only. */
  readonly orHttp1?: boolean
  /** Runs beside `answer`, once the preface is done. */
  start?(connection: RawConnection): unknown
  answer(connection: RawConnection, streamId: number, request: RawRequest): unknown
}

export interface Http1Case extends AnyCase {
  readonly protocol: 'http/1.1'
  answer(connection: RawHttp1Connection, request: Http1Request): unknown
}

export type FaultCase = Http2Case | Http1Case

type Rest<Case extends FaultCase> = Omit<Case, 'number' | 'title' | 'want' | 'protocol' | 'answer'>

/** A case over HTTP/2. */
export function http2(
  number: number,
  title: string,
  want: Wanted,
  answer: Http2Case['answer'],
  rest: Rest<Http2Case> = {},
): Http2Case {
  return { protocol: 'h2', number, title, want, answer, ...rest }
}

/** A case over HTTP/1.1, within TLS. */
export function http1(
  number: number,
  title: string,
  want: Wanted,
  answer: Http1Case['answer'],
  rest: Rest<Http1Case> = {},
): Http1Case {
  return { protocol: 'http/1.1', number, title, want, answer, ...rest }
}

export const POST: Sending = { method: 'POST', bodyLength: 1 }
