import { describe, expect, test, vi } from 'vitest'
import type { ClientRequest } from '../../../src/core/dispatch.ts'
import { headerValue } from '../../../src/core/headers.ts'
import { RETRY_DEFAULTS } from '../../../src/core/retry-policy.ts'
import type { FetchInit } from '../../../src/fetch/init.ts'
import { toClientRequest } from '../../../src/fetch/request.ts'
import { ACCEPTED_CODINGS } from '../../../src/interceptors/decompress.ts'

const URL_A = 'https://example.test/path?q'
type Input = string | URL | Request

/** A call that needs no look into the body of a Request. */
function convert(input: Input, init?: FetchInit | null): ClientRequest {
  const request = toClientRequest(input, init, RETRY_DEFAULTS)
  if (request === null || request instanceof Promise) throw new Error('expected a request at once')
  return request
}

async function settled(input: Input, init?: FetchInit | null): Promise<ClientRequest> {
  const request = await toClientRequest(input, init, RETRY_DEFAULTS)
  if (request === null) throw new Error('expected a request')
  return request
}

const bytesOf = (request: ClientRequest) =>
  request.body?.kind === 'bytes' ? Buffer.from(request.body.bytes).toString() : request.body?.kind

describe('defaults', () => {
  test('of a plain GET', () => {
    expect(convert(URL_A)).toEqual({
      method: 'GET',
      target: {
        origin: expect.objectContaining({ key: 'https://example.test' }),
        path: '/path?q',
        href: URL_A,
      },
      headers: [
        'accept',
        '*/*',
        'accept-language',
        '*',
        'sec-fetch-mode',
        'cors',
        'user-agent',
        'trunkline',
        'accept-encoding',
        ACCEPTED_CODINGS,
      ],
      body: null,
      signal: null,
      redirect: 'follow',
      decompress: true,
      retry: RETRY_DEFAULTS,
      trailers: null,
      onInformational: null,
      timeouts: null,
      rules: { mode: 'cors', referrer: null, integrity: '' },
      priority: null,
      call: null,
      since: null,
      context: undefined,
    })
  })

  test('are one list for all who give no headers, which nobody can change', () => {
    const { headers } = convert(URL_A)
    expect(convert('https://other.test/').headers).toBe(headers)
    expect(() => (headers as string[]).push('x', 'y')).toThrow(TypeError)
  })

  test('give way to what the caller says, in any case', () => {
    const { headers } = convert(URL_A, { headers: { ACCEPT: 'text/html', 'User-Agent': '' } })
    expect(headerValue(headers, 'accept')).toBe('text/html')
    expect(headerValue(headers, 'user-agent')).toBe('')
    expect(headers.filter((name) => name === 'accept').length).toBe(1)
  })

  test('null is an init without anything', () => {
    expect(convert(URL_A, null).method).toBe('GET')
  })
})

describe('input', () => {
  test('may be a URL', () => {
    expect(convert(new URL('/x', 'https://example.test')).target.path).toBe('/x')
  })

  test('a Request gives method, headers, body, redirect and signal', async () => {
    const controller = new AbortController()
    const input = new Request(URL_A, {
      method: 'POST',
      headers: { 'x-own': '1' },
      body: 'hello',
      redirect: 'manual',
      signal: controller.signal,
    })
    const request = await settled(input)
    expect(request).toMatchObject({ method: 'POST', redirect: 'manual' })
    expect(headerValue(request.headers, 'x-own')).toBe('1')
    expect(headerValue(request.headers, 'content-type')).toBe('text/plain;charset=UTF-8')
    controller.abort(new Error('enough'))
    expect(request.signal?.aborted).toBe(true)
    expect(bytesOf(request)).toBe('hello')
    expect(headerValue(request.headers, 'content-length')).toBe('5')
  })

  test('init beats the Request, part by part', () => {
    const other = new AbortController().signal
    const input = new Request(URL_A, { method: 'POST', headers: { 'x-own': '1' }, body: 'old' })
    const request = convert(input, { method: 'PUT', headers: { 'x-new': '2' }, body: 'new', signal: other })
    expect(request.method).toBe('PUT')
    expect(headerValue(request.headers, 'x-own')).toBeNull()
    expect(headerValue(request.headers, 'x-new')).toBe('2')
    expect(bytesOf(request)).toBe('new')
    expect(request.signal).toBe(other)
  })

  test('a signal of null takes the Request’s away', () => {
    const input = new Request(URL_A, { signal: new AbortController().signal })
    expect(convert(input, { signal: null }).signal).toBeNull()
  })

  test('a Request whose body was read is refused at once', async () => {
    const input = new Request(URL_A, { method: 'POST', body: 'x' })
    await input.text()
    expect(() => convert(input)).toThrow(expect.objectContaining({ processed: 'no' }))
  })

  test.each(['', '/path', 'nonsense', 'https://'])('%j is refused', (url) => {
    const cause = expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_URL' })
    expect(() => convert(url)).toThrow(expect.objectContaining({ cause }))
  })

  test.each(['data:,x', 'blob:nodedata:1', 'about:blank', 'ftp://example.test/', 'file:///x'])(
    '%s is left to the platform',
    (url) => {
      expect(toClientRequest(url, undefined, RETRY_DEFAULTS)).toBeNull()
      expect(toClientRequest(new Request(url), undefined, RETRY_DEFAULTS)).toBeNull()
    },
  )

  test('so is a call with a dispatcher of somebody else', () => {
    const init = { dispatcher: {} } as FetchInit
    expect(toClientRequest(URL_A, init, RETRY_DEFAULTS)).toBeNull()
    expect(convert(URL_A, { dispatcher: undefined } as unknown as FetchInit).method).toBe('GET')
  })

  test('whatever has a toString is a URL', () => {
    expect(convert({ toString: () => URL_A } as string).target.href).toBe(URL_A)
    expect(() => convert(Symbol('x') as unknown as string)).toThrow(TypeError)
  })

  test('user information is refused, as the platform does, without repeating it', () => {
    for (const url of ['https://user@example.test/', new URL('https://u:secret@example.test/')]) {
      expect(() => convert(url)).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_URL' }))
      expect(() => convert(url)).not.toThrow('secret')
      expect(() => new Request(url)).toThrow(TypeError)
    }
  })
})

describe('method', () => {
  test.each([
    ['post', 'POST'],
    ['Delete', 'DELETE'],
    ['patch', 'patch'],
    ['CUSTOM', 'CUSTOM'],
  ])('%s is sent as %s', (method, sent) => {
    expect(convert(URL_A, { method }).method).toBe(sent)
  })

  test.each(['', 'GE T', 'CONNECT', 'trace', 'x\r\ny'])('%j is refused', (method) => {
    expect(() => convert(URL_A, { method })).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_METHOD' }),
    )
  })

  test('is a string, whatever it was', () => {
    expect(convert(URL_A, { method: null as unknown as string }).method).toBe('null')
    expect(convert(URL_A, { method: { toString: () => 'post' } as string }).method).toBe('POST')
  })
})

describe('body', () => {
  test('gives type and length, unless the caller does', () => {
    const own = convert(URL_A, { method: 'POST', body: 'é', headers: { 'content-type': 'application/json' } })
    expect(headerValue(own.headers, 'content-type')).toBe('application/json')
    expect(headerValue(own.headers, 'content-length')).toBe('2')
    const plain = convert(URL_A, { method: 'POST', body: new URLSearchParams('a=1') })
    expect(headerValue(plain.headers, 'content-type')).toBe('application/x-www-form-urlencoded;charset=UTF-8')
  })

  test('of unknown length has no content-length', () => {
    const { headers } = convert(URL_A, { method: 'POST', body: () => ['x'] })
    expect(headerValue(headers, 'content-length')).toBeNull()
  })

  test.each([
    ['POST', '0'],
    ['PUT', '0'],
    ['PATCH', null],
    ['DELETE', null],
    ['GET', null],
  ])('none with %s: content-length %s', (method, expected) => {
    expect(headerValue(convert(URL_A, { method }).headers, 'content-length')).toBe(expected)
  })

  test.each(['GET', 'HEAD', 'get'])('with %s is refused', (method) => {
    expect(() => convert(URL_A, { method, body: 'x' })).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_BODY_NOT_ALLOWED' }),
    )
    expect(() => convert(URL_A, { method, body: '' })).toThrow()
    expect(() => convert(new Request(URL_A, { method: 'POST', body: 'x' }), { method })).toThrow()
  })

  test('that is a web stream needs duplex: half', () => {
    const body = () => ReadableStream.from(['x']) as unknown as ReadableStream<Uint8Array>
    expect(() => convert(URL_A, { method: 'POST', body: body() })).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_INVALID_OPTION',
        message: expect.stringContaining('duplex'),
      }),
    )
    expect(convert(URL_A, { method: 'POST', body: body(), duplex: 'half' }).body).not.toBeNull()
  })

  test('null is none', () => {
    expect(convert(URL_A, { method: 'POST', body: null }).body).toBeNull()
  })

  test('null keeps the body of a Request, as the platform does', async () => {
    const input = () => new Request(URL_A, { method: 'POST', body: 'kept' })
    expect(await new Request(input(), { body: null }).text()).toBe('kept')
    expect(bytesOf(await settled(input(), { body: null }))).toBe('kept')
  })

  test('of a Request that is a stream stays one', async () => {
    const body = new ReadableStream({ pull: () => new Promise(() => {}) })
    const request = await settled(new Request(URL_A, { method: 'POST', body, duplex: 'half' }))
    expect(request.body).toMatchObject({ kind: 'stream', length: null, replayable: false })
    expect(headerValue(request.headers, 'content-length')).toBeNull()
  })

  test('json: its text, and its type unless there is one', () => {
    const request = convert(URL_A, { method: 'POST', json: { a: [1] } })
    expect(bytesOf(request)).toBe('{"a":[1]}')
    expect(headerValue(request.headers, 'content-type')).toBe('application/json')
    const own = convert(URL_A, { method: 'POST', json: null, headers: { 'content-type': 'a/b' } })
    expect(bytesOf(own)).toBe('null')
    expect(headerValue(own.headers, 'content-type')).toBe('a/b')
    expect(() => convert(URL_A, { json: 1 })).toThrow('cannot have body')
    expect(() => convert(URL_A, { method: 'POST', json: 1n })).toThrow('json')
  })

  test("json of a wrapper, beside the body that it made or as a flag, is the wrapper's", () => {
    const made = convert(URL_A, { method: 'POST', json: { a: 1 }, body: 'x' })
    expect(bytesOf(made)).toBe('x')
    expect(headerValue(made.headers, 'content-type')).toBe('text/plain;charset=UTF-8')
    for (const json of [true, false, null]) expect(convert(URL_A, { json }).body).toBeNull()
  })

  test('a Request as init, which has a method json, is no JSON', () => {
    expect(convert(URL_A, new Request(URL_A, { method: 'PUT' }) as FetchInit).method).toBe('PUT')
  })

  test('a content-length without a body is dropped', () => {
    expect(
      headerValue(convert(URL_A, { headers: { 'content-length': '3' } }).headers, 'content-length'),
    ).toBeNull()
  })
})

describe('the rest of init', () => {
  test.each(['follow', 'manual', 'error'] as const)('redirect %s', (redirect) => {
    expect(convert(URL_A, { redirect }).redirect).toBe(redirect)
    expect(convert(new Request(URL_A, { redirect })).redirect).toBe(redirect)
  })

  test.each<[string, unknown]>([
    ['redirect', { redirect: 'sometimes' }],
    ['redirect', { redirect: null }],
    ['signal', { signal: {} }],
    ['mode', { mode: 'navigate' }],
    ['mode', { mode: 'x' }],
    ['credentials', { credentials: 'x' }],
    ['cache', { cache: 'x' }],
    ['only-if-cached', { cache: 'only-if-cached' }],
    ['referrer', { referrer: '/relative' }],
    ['referrerPolicy', { referrerPolicy: 'x' }],
    ['duplex', { duplex: 'full' }],
    // Node 22 does not look at it.
    ...(Number.parseInt(process.versions.node, 10) < 24
      ? []
      : ([['priority', { priority: 'x' }]] as [string, unknown][])),
    ['window', { window: {} }],
    ['object', 5],
  ])('a wrong %s is a TypeError', (_, init) => {
    expect(() => convert(URL_A, init as FetchInit)).toThrow()
    expect(() => new Request(URL_A, init as object)).toThrow(TypeError)
  })

  test.each<[string, object]>([
    ['credentials', { credentials: 'include' }],
    ['mode', { mode: 'cors' }],
    ['keepalive', { keepalive: true }],
    ['window', { window: null }],
    ['integrity', { integrity: '' }],
  ])('%s without an effect changes nothing', (_, init) => {
    expect(convert(URL_A, init as FetchInit)).toEqual(convert(URL_A))
  })

  test.each([
    ['high', { urgency: 1 }, 'u=1'],
    ['auto', { urgency: 3 }, null],
    [{ urgency: 6, incremental: true }, { urgency: 6, incremental: true }, 'u=6, i'],
  ] as const)('priority %j goes along, and is said to the server', (given, priority, field) => {
    const request = convert(URL_A, { priority: given })
    expect(request.priority).toEqual(priority)
    expect(headerValue(request.headers, 'priority')).toBe(field)
  })

  test('mode and integrity go along', () => {
    const { rules, headers } = convert(URL_A, { mode: 'same-origin', integrity: 'sha256-abc' })
    expect(rules).toEqual({ mode: 'same-origin', referrer: null, integrity: 'sha256-abc' })
    expect(headerValue(headers, 'sec-fetch-mode')).toBe('same-origin')
    expect(convert(new Request(URL_A, { integrity: 'sha256-abc' })).rules?.integrity).toBe('sha256-abc')
  })

  test('referrer becomes Referer, as much of it as the policy allows', () => {
    const refererOf = (referrer: string, referrerPolicy?: NonNullable<RequestInit['referrerPolicy']>) =>
      headerValue(
        convert(URL_A, referrerPolicy === undefined ? { referrer } : { referrer, referrerPolicy }).headers,
        'referer',
      )
    expect(refererOf('https://u:p@example.test/page?q#f')).toBe('https://example.test/page?q')
    expect(refererOf('https://other.test/page?q')).toBe('https://other.test/')
    expect(refererOf('https://other.test/page?q', 'unsafe-url')).toBe('https://other.test/page?q')
    expect(refererOf('https://other.test/page?q', 'no-referrer')).toBeNull()
    expect(refererOf('')).toBeNull()
    expect(refererOf('about:client')).toBeNull()
  })

  test('a stream as body and keepalive do not go together', () => {
    async function* body() {
      yield 'x'
    }
    const init: FetchInit = { method: 'POST', keepalive: true, duplex: 'half' }
    expect(() => convert(URL_A, { ...init, body: body() })).toThrow('keepalive')
    expect(convert(URL_A, { ...init, body: 'x' }).method).toBe('POST')
  })

  test('timeouts go along, checked', () => {
    const request = convert(URL_A, { timeouts: { headers: 5, total: 60_000 } })
    expect(request.timeouts).toEqual({ headers: 5, total: 60_000 })
    expect(request.signal).toBeNull()
    expect(() => convert(URL_A, { timeouts: { settings: 5 } as object })).toThrow('timeouts.settings')
  })

  test('retry is laid over the client’s, and checked', () => {
    expect(convert(URL_A, { retry: false }).retry).toEqual({ ...RETRY_DEFAULTS, limit: 0 })
    expect(convert(URL_A, { retry: { limit: 5 } }).retry.limit).toBe(5)
    expect(() => convert(URL_A, { retry: { limit: -1 } })).toThrow('retry.limit')
  })

  test.each([3, 0, true, null, 'twice', { attempts: 2, maxDelay: 5 }, [503]])(
    'retry: %j is a library’s over fetch, and not ours',
    (retry) => {
      expect(convert(URL_A, { retry } as unknown as FetchInit).retry).toBe(RETRY_DEFAULTS)
    },
  )

  test('onInformational gets Headers', () => {
    const seen: unknown[] = []
    const request = convert(URL_A, {
      onInformational: (status, headers) => seen.push(status, headers.get('link')),
    })
    request.onInformational?.(103, ['link', '</a>', 'link', '</b>'])
    expect(seen).toEqual([103, '</a>, </b>'])
  })

  test('headers that are wrong are named', () => {
    expect(() => convert(URL_A, { headers: { 'bad name': 'x' } })).toThrow('bad name')
  })

  test('the caller’s objects are not changed', () => {
    const headers = { a: '1' }
    const init = Object.freeze({ headers: Object.freeze(headers), method: 'post' })
    convert(URL_A, init)
    expect(headers).toEqual({ a: '1' })
  })

  test.each(['POST', 'propfind'])('a getter is asked once (%s)', (method) => {
    const get = vi.fn(() => method)
    convert(URL_A, Object.defineProperty({}, 'method', { get, enumerable: true }) as FetchInit)
    expect(get).toHaveBeenCalledTimes(1)
  })
})
