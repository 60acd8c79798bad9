/** Requests and responses as interceptors and the edge see them, with nothing behind them. */

import { BodyQueue } from '../../../src/core/body-queue.ts'
import type { ClientRequest, ClientResponse, Dispatch, Timings } from '../../../src/core/dispatch.ts'
import type { HeaderList } from '../../../src/core/headers.ts'
import { parseTarget } from '../../../src/core/origin.ts'
import { bytesBody, type RequestBody } from '../../../src/core/request-body.ts'
import { ResponseBody } from '../../../src/core/response-body.ts'
import { RETRY_DEFAULTS } from '../../../src/core/retry-policy.ts'

export function clientRequest(
  part: Partial<ClientRequest> = {},
  url = 'https://example.test/',
): ClientRequest {
  return {
    method: 'GET',
    target: parseTarget(url),
    headers: [],
    body: null,
    signal: null,
    redirect: 'follow',
    decompress: true,
    retry: RETRY_DEFAULTS,
    trailers: null,
    onInformational: null,
    ...part,
  }
}

export function textBody(text: string): RequestBody {
  return bytesBody(new TextEncoder().encode(text))
}

export const TIMINGS: Timings = {
  startedAt: 0,
  before: 0,
  queued: 1,
  dns: null,
  connect: null,
  tls: null,
  resumed: false,
  sent: 0,
  firstByte: 2,
  received: null,
  total: null,
  attempts: 1,
}

/** What became of the body of a fake response. */
export interface BodyLog {
  cancelled: number
  paused: boolean
  onResume: () => void
}

export interface FakeResponse {
  readonly response: ClientResponse
  readonly queue: BodyQueue
  readonly log: BodyLog
}

/** A response whose body is still to come, through `queue`. */
export function openResponse(
  status = 200,
  headers: HeaderList = [],
  part: Partial<ClientResponse> = {},
): FakeResponse {
  const log: BodyLog = { cancelled: 0, paused: false, onResume: () => {} }
  const queue = new BodyQueue({
    pause: () => {
      log.paused = true
    },
    resume: () => {
      log.paused = false
      log.onResume()
    },
    cancel: () => {
      log.cancelled += 1
    },
  })
  const response: ClientResponse = {
    status,
    headers,
    body: new ResponseBody(queue),
    url: 'https://example.test/',
    redirects: 0,
    protocol: 'h2',
    connectionId: 1,
    streamId: 1,
    timings: TIMINGS,
    ...part,
  }
  return { response, queue, log }
}

/** A response that came whole. */
export function clientResponse(
  status = 200,
  headers: HeaderList = [],
  body: string | Uint8Array = '',
  part: Partial<ClientResponse> = {},
): ClientResponse {
  const { response, queue } = openResponse(status, headers, part)
  queue.push(typeof body === 'string' ? new TextEncoder().encode(body) : body)
  queue.end(null)
  return response
}

export type Step =
  | ClientResponse
  | Error
  | ((request: ClientRequest) => ClientResponse | Promise<ClientResponse>)

/** A dispatch that answers as scripted, one step per call, and remembers what it was asked. */
export function scripted(...steps: Step[]): {
  readonly dispatch: Dispatch
  readonly requests: ClientRequest[]
} {
  const requests: ClientRequest[] = []
  return {
    requests,
    dispatch: async (request) => {
      const step = steps[requests.length]
      requests.push(request)
      if (step === undefined) throw new Error(`there is no step ${requests.length} in the script`)
      if (step instanceof Error) throw step
      return typeof step === 'function' ? step(request) : step
    },
  }
}
