import { describe, expect, test, vi } from 'vitest'
import { type HeaderList, headerValue } from '../../../src/core/headers.ts'
import { RETRY_DEFAULTS } from '../../../src/core/retry-policy.ts'
import {
  contentLengthFor,
  type FetchInit,
  pairs,
  redirectOf,
  signalOf,
  toClientRequest,
} from '../../../src/fetch/request.ts'
import { ACCEPTED_CODINGS } from '../../../src/interceptors/decompress.ts'

const URL_A = 'https://example.test/path?q'
const convert = (input: string | URL | Request, init?: FetchInit | null) =>
  toClientRequest(input, init, RETRY_DEFAULTS)
const bytesOf = (request: ReturnType<typeof convert>) =>
  request.body?.kind === 'bytes' ? Buffer.from(request.body.bytes).toString() : request.body?.kind

async function streamed(request: ReturnType<typeof convert>): Promise<string> {
  if (request.body?.kind !== 'stream') throw new Error('no stream')
  const chunks: Uint8Array[] = []
  const source = request.body.open()
  for (let step = await source.next(); !step.done; step = await source.next()) chunks.push(step.value)
  return Buffer.concat(chunks).toString()
}

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
      priority: null,
      context: undefined,
    })
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
    const request = convert(input)
    expect(request).toMatchObject({ method: 'POST', redirect: 'manual' })
    expect(headerValue(request.headers, 'x-own')).toBe('1')
    expect(headerValue(request.headers, 'content-type')).toBe('text/plain;charset=UTF-8')
    controller.abort(new Error('enough'))
    expect(request.signal?.aborted).toBe(true)
    expect(await streamed(request)).toBe('hello')
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

  test.each(['', '/path', 'nonsense', 'ftp://example.test/', 'https://'])('%j is refused', (url) => {
    expect(() => convert(url)).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_URL' }))
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

  test.each(['', 'GE T', 'CONNECT', 'trace', 'x\r\ny', 5, null])('%j is refused', (method) => {
    const act = () => convert(URL_A, { method: method as string })
    if (method === null) expect(act().method).toBe('GET')
    else expect(act).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_METHOD' }))
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
    expect(contentLengthFor(method, null)).toBe(expected)
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
    expect(await streamed(convert(input(), { body: null }))).toBe('kept')
  })
})

describe('the rest of init', () => {
  test.each(['follow', 'manual', 'error'] as const)('redirect %s', (redirect) => {
    expect(convert(URL_A, { redirect }).redirect).toBe(redirect)
    expect(redirectOf(redirect)).toBe(redirect)
  })

  test('a redirect mode that there is not is named', () => {
    expect(() => redirectOf('sometimes')).toThrow(/redirect must be .* not "sometimes"/)
  })

  test('integrity is refused rather than not checked', () => {
    const act = () => convert(URL_A, { integrity: 'sha256-abc' })
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }))
    expect(act).toThrow('integrity')
    expect(() => convert(new Request(URL_A, { integrity: 'sha256-abc' }))).toThrow('integrity')
    expect(convert(URL_A, { integrity: '' }).method).toBe('GET')
  })

  test('signal must be one', () => {
    expect(signalOf(undefined)).toBeNull()
    expect(signalOf(null)).toBeNull()
    for (const wrong of ['x', {}, new AbortController(), 5]) {
      expect(() => signalOf(wrong)).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }))
    }
  })

  test('retry is laid over the client’s, and checked', () => {
    expect(convert(URL_A, { retry: false }).retry).toEqual({ ...RETRY_DEFAULTS, limit: 0 })
    expect(convert(URL_A, { retry: { limit: 5 } }).retry.limit).toBe(5)
    expect(() => convert(URL_A, { retry: { limit: -1 } })).toThrow('retry.limit')
  })

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

  test('a getter is asked once', () => {
    const get = vi.fn(() => 'POST')
    convert(URL_A, Object.defineProperty({}, 'method', { get, enumerable: true }) as FetchInit)
    expect(get).toHaveBeenCalledTimes(1)
  })
})

test('pairs keeps order and repeats', () => {
  const list: HeaderList = ['a', '1', 'b', '2', 'a', '3']
  expect(pairs(list)).toEqual([
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ])
})
