import type { ClientRequest } from '../core/dispatch.ts'
import { headerValue } from '../core/headers.ts'
import type { RequestBody } from '../core/request-body.ts'
import type { AlpnProtocol, BodyShape, RequestHead } from '../wire/contract.ts'

/** What the wire and the round trip need to know of a request. */

export function headOf(
  { method, target, headers, tunnel }: ClientRequest,
  spoken: AlpnProtocol,
): RequestHead {
  const { scheme, authority, proxy, upgrade } = target.origin
  if (proxy?.forwards && scheme === 'http' && !upgrade) {
    // RFC 9112 section 3.2.2. What the proxy alone may see is added here, below all that looks at requests.
    const path = `http://${authority}${target.path}`
    return { method, scheme, authority, path, headers: [...headers, ...proxy.fields] }
  }
  const head = { method, scheme, authority, path: target.path, headers }
  if (!tunnel) return head
  const { protocol, upgradeHeaders } = tunnel
  if (spoken === 'h2') return { ...head, protocol }
  return { ...head, method: 'GET', headers: [...headers, ...upgradeHeaders], protocol }
}

export function shapeOf({ body, trailers }: ClientRequest): BodyShape {
  if (trailers !== null) return 'data-and-trailers'
  return body === null ? 'none' : 'data'
}

/** RFC 9113 section 8.1.1: a content-length that is not that of the body makes the request malformed. */
export function contradicts(declared: number | null, body: RequestBody | null): boolean {
  const length = body === null ? 0 : body.kind === 'bytes' ? body.bytes.length : body.length
  return declared !== null && length !== null && declared !== length
}

/** The caller wants the server's word before the body goes out (RFC 9110 section 10.1.1). */
export function expectsContinue({ headers }: ClientRequest): boolean {
  return headerValue(headers, 'expect')?.toLowerCase() === '100-continue'
}

/** RFC 9110 section 6.4.1: responses that end with their head, whatever their content-length says. */
export function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304
}
