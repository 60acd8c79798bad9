import { systemClock } from '../../core/clock.ts'
import type { ClientRequest, Interceptor } from '../../core/dispatch.ts'
import { answer } from './answer.ts'
import { callOf } from './call.ts'

/** Answers a request of the platform's kind, or leaves it to the network with undefined. */
export type Respond = (request: Request) => Response | undefined | Promise<Response | undefined>

/**
 * An interceptor out of whatever answers a `Request` with a `Response`: the handlers of MSW by their `getResponse`, an
 * application with a `fetch` method. A body is read whole before; a stream of which there is one only, too.
 */
export function respondWith(respond: Respond): Interceptor {
  return (next) => async (request) => {
    if (request.tunnel) return next(request)
    const call = await callOf(request)
    const response = await respond(requestOf(request, call.body))
    const kept = request.body === null ? null : ({ kind: 'bytes', bytes: call.body } as const)
    if (response === undefined) return next({ ...request, body: kept })
    // `Response.error()`, as a network failure is told there.
    if (response.type === 'error')
      return answer({ error: 'ERR_TRUNKLINE_CONNECTION_LOST' }, request, systemClock)
    const { status, headers, body } = response
    return answer(
      { status, headers, ...(body === null ? {} : { body: body as never }) },
      request,
      systemClock,
    )
  }
}

function requestOf({ method, target, headers, signal }: ClientRequest, body: Uint8Array): Request {
  const fields = new Headers()
  for (let index = 0; index < headers.length; index += 2)
    fields.append(headers[index] as string, headers[index + 1] as string)
  const hasBody = body.length > 0 && method !== 'GET' && method !== 'HEAD'
  return new Request(target.href, {
    method,
    headers: fields,
    ...(hasBody ? { body: Buffer.from(body) } : {}),
    ...(signal === null ? {} : { signal }),
  })
}
