/** Whatever runs on the platform's fetch gives the same here: the same calls by both, at the same server. */
import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, test } from 'vitest'
import { outcome, parityRoutes } from './support/parity.ts'
import { bench, expectSame, origin, ours } from './support/parity-scene.ts'

let other = ''

beforeEach(async () => {
  other = (await bench.h1Server({ plain: true, handler: parityRoutes })).origin
})

type Init = object
const closing = (init: Init | undefined): RequestInit =>
  ({
    ...init,
    headers: { connection: 'close', ...(init as RequestInit | undefined)?.headers },
  }) as RequestInit
const at = (path: string, query: Record<string, string> = {}) =>
  `${origin}${path}?${new URLSearchParams(query)}`

/** Earlier lines have faults of their own in their fetch. */
const sameNode = describe.runIf(Number.parseInt(process.versions.node, 10) >= 26)

sameNode('the request', () => {
  const inits: [string, () => Init][] = [
    ['nothing', () => ({})],
    ['a method in lower case', () => ({ method: 'delete' })],
    ['POST without a body', () => ({ method: 'POST' })],
    ['PUT without a body', () => ({ method: 'PUT' })],
    ['CONNECT', () => ({ method: 'CONNECT' })],
    ['a body with GET', () => ({ body: '' })],
    ['headers of all types', () => ({ headers: { a: 1, b: null, c: ['x', 'y'], D: ' e ' } })],
    ['headers that differ in case', () => ({ headers: { A: '1', a: '2' } })],
    [
      'its own defaults',
      () => ({ headers: { accept: 'a/b', 'accept-language': 'de', 'accept-encoding': 'br' } }),
    ],
    ['another mode in its headers', () => ({ headers: { 'sec-fetch-mode': 'navigate' } })],
    ['a range', () => ({ headers: { range: 'bytes=0-1' } })],
    ['a condition', () => ({ headers: { 'if-none-match': '"x"' } })],
    ['te: trailers', () => ({ headers: { te: 'trailers' } })],
    ['a host', () => ({ headers: { host: 'elsewhere.test' } })],
    ['cache: no-store', () => ({ cache: 'no-store' })],
    ['cache: reload', () => ({ cache: 'reload' })],
    ['cache: no-cache', () => ({ cache: 'no-cache' })],
    ['cache: only-if-cached', () => ({ cache: 'only-if-cached' })],
    ['mode: no-cors', () => ({ mode: 'no-cors' })],
    ['mode: same-origin', () => ({ mode: 'same-origin' })],
    ['mode: navigate', () => ({ mode: 'navigate' })],
    ['mode: no-cors with PUT', () => ({ mode: 'no-cors', method: 'PUT' })],
    ['credentials', () => ({ credentials: 'include' })],
    ['keepalive', () => ({ keepalive: true })],
    ['a window', () => ({ window: {} })],
    ['a referrer elsewhere', () => ({ referrer: 'https://elsewhere.test/page?q' })],
    ['a referrer here', () => ({ referrer: `${origin}/page?q#f` })],
    [
      'a referrer that is whole',
      () => ({ referrer: 'https://elsewhere.test/page', referrerPolicy: 'unsafe-url' }),
    ],
    ['no referrer', () => ({ referrer: '' })],
    ['a referrer that is no URL', () => ({ referrer: '/page' })],
    ['a string', () => ({ method: 'POST', body: 'é€' })],
    ['a lone surrogate', () => ({ method: 'POST', body: 'a\ud800b' })],
    ['URLSearchParams', () => ({ method: 'POST', body: new URLSearchParams({ a: 'b c' }) })],
    ['bytes', () => ({ method: 'POST', body: new Uint16Array([1, 2]).subarray(1) })],
    ['an ArrayBuffer', () => ({ method: 'POST', body: new ArrayBuffer(3) })],
    ['a resizable one', () => ({ method: 'POST', body: new ArrayBuffer(3, { maxByteLength: 9 }) })],
    ['bytes of another realm', () => ({ method: 'POST', body: runInNewContext('new Uint8Array([1, 2])') })],
    ['a buffer of another realm', () => ({ method: 'POST', body: runInNewContext('new ArrayBuffer(3)') })],
    ['a detached one', () => ({ method: 'POST', body: detached() })],
    ['a Blob', () => ({ method: 'POST', body: new Blob(['x'], { type: 'a/b' }) })],
    ['a File', () => ({ method: 'POST', body: new File(['x'], 'name', { type: 'c/d' }) })],
    ['a form', () => ({ method: 'POST', body: form() })],
    ['a stream', () => ({ method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' })],
    ['a stream without duplex', () => ({ method: 'POST', body: new Blob(['x']).stream() })],
    ['a Node stream', () => ({ method: 'POST', body: Readable.from([Buffer.from('x')]), duplex: 'half' })],
    ['a number', () => ({ method: 'POST', body: 42 })],
    ['an object', () => ({ method: 'POST', body: { a: 1 } })],
    ['an array', () => ({ method: 'POST', body: ['a', 'b'] })],
    ['a Map', () => ({ method: 'POST', body: new Map([['a', 'b']]) })],
  ]
  test.each(inits)('with %s', async (_, init) => {
    await expectSame((fetch) => fetch(at('/seen'), closing(init())))
  })

  test('with a stream that fails, or is one of a call that was given up', async () => {
    // What the platform says. It is not asked itself: it dials anew after it, and keeps that connection.
    const call = (error: Error) => outcome(() => ours(at('/seen'), { method: 'POST', body: failing(error) }))
    expect(await call(new Error('disk'))).toEqual({ error: 'TypeError', message: 'fetch failed' })
    expect(await call(new DOMException('off', 'AbortError'))).toEqual({ error: 'AbortError' })
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['a string', 'abc'],
    ['a lone name', [['a']]],
    ['a bad name', { 'a b': '1' }],
    ['a bad value', { a: 'x\ny' }],
    ['a value beyond latin1', { a: '€' }],
  ])('headers that are %s', async (_, headers) => {
    await expectSame((fetch) => fetch(at('/seen'), { headers: headers as Record<string, string> }))
  })

  const requests: [string, () => Request, Init?][] = [
    ['plain', () => new Request(at('/seen'), closing({}))],
    ['with a string', () => new Request(at('/seen'), closing({ method: 'POST', body: 'abc' }))],
    ['with a form', () => new Request(at('/seen'), closing({ method: 'POST', body: form() }))],
    ['with a Blob', () => new Request(at('/seen'), closing({ method: 'POST', body: new Blob(['x']) }))],
    ['with an empty body', () => new Request(at('/seen'), closing({ method: 'POST', body: '' }))],
    [
      'with another method',
      () => new Request(at('/seen'), closing({ method: 'POST', body: 'x' })),
      { method: 'PUT' },
    ],
    [
      'with GET laid over a body',
      () => new Request(at('/seen'), closing({ method: 'POST', body: 'x' })),
      { method: 'GET' },
    ],
    [
      'with another body',
      () => new Request(at('/seen'), closing({ method: 'POST', body: 'x' })),
      { body: 'yy' },
    ],
    [
      'with other headers',
      () => new Request(at('/seen'), { headers: { a: '1' } }),
      closing({ headers: { b: '1' } }),
    ],
    ['with cache', () => new Request(at('/seen'), closing({ cache: 'no-cache' }))],
    ['with a referrer', () => new Request(at('/seen'), closing({ referrer: 'https://elsewhere.test/' }))],
    [
      'redirected by 307',
      () => new Request(at('/hop', { status: '307', to: '/seen' }), closing({ method: 'POST', body: 'abc' })),
    ],
  ]
  test.each(requests)('of a Request %s', async (_, make, init) => {
    await expectSame(async (fetch) => {
      const request = make()
      const response = await fetch(request, init as RequestInit)
      return [await outcome(async () => response), request.bodyUsed]
    })
  })

  test('a Request that was used is refused', async () => {
    await expectSame(async (fetch) => {
      const request = new Request(at('/seen'), { method: 'POST', body: 'x' })
      await request.text()
      return fetch(request)
    })
  })

  test.each([
    '',
    '/x',
    'nonsense',
    'http://u:p@localhost/',
    'ftp://localhost/',
    'about:blank',
    'javascript:1',
    'data:,a%20b#f',
    'data:text/html;base64,PGI+',
    'data:nonsense',
    'blob:nodedata:gone',
  ])('of %j', async (url) => {
    await expectSame((fetch) => fetch(url))
    await expectSame((fetch) => fetch(url, { method: 'POST', body: 'x' }))
  })

  test('of a URL with what needs escaping, and a fragment', async () => {
    await expectSame((fetch) => fetch(` ${origin}/seen/../seen/ü€ x?ü=ä y#f `, closing({})))
    await expectSame((fetch) => fetch(new URL(`${origin}/seen#f`), closing({})))
  })

  test('of an object with toString', async () => {
    await expectSame((fetch) => fetch({ toString: () => at('/seen') } as string, closing({})))
  })
})

sameNode('redirects', () => {
  const hop = (to: string | undefined, status = 302, headers: Record<string, string> = {}) =>
    at('/hop', {
      ...(to === undefined ? {} : { to: to.replace('OTHER', other).replace('HERE', origin) }),
      status: String(status),
      headers: JSON.stringify({ connection: 'close', ...headers }),
    })
  const secret = { authorization: 'a', cookie: 'b', 'proxy-authorization': 'c', 'x-other': 'd' }

  const rows = [300, 301, 302, 303, 304, 307, 308].flatMap((status) =>
    ['GET', 'POST', 'PUT', 'DELETE'].map((method) => [status, method] as const),
  )
  test.each(rows)('%i after %s', async (status, method) => {
    const body = method === 'GET' ? {} : { body: 'abc', headers: { 'content-language': 'x' } }
    await expectSame((fetch) => fetch(hop('/seen', status), closing({ method, ...body })))
  })

  test.each([
    'OTHER/seen',
    '/seen#f',
    '?x',
    '#f',
    'seen',
    '//HERE/seen',
    'ftp://x/',
    'data:,x',
    'http://',
    'http://u:p@localhost/',
    '/seen?ü',
    'about:blank',
  ])('to %s', async (to) => {
    await expectSame((fetch) =>
      fetch(hop(to.replace('//HERE', origin.slice(5))), closing({ headers: secret })),
    )
  })

  test.each(['follow', 'manual', 'error'])('none to follow, redirect: %s', async (redirect) => {
    await expectSame((fetch) => fetch(hop(undefined), closing({ redirect })))
    await expectSame((fetch) => fetch(hop('/seen'), closing({ redirect })))
    await expectSame((fetch) => fetch(at('/answer'), closing({ redirect })))
  })

  test.each(['cors', 'no-cors', 'same-origin'])('mode %s', async (mode) => {
    await expectSame(async (fetch) => (await fetch(hop('/seen'), closing({ mode }))).type)
    await expectSame(async (fetch) => {
      const { type, status, body } = await fetch(hop('OTHER/seen'), closing({ mode }))
      await body?.cancel()
      return [type, status, body === null]
    })
  })

  test.each([301, 303, 307])('%i with a stream', async (status) => {
    await expectSame((fetch) =>
      fetch(
        hop('/seen', status),
        closing({ method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }),
      ),
    )
  })

  test.each(['no-referrer', 'origin', 'unsafe-url', 'bogus'])('referrer-policy: %s', async (policy) => {
    const referrer = 'https://elsewhere.test/page'
    await expectSame((fetch) =>
      fetch(hop('OTHER/seen', 302, { 'referrer-policy': policy }), closing({ referrer })),
    )
  })
})

function form(): FormData {
  const data = new FormData()
  data.append('a"b\n', 'c\nd')
  data.append('file', new File(['x'], 'nä.txt', { type: 'text/plain' }))
  return data
}

function failing(error: Error): ReadableStream {
  const chunks = async function* () {
    yield Buffer.from('x')
    throw error
  }
  return chunks() as unknown as ReadableStream
}

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(4)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}
