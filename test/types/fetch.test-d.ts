import { Readable } from 'node:stream'
import { type BodyInput, type FetchInit, type FetchResponse, fetch, type Timings } from 'trunkline'
import { expectTypeOf } from 'vitest'

const URL_A = 'https://example.test/'
const { signal } = new AbortController()

// It stands in for the platform's.
expectTypeOf(fetch).toExtend<(input: string | URL | Request, init?: RequestInit) => Promise<Response>>()
const standIn: (url: string) => Promise<Response> = fetch
void standIn

// What the platform takes, and what is ours.
void fetch(URL_A)
void fetch(new URL(URL_A), { method: 'POST', headers: { a: '1' }, body: 'x', signal, redirect: 'manual' })
void fetch(new Request(URL_A), { headers: new Headers() })
void fetch(URL_A, { headers: [['a', '1']] })
void fetch(URL_A, { headers: { a: ['1', '2'], b: 5, c: undefined } })
void fetch(URL_A, { signal: null, body: null })
void fetch(URL_A, {
  retry: false,
  onInformational: (status, headers) => void [status.toFixed(), headers.get('link')],
})
const plain: RequestInit = { method: 'GET' }
expectTypeOf(plain.method).toEqualTypeOf<string | undefined>()

const bodies: BodyInput[] = [
  'text',
  new URLSearchParams(),
  new FormData(),
  new Blob([]),
  new ArrayBuffer(1),
  new Uint8Array(1),
  new DataView(new ArrayBuffer(1)),
  Buffer.from('x'),
  new ReadableStream<Uint8Array>(),
  Readable.from(['x']),
  (async function* () {
    yield 'x'
  })(),
  async function* () {
    yield new Uint8Array(1)
  },
  () => Readable.from(['x']),
]
for (const body of bodies) void fetch(URL_A, { method: 'POST', body, duplex: 'half' })

void fetch(URL_A, { method: 'POST', json: { a: 1 }, timeouts: { headers: 5, total: 10 } })

// @ts-expect-error: a limit that there is not
void fetch(URL_A, { timeouts: { settings: 5 } })
// @ts-expect-error: an object is not a body; there is `json`
void fetch(URL_A, { method: 'POST', body: { a: 1 } })
// @ts-expect-error: nor is a number
void fetch(URL_A, { method: 'POST', body: 5 })
// @ts-expect-error: there is no such option
void fetch(URL_A, { timeout: 5 })
// @ts-expect-error: a redirect mode that there is not
void fetch(URL_A, { redirect: 'sometimes' })
// @ts-expect-error: a retry policy in parts, or false
void fetch(URL_A, { retry: true })
// @ts-expect-error: a retry option that there is not
void fetch(URL_A, { retry: { attempts: 3 } })
// @ts-expect-error: a signal is a signal
void fetch(URL_A, { signal: new AbortController() })
// @ts-expect-error: a URL is wanted
void fetch()

const init: FetchInit = { method: 'GET' }
// @ts-expect-error: what is given is not changed
init.retry = false

declare const response: FetchResponse
expectTypeOf(response).toExtend<Response>()
expectTypeOf(response.protocol).toEqualTypeOf<'h2' | 'http/1.1'>()
expectTypeOf(response.timings).toEqualTypeOf<Timings>()
expectTypeOf(response.trailers).resolves.toEqualTypeOf<Headers>()
expectTypeOf(response.streamId).toEqualTypeOf<number | undefined>()
// @ts-expect-error: read only
response.protocol = 'h2'
