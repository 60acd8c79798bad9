/** Types of what keeps a client under control. Compiled, never run. */
import type {
  Client,
  FetchResponse,
  Interceptor,
  LimitError,
  MapContext,
  MapResult,
  MapValue,
} from 'trunkline'
import { expectTypeOf } from 'vitest'

declare module 'trunkline' {
  interface RequestContext {
    readonly tenant?: string
  }
}

export async function map(client: Client): Promise<void> {
  for await (const result of client.map(['https://a.test/'])) {
    expectTypeOf(result).toExtend<MapResult<string, FetchResponse>>()
    if (result.error === undefined) expectTypeOf(result.value).toEqualTypeOf<FetchResponse>()
  }
  for await (const result of client.map(['https://a.test/'], { throwOnError: true })) {
    expectTypeOf(result).toExtend<MapValue<string, FetchResponse>>()
    expectTypeOf(result.value).toEqualTypeOf<FetchResponse>()
  }
  const lengths = client.map([1, 2], { concurrency: 2 }, async (input, context) => {
    expectTypeOf(input).toEqualTypeOf<number>()
    expectTypeOf(context).toEqualTypeOf<MapContext>()
    return String(input)
  })
  for await (const { value } of lengths) expectTypeOf(value).toEqualTypeOf<string | undefined>()
  async function* inputs(): AsyncGenerator<URL> {
    yield new URL('https://a.test/')
  }
  const throwing = client.map(inputs(), { throwOnError: true }, (url) => url.href)
  for await (const { value } of throwing) expectTypeOf(value).toEqualTypeOf<string>()
  // @ts-expect-error: without a function the inputs must be what fetch takes.
  client.map([1, 2])
}

/** What a request carries has the type that the user declared. */
export const tenant: Interceptor = (next) => (request) => {
  expectTypeOf(request.context?.tenant).toEqualTypeOf<string | undefined>()
  return next(request)
}

export function options(client: Client): void {
  void client.fetch('https://a.test/', { context: { tenant: 'a' }, priority: 'high' })
  void client.request('https://a.test/', { priority: { urgency: 1, incremental: true } })
  // @ts-expect-error: no such key was declared.
  void client.request('https://a.test/', { context: { tenants: 'a' } })
  client.update({ limits: { inFlight: 5 } })
  // @ts-expect-error: only limits can be changed.
  client.update({ http2: {} })
}

export function open(error: LimitError): number {
  return error.code === 'ERR_TRUNKLINE_CIRCUIT_OPEN' ? (error.retryAfter ?? 0) : 0
}
