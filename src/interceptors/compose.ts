import type { Dispatch, Interceptor } from '../core/dispatch.ts'

/**
 * Puts interceptors around a dispatch: the first of the list is the outermost. `client.ts` holds the one list;
 * reading it top to bottom is reading a request on its way out.
 */
export function compose(interceptors: readonly Interceptor[], terminal: Dispatch): Dispatch {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), terminal)
}
