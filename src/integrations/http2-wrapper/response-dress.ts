import type { IncomingMessage, ClientRequest as NodeRequest } from 'node:http'
import type { ClientResponse, Timings } from '../../core/dispatch.ts'

/** What is known of a response beyond Node's `IncomingMessage`. */
export interface ResponseDetails {
  readonly protocol: 'h2' | 'http/1.1'
  readonly connectionId: number
  /** RFC 9113 section 5.1.1; undefined over HTTP/1.1. */
  readonly streamId: number | undefined
  readonly timings: Timings
}

const details = new WeakMap<object, ResponseDetails>()

/** Which connection and stream a response of the bridge came over, and where its time went; undefined for others. */
export function detailsOf(response: object): ResponseDetails | undefined {
  return details.get(response)
}

export function noteDetails(response: object, source: ClientResponse): void {
  details.set(response, source)
}

/**
 * Makes the message that Node is about to parse tell the truth: the version that was spoken, and no field that only frames
 * it on its way through this process. `chunked`: there is one.
 */
export function dressResponse(request: NodeRequest, source: ClientResponse, chunked: boolean): void {
  request.prependOnceListener('response', (message: IncomingMessage) => {
    noteDetails(message, source)
    if (source.protocol === 'h2') {
      message.httpVersion = '2.0'
      message.httpVersionMajor = 2
      message.httpVersionMinor = 0
    }
    message.statusMessage = source.statusText ?? ''
    if (chunked) dropFraming(message)
    // Without a listener of the user's Node would have thrown the body away; ours hides that nobody listens.
    if (request.listenerCount('response') === 0) message.resume()
  })
}

function dropFraming(message: IncomingMessage): void {
  // Both are made of `rawHeaders` when first asked for.
  const { headers, headersDistinct, rawHeaders } = message
  delete headers['transfer-encoding']
  delete headersDistinct['transfer-encoding']
  const at = rawHeaders.lastIndexOf('transfer-encoding')
  if (at !== -1) rawHeaders.splice(at, 2)
}
