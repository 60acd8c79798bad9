import {
  type HeaderList,
  type RequestOptions,
  type RequestResult,
  type ResponseBody,
  type ResponseHeaders,
  request,
} from 'trunkline'
import { expectTypeOf } from 'vitest'

const URL_A = 'https://example.test/'

expectTypeOf(request).returns.resolves.toEqualTypeOf<RequestResult>()
void request(URL_A)
void request(new URL(URL_A), { method: 'PATCH', json: { a: 1 }, decompress: true, retry: { limit: 3 } })
void request(URL_A, { method: 'POST', body: 'x', trailers: { a: '1' } })
void request(URL_A, { method: 'POST', body: 'x', trailers: async () => [['a', '1'] as const] })
void request(URL_A, { onInformational: (status, headers) => void [status.toFixed(), headers.link?.length] })

// @ts-expect-error: there is no such option
void request(URL_A, { timeout: 5 })
// @ts-expect-error: an option of fetch alone
void request(URL_A, { duplex: 'half' })
// @ts-expect-error: a Request is for fetch
void request(new Request(URL_A))
// @ts-expect-error: a boolean
void request(URL_A, { decompress: 'gzip' })
// With exactOptionalPropertyTypes too, undefined means the default, as it does when it runs.
declare const perhaps: { ms?: number; signal?: AbortSignal; body?: string }
void request(URL_A, {
  method: undefined,
  signal: perhaps.signal,
  body: perhaps.body,
  timeouts: { total: perhaps.ms },
})

const options: RequestOptions = {}
// @ts-expect-error: what is given is not changed
options.method = 'GET'

declare const result: RequestResult
expectTypeOf(result.status).toBeNumber()
expectTypeOf(result.headers).toEqualTypeOf<ResponseHeaders>()
expectTypeOf(result.headers.etag).toEqualTypeOf<string | undefined>()
expectTypeOf(result.rawHeaders).toEqualTypeOf<HeaderList>()
expectTypeOf(result.trailers).resolves.toEqualTypeOf<HeaderList>()
expectTypeOf(result.body).toEqualTypeOf<ResponseBody>()
expectTypeOf(result.body.json()).resolves.toBeUnknown()
expectTypeOf(result.body.json<{ a: number }>()).resolves.toEqualTypeOf<{ a: number }>()
expectTypeOf(result.body.stream()).toEqualTypeOf<ReadableStream<Uint8Array>>()
expectTypeOf(result.body).toExtend<AsyncIterable<Uint8Array>>()
// @ts-expect-error: read only
result.headers.etag = 'x'
// @ts-expect-error: read only
result.rawHeaders.push('x')
