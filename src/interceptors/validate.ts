import type { Interceptor } from '../core/dispatch.ts'
import { validateHeaderList } from '../core/headers.ts'

/**
 * Holds the headers that users' interceptors made to the rules that the edge holds everyone's to. The wire relies
 * on it: node:http2 drops an invalid field without a word.
 */
export const validate: Interceptor = (next) => async (request) => {
  validateHeaderList(request.headers)
  return next(request)
}
