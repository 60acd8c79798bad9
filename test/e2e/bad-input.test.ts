import { createClient, type InvalidRequestError } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { Bench, drained, rejection } from './support/bench.ts'

const bench = new Bench()

/** A server that must see none of it, and a client for it. */
async function untouched(protocol: 'h2' | 'http/1.1' = 'h2') {
  const server = await bench.server(protocol)
  const client = bench.client()
  const verify = async () => {
    expect(server.counts).toMatchObject({ tcpConnections: 0, requests: 0 })
    expect(client.stats()).toMatchObject({ dials: 0, active: 0, queued: 0, connections: 0 })
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
    expect((await (await client.request(server.origin)).body.json()) as object).toMatchObject({
      hello: 'world',
    })
  }
  return { server, client, url: `${server.origin}/echo`, verify }
}

const PLATFORM_WORDS = /^Failed to parse URL from |^Request with GET\/HEAD method cannot have body\.$/

async function expectInvalid(
  call: () => Promise<unknown>,
  face: 'fetch' | 'request',
  code: string,
  names: RegExp,
): Promise<void> {
  let promise: Promise<unknown>
  expect(() => {
    promise = call()
  }).not.toThrow()
  const error = await rejection(promise!)
  const invalid: InvalidRequestError = face === 'fetch' ? error.cause : error
  if (face === 'fetch') expect(error).toBeInstanceOf(TypeError)
  expect(invalid).toMatchObject({ name: 'InvalidRequestError', code, processed: 'no', phase: 'validate' })
  expect(invalid.message).toMatch(names)
  // Where programs look for the platform's words, fetch has them; its cause says more.
  if (face === 'fetch' && !PLATFORM_WORDS.test(error.message)) expect(error.message).toBe(invalid.message)
}

// biome-ignore lint/suspicious/noExplicitAny: what a program without types may pass
type Anything = any

describe('a bad URL, header, method, body, signal or option is named, before any I/O, and the origin works afterwards', () => {
  const urls: [string, Anything, RegExp][] = [
    ['a path', '/relative', /"\/relative".*absolute URL/],
    ['nothing', '', /absolute URL/],
    ['no host', 'https://', /absolute URL/],
    ['a port out of range', 'https://localhost:99999/', /99999/],
    ['a space in the host', 'https://local host/', /local host/],
    ['undefined', undefined, /absolute URL/],
    ['null', null, /absolute URL/],
    ['a number', 42, /absolute URL/],
    ['an object', {}, /absolute URL/],
  ]
  test.each(urls)('URL: %s', async (_, url, names) => {
    const { client, verify } = await untouched()
    await expectInvalid(() => client.fetch(url), 'fetch', 'ERR_TRUNKLINE_INVALID_URL', names)
    await expectInvalid(() => client.request(url), 'request', 'ERR_TRUNKLINE_INVALID_URL', names)
    expect((await rejection(client.connect(url))).code).toBe('ERR_TRUNKLINE_INVALID_URL')
    await verify()
  })

  test.each(['ftp://localhost/file', 'file:///etc/passwd'])(
    'URL: %s is none for the network',
    async (url) => {
      const { client, verify } = await untouched()
      // What is neither http nor https is the platform's to answer, as data: and blob: are.
      expect(await rejection(client.fetch(url))).toMatchObject({ name: 'TypeError', message: 'fetch failed' })
      const code = 'ERR_TRUNKLINE_INVALID_URL'
      await expectInvalid(() => client.request(url), 'request', code, /https or http/)
      expect((await rejection(client.connect(url))).code).toBe(code)
      await verify()
    },
  )

  test('URL: user name and password are refused by fetch, kept from the message, and never sent by request', async () => {
    const { client, server, verify } = await untouched()
    const url = `https://user:secret@localhost:${server.port}/echo`
    const error = await rejection(client.fetch(url))
    expect(error.cause.code).toBe('ERR_TRUNKLINE_INVALID_URL')
    expect(error.message).not.toContain('secret')
    expect((await rejection(client.request('https://user:secret@local host/'))).message).not.toContain(
      'secret',
    )
    await verify()
    const seen = (await (await client.request(url)).body.json()) as { headers: object }
    expect(JSON.stringify(seen)).not.toContain('secret')
  })

  const headers: [string, Anything, RegExp][] = [
    ['a name with a space', { 'bad name': 'x' }, /"bad name"/],
    ['an empty name', { '': 'x' }, /""/],
    ['a name with CR LF', { 'a\r\nb': 'x' }, /a\\r\\nb/],
    ['a pseudo-header field', { ':path': '/other' }, /":path"/],
    ['a name that is not ASCII', { naïve: 'x' }, /naïve/],
    ['a value with CR LF', { 'x-ok': 'a\r\nset-cookie: b' }, /"x-ok"/],
    ['a value with NUL', { 'x-ok': 'a\0b' }, /"x-ok"/],
    ['a value above U+00FF', { 'x-ok': 'snow ☃' }, /"x-ok"/],
    ['a list of pairs with a lone name', [['x-ok']], /pair/],
    ['a list of strings', ['x-ok: 1'], /pair/],
    ['a string', 'x-ok: 1', /headers must be/],
    ['a number', 7, /headers must be/],
  ]
  test.each(headers)('headers: %s', async (_, given, names) => {
    const { client, url, verify } = await untouched()
    const code = 'ERR_TRUNKLINE_INVALID_HEADER'
    await expectInvalid(() => client.fetch(url, { headers: given }), 'fetch', code, names)
    await expectInvalid(() => client.request(url, { headers: given }), 'request', code, names)
    await verify()
  })

  const methods: [string, Anything][] = [
    ['CONNECT', 'CONNECT'],
    ['TRACE', 'TRACE'],
    ['a space', 'GE T'],
    ['CR LF', 'GET\r\nX: y'],
    ['nothing', ''],
    ['an object', {}],
  ]
  test.each(methods)('method: %s', async (_, method) => {
    const { client, url, verify } = await untouched()
    const code = 'ERR_TRUNKLINE_INVALID_METHOD'
    await expectInvalid(() => client.fetch(url, { method }), 'fetch', code, /[Mm]ethod/)
    await expectInvalid(() => client.request(url, { method }), 'request', code, /[Mm]ethod/)
    await verify()
  })

  test.each(['GET', 'HEAD', 'get', undefined])('body: none with %s', async (method) => {
    const { client, url, verify } = await untouched()
    const code = 'ERR_TRUNKLINE_BODY_NOT_ALLOWED'
    const init = { body: 'x', ...(method === undefined ? {} : { method }) }
    await expectInvalid(() => client.fetch(url, init), 'fetch', code, /GET|HEAD/)
    if (method !== 'get') await expectInvalid(() => client.request(url, init), 'request', code, /GET|HEAD/)
    await verify()
  })

  const texts: [string, Anything, RegExp][] = [
    ['a plain object', { a: 1 }, /Object.*pass it as `json`/],
    ['a number', 5, /a number/],
    ['true', true, /a boolean/],
    ['a Date', new Date(0), /Date/],
  ]
  test.each(texts)(
    'body: %s is refused by request, and text to fetch, as on the platform',
    async (_, body, names) => {
      const { client, url, verify } = await untouched()
      const init = { method: 'POST', body }
      await expectInvalid(() => client.request(url, init), 'request', 'ERR_TRUNKLINE_INVALID_OPTION', names)
      await verify()
      const sent = await (await client.fetch(url, init)).text()
      expect(sent).toBe(String(body))
    },
  )

  const bodies: [string, Anything, RegExp][] = [
    ['a symbol', Symbol('body'), /a symbol/],
    ['shared memory', new Uint8Array(new SharedArrayBuffer(4)), /SharedArrayBuffer/],
  ]
  test.each(bodies)('body: %s', async (_, body, names) => {
    const { client, url, verify } = await untouched()
    const init = { method: 'POST', body }
    const code = 'ERR_TRUNKLINE_INVALID_OPTION'
    await expectInvalid(() => client.fetch(url, init), 'fetch', code, names)
    await expectInvalid(() => client.request(url, init), 'request', code, names)
    await verify()
  })

  test('body: a web stream without duplex: half', async () => {
    const { client, url, verify } = await untouched()
    const init = { method: 'POST', body: new Blob(['x']).stream() }
    await expectInvalid(() => client.fetch(url, init), 'fetch', 'ERR_TRUNKLINE_INVALID_OPTION', /duplex/)
    await verify()
  })

  test('body: a stream that was read or is locked', async () => {
    const { client, url, verify } = await untouched()
    const locked = new Blob(['x']).stream()
    locked.getReader()
    const read = new Blob(['x']).stream()
    await new Response(read).text()
    for (const body of [locked, read]) {
      const options = { method: 'POST', body, duplex: 'half' } as const
      const error = await rejection(client.fetch(url, options))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.cause).toMatchObject({ name: 'InvalidRequestError', processed: 'no' })
    }
    await verify()
  })

  const signals: [string, Anything][] = [
    ['a controller', new AbortController()],
    ['a string', 'abort'],
    ['an object', { aborted: false }],
    ['true', true],
  ]
  test.each(signals)('signal: %s', async (_, signal) => {
    const { client, url, server, verify } = await untouched()
    const code = 'ERR_TRUNKLINE_INVALID_OPTION'
    await expectInvalid(() => client.fetch(url, { signal }), 'fetch', code, /signal/)
    await expectInvalid(() => client.request(url, { signal }), 'request', code, /signal/)
    expect(await rejection(client.connect(server.origin, { signal }))).toMatchObject({ code })
    await verify()
  })

  const options: [string, Anything, RegExp][] = [
    ['an unknown one', { timout: 5 }, /timout is not an option\. .*The options are .*method/],
    ['redirect', { redirect: 'sometimes' }, /redirect must be/],
    ['json and body', { method: 'POST', json: {}, body: 'x' }, /json/],
    ['json that has no JSON form', { method: 'POST', json: () => {} }, /json/],
    ['json with a cycle', { method: 'POST', json: cyclic() }, /json/],
    ['decompress', { decompress: 'yes' }, /decompress/],
    ['onInformational', { onInformational: 'tell me' }, /onInformational/],
    ['trailers with a bad name', { method: 'POST', body: 'x', trailers: { 'a b': '1' } }, /"a b"/],
    ['trailers', { method: 'POST', body: 'x', trailers: 5 }, /trailers|headers/],
  ]
  test.each(options)('option of request: %s', async (_, given, names) => {
    const { client, url, verify } = await untouched()
    const error = await rejection(client.request(url, given))
    expect(error).toMatchObject({ name: 'InvalidRequestError', processed: 'no' })
    expect(error.message).toMatch(names)
    await verify()
  })

  const notOptions: [string, Anything][] = [
    ['null', null],
    ['a string', 'POST'],
    ['a number', 1],
  ]
  test.each(notOptions)('options of request: %s instead of an object', async (_, given) => {
    const { client, url, verify } = await untouched()
    const error = await rejection(client.request(url, given))
    expect(error).toMatchObject({ name: 'InvalidRequestError', code: 'ERR_TRUNKLINE_INVALID_OPTION' })
    await verify()
  })

  test('option of fetch: redirect', async () => {
    const { client, url, verify } = await untouched()
    const init = { redirect: 'sometimes' as Anything }
    await expectInvalid(() => client.fetch(url, init), 'fetch', 'ERR_TRUNKLINE_INVALID_OPTION', /redirect/)
    await verify()
  })
})

function cyclic(): object {
  const object: Record<string, unknown> = {}
  object.self = object
  return object
}

describe('bad options of createClient fail there and are named', () => {
  const options: [string, Anything, RegExp][] = [
    [
      'an unknown group',
      { htpp2: {} },
      /htpp2 is not an option\. Did you mean http2\? The options are http2/,
    ],
    [
      'an unknown key',
      { http2: { maxSession: 1 } },
      /http2\.maxSession is not an option\. Did you mean maxSessions\? The options are maxSessions/,
    ],
    ['a group that is no object', { http2: 5 }, /http2 must be an object/],
    ['a group that is null', { limits: null }, /limits must be an object/],
    ['a number as text', { limits: { queued: '5' } }, /limits\.queued must be .*"5"/],
    ['a negative number', { http2: { maxSessions: -1 } }, /http2\.maxSessions must be a whole number/],
    ['a fraction', { http2: { maxSessions: 1.5 } }, /http2\.maxSessions must be a whole number/],
    ['NaN', { keepAlive: { interval: Number.NaN } }, /keepAlive\.interval must be a number of milliseconds/],
    ['an unknown protocol', { protocols: ['h3'] }, /protocols/],
    ['no protocol', { protocols: [] }, /protocols/],
    ['one protocol twice', { protocols: ['h2', 'h2'] }, /protocols/],
    ['a store without methods', { tlsSessions: {} }, /tlsSessions/],
    ['an unknown TLS version', { tls: { minVersion: 'TLSv9' } }, /tls\.minVersion must be one of/],
    ['a TLS option of another kind', { tls: { checkServerIdentity: 'pin' } }, /tls\.checkServerIdentity/],
    [
      'a path in place of a CA',
      { tls: { ca: './ca.pem' } },
      /tls\.ca must be PEM .*rather than its path\), not "\.\/ca\.pem"/,
    ],
    ['a CA path in a list', { tls: { ca: [Buffer.from(''), './ca.pem'] } }, /tls\.ca must be/],
    ['a code of Node', { retry: { errors: ['ECONNRESET'] } }, /retry\.errors must be a list of error codes/],
    ['a number of retries', { retry: 5 }, /retry must be an object or false, not 5/],
    ['a certificate that is none', { tls: { cert: 'not PEM', key: 'nor this' } }, /tls.*cert, key/],
    ['ciphers that do not exist', { tls: { ciphers: 'NO_SUCH_CIPHER' } }, /tls.*ciphers/],
    ['an interceptor that is no function', { interceptors: [5] }, /interceptors must be a list of functions/],
    ['a window that is too large', { http2: { initialWindowSize: 2 ** 31 } }, /http2\.initialWindowSize/],
    ['options that are no object', 5, /object/],
    ['null', null, /object/],
  ]
  test.each(options)('%s', (_, given, names) => {
    let error: unknown
    try {
      bench.add(createClient(given))
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ name: 'InvalidRequestError', code: 'ERR_TRUNKLINE_INVALID_OPTION' })
    expect((error as Error).message).toMatch(names)
  })

  test('a CA that is none trusts nobody: typed, at the first request, and nothing hangs', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ tls: { ca: Buffer.from('this is no certificate') } })
    const error = await rejection(client.request(server.origin))
    expect(error).toMatchObject({ name: 'ConnectError', code: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED' })
    expect(client.stats()).toMatchObject({ active: 0, queued: 0, connections: 0 })
  })

  test('undefined means the default, at every level', async () => {
    const server = await bench.h2Server()
    const client = bench.client({ http2: undefined, limits: { queued: undefined } } as Anything)
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
  })
})

describe.each(['h2', 'http/1.1'] as const)(
  'a failed first request never wedges the origin (%s)',
  (protocol) => {
    const managed = [
      'connection',
      'transfer-encoding',
      'upgrade',
      'keep-alive',
      'host',
      'te',
      'proxy-connection',
    ]
    test.each(managed)('the caller sets %s', async (name) => {
      const { client, url } = await untouched(protocol)
      const attempts = await Promise.allSettled(
        Array.from({ length: 5 }, async () => {
          const response = await client.request(url, { headers: { [name]: 'chunked' } })
          return (await response.body.json()) as { headers: Record<string, string> }
        }),
      )
      for (const attempt of attempts) {
        if (attempt.status === 'rejected') expect(attempt.reason.code).toBe('ERR_TRUNKLINE_INVALID_HEADER')
        else expect(attempt.value.headers[name]).not.toBe('chunked')
      }
      expect((await drained(client.fetch(url))).status).toBe(200)
      expect(client.stats()).toMatchObject({ active: 0, queued: 0 })
    })

    test.each(['1', '1, 2', 'x', '-1', ''])(
      'the caller sets content-length: %j for a body of 4 bytes',
      async (length) => {
        const { server, client, url } = await untouched(protocol)
        const options = { method: 'POST', body: 'body', headers: { 'content-length': length } }
        const error = await rejection(client.request(url, options))
        expect(['InvalidRequestError', 'BodyError']).toContain(error.name)
        expect((await drained(client.fetch(url))).status).toBe(200)
        expect(server.counts.requests).toBe(1)
        expect(client.stats()).toMatchObject({ active: 0, queued: 0 })
      },
    )

    test('a refused dial', async () => {
      const { server, client } = await untouched(protocol)
      const relay = await bench.relay(server)
      await relay.refuse(true)
      const origin = `https://localhost:${relay.port}`
      const error = await rejection(client.request(origin))
      expect(error).toMatchObject({
        name: 'ConnectError',
        code: 'ERR_TRUNKLINE_CONNECT_FAILED',
        processed: 'no',
      })
      await relay.refuse(false)
      expect((await drained(client.fetch(origin))).status).toBe(200)
    })

    test('an unknown host', async () => {
      const { client, server } = await untouched(protocol)
      const error = await rejection(client.request('https://no-such-host.invalid/'))
      expect(error.name).toMatch(/ConnectError|TimeoutError/)
      expect(error.phase).toBe('dns')
      expect(client.stats().origins).toEqual([])
      expect(client.stats().dialsFailed).toBe(1)
      expect((await drained(client.fetch(server.origin))).status).toBe(200)
    })
  },
)
