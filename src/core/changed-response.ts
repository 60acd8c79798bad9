import type { ClientResponse } from './dispatch.ts'

/** A response like another one, but for what an interceptor made of it. */
export function changedResponse(
  response: ClientResponse,
  change: Partial<
    Pick<ClientResponse, 'status' | 'statusText' | 'headers' | 'body' | 'redirects' | 'crossOrigin'>
  >,
): ClientResponse {
  const { status, statusText, headers, body, url, redirects, crossOrigin, protocol, connectionId, streamId } =
    response
  return {
    ...{ status, headers, body, url, redirects, protocol, connectionId, streamId },
    ...(statusText === undefined ? {} : { statusText }),
    ...(crossOrigin === undefined ? {} : { crossOrigin }),
    ...change,
    // Read late: phases go on after the head.
    get timings() {
      return response.timings
    },
    reprioritize: (priority) => response.reprioritize?.(priority) ?? false,
  }
}
