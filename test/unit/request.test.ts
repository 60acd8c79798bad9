import { describe, expect, test } from 'vitest'
import type { ClientRequest } from '../../src/core/dispatch.ts'
import { ConnectError } from '../../src/core/errors.ts'
import { type HeaderList, headerValue } from '../../src/core/headers.ts'
import { RETRY_DEFAULTS } from '../../src/core/retry-policy.ts'
import { createRequest, type RequestOptions } from '../../src/request.ts'
import { clientResponse, openResponse, scripted, TIMINGS } from './fakes/exchange.ts'

const URL_A = 'https://example.test/path'
const refused = (name: string) => ({
  code: 'ERR_TRUNKLINE_INVALID_OPTION',
  message: expect.stringContaining(`request option: ${name} `),
})

function setUp() {
  const script = scripted(
    clientResponse(200, ['a', '1', 'a', '2', '__proto__', 'x', 'constructor', 'y'], 'hello'),
  )
  return { requests: script.requests, request: createRequest(script.dispatch, RETRY_DEFAULTS) }
}

/** What reaches the dispatch. */
async function sent(options?: RequestOptions, url: string | URL = URL_A): Promise<ClientRequest> {
  const { requests, request } = setUp()
  await request(url, options)
  return requests[0] as ClientRequest
}

const text = ({ body }: ClientRequest) => (body?.kind === 'bytes' ? Buffer.from(body.bytes).toString() : body)

describe('what is sent', () => {
  test('by default is close to nothing', async () => {
    expect(await sent()).toMatchObject({
      method: 'GET',
      headers: [],
      body: null,
      signal: null,
      redirect: 'manual',
      decompress: false,
      retry: RETRY_DEFAULTS,
      trailers: null,
      onInformational: null,
    })
  })

  test('methods go out as given', async () => {
    expect((await sent({ method: 'patch' })).method).toBe('patch')
    expect((await sent({ method: 'get' })).method).toBe('get')
  })

  test('a body brings its type and length, unless given', async () => {
    const request = await sent({ method: 'POST', body: 'é' })
    expect(request.headers).toEqual(['content-type', 'text/plain;charset=UTF-8', 'content-length', '2'])
    const own = await sent({ method: 'POST', body: 'x', headers: { 'Content-Type': 'text/css' } })
    expect(headerValue(own.headers, 'content-type')).toBe('text/css')
  })

  test('json is a body with its type', async () => {
    for (const value of [{ a: ['é'] }, null, 0, false, '', []]) {
      const request = await sent({ method: 'POST', json: value })
      expect(text(request)).toBe(JSON.stringify(value))
      expect(headerValue(request.headers, 'content-type')).toBe('application/json')
    }
    const own = await sent({
      method: 'POST',
      json: {},
      headers: { 'content-type': 'application/problem+json' },
    })
    expect(headerValue(own.headers, 'content-type')).toBe('application/problem+json')
  })

  test('POST and PUT without a body say so, but not when trailers follow', async () => {
    expect((await sent({ method: 'POST' })).headers).toEqual(['content-length', '0'])
    expect((await sent({ method: 'DELETE' })).headers).toEqual([])
    const trailing = await sent({ method: 'POST', body: 'x', trailers: { a: '1' } })
    expect(headerValue(trailing.headers, 'content-length')).toBeNull()
  })

  test('trailers are a list in the end, given as fields or by a function', async () => {
    expect(await (await sent({ method: 'POST', trailers: { 'X-A': '1' } })).trailers?.()).toEqual([
      'x-a',
      '1',
    ])
    const later = await sent({ method: 'POST', trailers: async () => [['X-B', '2']] as [string, string][] })
    expect(await later.trailers?.()).toEqual(['x-b', '2'])
    const wrong = await sent({ method: 'POST', trailers: () => ({ 'bad name': '1' }) })
    await expect(wrong.trailers?.()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_HEADER' })
  })

  test('interim responses come as a record', async () => {
    const seen: unknown[] = []
    const request = await sent({ onInformational: (status, headers) => seen.push(status, headers.link) })
    request.onInformational?.(103, ['link', '</a>', 'link', '</b>'])
    expect(seen).toEqual([103, '</a>, </b>'])
  })
})

describe('what is refused, before anything is sent', () => {
  test.each<[string, unknown, object]>([
    ['an unknown option', { timeout: 5 }, refused('timeout')],
    ['a name of Object.prototype', { constructor: 1 }, refused('constructor')],
    ['json beside body', { method: 'POST', json: {}, body: 'x' }, refused('json')],
    ['json without a form', { method: 'POST', json: () => {} }, refused('json')],
    ['a decompress that is no boolean', { decompress: 1 }, refused('decompress')],
    ['a listener that is none', { onInformational: 'x' }, refused('onInformational')],
    ['options that are none', 'x', { code: 'ERR_TRUNKLINE_INVALID_OPTION' }],
    ['a method that is none', { method: 'GE T' }, { code: 'ERR_TRUNKLINE_INVALID_METHOD' }],
    [
      'a method whose text cannot be had',
      { method: Object.create(null) },
      { code: 'ERR_TRUNKLINE_INVALID_METHOD' },
    ],
    ['CONNECT', { method: 'CONNECT' }, { code: 'ERR_TRUNKLINE_INVALID_METHOD' }],
    ['a body with GET', { body: 'x' }, { code: 'ERR_TRUNKLINE_BODY_NOT_ALLOWED' }],
    ['json with HEAD', { method: 'HEAD', json: 1 }, { code: 'ERR_TRUNKLINE_BODY_NOT_ALLOWED' }],
    ['headers that are wrong', { headers: { a: '\n\0' } }, { code: 'ERR_TRUNKLINE_INVALID_HEADER' }],
    ['a signal that is none', { signal: {} }, { code: 'ERR_TRUNKLINE_INVALID_OPTION' }],
    ['a redirect mode that is none', { redirect: 'x' }, { code: 'ERR_TRUNKLINE_INVALID_OPTION' }],
    ['a retry that is wrong', { retry: { limit: -1 } }, { code: 'ERR_TRUNKLINE_INVALID_OPTION' }],
  ])('%s', async (_, options, error) => {
    const { requests, request } = setUp()
    await expect(request(URL_A, options as RequestOptions)).rejects.toMatchObject({
      processed: 'no',
      ...error,
    })
    expect(requests).toEqual([])
  })

  test('json that refers to itself', async () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    await expect(sent({ method: 'POST', json: circular })).rejects.toMatchObject(refused('json'))
  })

  test('a URL that is none', async () => {
    await expect(sent({}, Object.create(null))).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_URL' })
    await expect(sent({}, 'nonsense')).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_URL' })
  })
})

describe('the result', () => {
  test('has the response’s parts', async () => {
    const { response, queue } = openResponse(201, ['a', '1'], { protocol: 'http/1.1', streamId: undefined })
    const result = await createRequest(scripted(response).dispatch, RETRY_DEFAULTS)(URL_A)
    expect(result).toMatchObject({
      status: 201,
      url: 'https://example.test/',
      protocol: 'http/1.1',
      connectionId: 1,
      streamId: undefined,
      timings: TIMINGS,
    })
    expect(result.body).toBe(response.body)
    queue.end(['t', '1'])
    expect(await result.trailers).toEqual(['t', '1'])
  })

  test('headers are a record without prototype, repeats joined; rawHeaders keep them apart', async () => {
    const { request } = setUp()
    const result = await request(URL_A)
    expect(result.headers.a).toBe('1, 2')
    expect(Object.getPrototypeOf(result.headers)).toBeNull()
    expect(Object.keys(result.headers)).toEqual(['a', '__proto__', 'constructor'])
    expect(result.headers.toString).toBeUndefined()
    expect(result.headers).toBe(result.headers)
    expect((result.rawHeaders as HeaderList).slice(0, 4)).toEqual(['a', '1', 'a', '2'])
  })

  test('failures come as they are', async () => {
    const error = new ConnectError('ERR_TRUNKLINE_DNS_FAILED', 'no such host')
    await expect(createRequest(scripted(error).dispatch, RETRY_DEFAULTS)(URL_A)).rejects.toBe(error)
  })
})
