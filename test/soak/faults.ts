/**
 * What the server does to whom. Every decision follows from the seed and from what it is about: the n-th time that a
 * request is seen, the n-th connection, the n-th tick. When they fall is up to the machine, and not repeatable.
 */
import { Random } from './random.ts'

export const ENGINES = ['node', 'wire'] as const
export type EngineName = (typeof ENGINES)[number]

/** Shares of all requests. */
const REQUEST_FAULTS = {
  /** RST_STREAM REFUSED_STREAM: not processed. */
  refuse: 0.01,
  /** RST_STREAM before a response head: processed, perhaps. */
  'reset-unanswered': 0.0025,
  'cut-internal-error': 0.0025,
  'cut-cancel': 0.005,
  /** No head, or no end of the body, for ever. */
  'stall-head': 0.0004,
  'stall-body': 0.0004,
  /** The head at once, the body piece by piece. */
  slow: 0.01,
  /** An answer before the upload is complete, then RST_STREAM NO_ERROR (RFC 9113 section 8.1). */
  early: 0.002,
  trailers: 0.02,
} as const

/** RST_STREAM NO_ERROR in the middle of a body: node:http2 shows it as the end of the body (docs/engines.md). */
const CUT_NO_ERROR = 0.0025

const HTTP_1_1_REQUIRED = 0.003

export type RequestFault =
  | keyof typeof REQUEST_FAULTS
  | 'cut-no-error'
  | 'http-1.1-required'
  | 'misdirected'
  | 'none'

export interface RequestKey {
  readonly id: number
  /** 0 for the first time that the server sees it. */
  readonly attempt: number
  /** Its host is one that may ask for HTTP/1.1. */
  readonly moody: boolean
}

export function requestFault(seed: number, engine: EngineName, key: RequestKey): RequestFault {
  const random = new Random(seed, 1, key.id, key.attempt)
  const shares = {
    ...REQUEST_FAULTS,
    ...(engine === 'wire' ? { 'cut-no-error': CUT_NO_ERROR } : {}),
    ...(key.moody ? { 'http-1.1-required': HTTP_1_1_REQUIRED, misdirected: 0.001 } : {}),
  }
  return random.share<RequestFault, 'none'>(shares, 'none')
}

export type GoAwayStyle = 'two-steps' | 'one-step' | 'error'

export interface ConnectionPlan {
  readonly start: 'reset' | 'fin' | 'silent' | 'ready'
  readonly maxConcurrentStreams: number
  /** The number of the request at which GOAWAY is sent. */
  readonly requestsToGoAway: number
  readonly goAway: GoAwayStyle
  readonly goAwayCode: 'INTERNAL_ERROR' | 'ENHANCE_YOUR_CALM' | 'PROTOCOL_ERROR'
  /** The request that brings GOAWAY about is above its last stream id. */
  readonly spares: boolean
  /** The server closes once it is done; otherwise it waits for the client to. */
  readonly closes: boolean
}

export function connectionPlan(seed: number, index: number): ConnectionPlan {
  const random = new Random(seed, 2, index)
  return {
    start: random.share({ reset: 0.006, fin: 0.004, silent: 0.004 }, 'ready'),
    maxConcurrentStreams: random.whole(20, 100),
    requestsToGoAway: random.whole(100, 200),
    goAway: random.share({ 'two-steps': 0.5, 'one-step': 0.3 }, 'error'),
    goAwayCode: random.pick(['INTERNAL_ERROR', 'ENHANCE_YOUR_CALM', 'PROTOCOL_ERROR']),
    spares: random.chance(0.5),
    closes: random.chance(0.7),
  }
}

export type ConnectionEnd = 'spared' | 'reset' | 'fin' | 'fin-unannounced'

/** Half of the connections, at each strike. */
export function strike(seed: number, tick: number, index: number): ConnectionEnd {
  return new Random(seed, 3, tick, index).share({ reset: 0.25, fin: 0.15, 'fin-unannounced': 0.1 }, 'spared')
}
