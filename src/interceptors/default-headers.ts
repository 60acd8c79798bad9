import type { ClientRequest, Interceptor } from '../core/dispatch.ts'
import { type HeadersInput, headerValue, toHeaderList } from '../core/headers.ts'

/** Adds fields that a request does not have. A function is asked for each request. */
export function defaultHeaders(
  headers: HeadersInput | ((request: ClientRequest) => HeadersInput | Promise<HeadersInput>),
): Interceptor {
  const fixed = typeof headers === 'function' ? null : toHeaderList(headers)
  return (next) => async (request) => {
    const fields = fixed ?? toHeaderList(await (headers as (request: ClientRequest) => HeadersInput)(request))
    const missing: string[] = []
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] as string
      if (headerValue(request.headers, name) === null) missing.push(name, fields[index + 1] as string)
    }
    return next(missing.length === 0 ? request : { ...request, headers: [...request.headers, ...missing] })
  }
}
