/** What a message carries beside its body: trailers, interim responses, fields, and the faces of a response. */
import { inspect } from 'node:util'
import type { BodyInput } from 'trunkline'
import { describe, expect, test } from 'vitest'
import { Bench, drained, noConnections, rejection } from './support/bench.ts'

const bench = new Bench()

const protocols = ['h2', 'http/1.1'] as const

describe.each(protocols)('trailers over %s', (protocol) => {
  test('of a response: there when the body has ended', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const fetched = await client.fetch(`${server.origin}/trailers`)
    let ended = false
    const trailers = fetched.trailers.then((fields) => {
      expect(ended).toBe(true)
      return fields
    })
    const text = fetched.text()
    ended = true
    expect(await text).toBe('body before trailers')
    expect(Object.fromEntries(await trailers)).toEqual({ 'x-trailer': 'yes', 'x-checksum': '0' })
    const requested = await client.request(`${server.origin}/trailers`)
    await requested.body.text()
    expect(await requested.trailers).toEqual(['x-trailer', 'yes', 'x-checksum', '0'])
    expect(requested.headers['x-trailer']).toBeUndefined()
  })

  test('none: an empty list, when the body has ended', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const response = await client.request(server.origin)
    await response.body.text()
    expect(await response.trailers).toEqual([])
  })

  test('of a cut-off response: they reject as the body does', async () => {
    const server = await bench.server(protocol, {
      handler: (_, response) => {
        response.write('half', () => {
          // RST_STREAM INTERNAL_ERROR, or the end of the TCP connection.
          if (response.stream === undefined) response.destroy()
          else response.stream.close(2)
        })
      },
    })
    const client = bench.client()
    const response = await client.request(server.origin)
    const error = await rejection(response.trailers)
    expect(await rejection(response.body.text())).toBe(error)
  })

  test.each([
    ['given beforehand', { 'x-checksum': 'abc' }],
    ['made when the body has been sent', () => ({ 'x-checksum': 'abc' })],
    ['made asynchronously', async () => ({ 'x-checksum': 'abc' })],
  ])('of a request, %s', async (_, trailers) => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const response = await client.request(`${server.origin}/upload`, {
      method: 'POST',
      headers: { trailer: 'x-checksum' },
      body: 'the body',
      trailers,
    })
    expect(await response.body.json()).toMatchObject({ length: 8, trailers: { 'x-checksum': 'abc' } })
  })

  test('of a request, and their function throws: the request fails with that as its cause', async () => {
    const server = await bench.server(protocol, { handler: (request) => void request.resume() })
    const client = bench.client()
    const why = new Error('no checksum')
    const error = await rejection(
      client.request(server.origin, { method: 'POST', body: 'x', trailers: () => Promise.reject(why) }),
    )
    expect(error.name).toBe('BodyError')
    expect(error.cause).toBe(why)
  })
})

describe.each(protocols)('interim responses over %s', (protocol) => {
  test('103 is told as it comes, before the response', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const seen: unknown[] = []
    const fetched = await client.fetch(`${server.origin}/informational`, {
      onInformational: (status, headers) => seen.push([status, headers.get('link')]),
    })
    expect(seen).toEqual([[103, '</style.css>; rel=preload; as=style']])
    expect(await fetched.json()).toEqual({ informational: true })
    const requested = await client.request(`${server.origin}/informational`, {
      onInformational: (status, headers) => seen.push([status, headers.link]),
    })
    expect(seen).toHaveLength(2)
    expect(seen[1]).toEqual(seen[0])
    await requested.body.text()
  })

  test('nobody listens: the final response is what counts', async () => {
    const server = await bench.server(protocol)
    const response = await drained(bench.client().fetch(`${server.origin}/informational`))
    expect(response.status).toBe(200)
    expect(response.headers.has('link')).toBe(false)
  })

  test('a listener that throws fails its own request and nothing else', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const why = new Error('mine')
    const onInformational = () => {
      throw why
    }
    const error = await rejection(client.request(`${server.origin}/informational`, { onInformational }))
    expect([error, error.cause]).toContain(why)
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
  })
})

test('a server that sends 1xx without end is cut off, and the origin works afterwards', async () => {
  const peer = await bench.rawPeer({
    async onConnection(connection, index) {
      if (index > 0) return connection.autoRespond({ body: 'fine' })
      await connection.preface()
      const { streamId } = await connection.expectRequest()
      for (let count = 0; count < 1000; count += 1) connection.sendHeaders(streamId, { ':status': '103' })
    },
  })
  const client = bench.client()
  expect(await rejection(client.request(peer.origin))).toMatchObject({
    name: 'ProtocolError',
    code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE',
  })
  // Node gives the connection up too, for all the frames on a stream that is closed.
  await noConnections(client)
  expect(await (await client.fetch(peer.origin)).text()).toBe('fine')
})

describe.each(protocols)('fields over %s', (protocol) => {
  test('repeats, order and case: what was sent is what arrives, as Headers, record and list', async () => {
    const server = await bench.server(protocol, {
      handler: (_, response) => {
        response.setHeader('Set-Cookie', ['a=1', 'b=2'])
        response.setHeader('X-Mixed-Case', 'Value')
        response.setHeader('x-empty', '')
        response.end()
      },
    })
    const client = bench.client()
    const fetched = await drained(client.fetch(server.origin))
    expect(fetched.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(fetched.headers.get('x-mixed-case')).toBe('Value')
    const requested = await client.request(server.origin)
    await requested.body.bytes()
    expect(requested.headers['set-cookie']).toBe('a=1, b=2')
    expect(requested.headers['x-empty']).toBe('')
    expect(requested.rawHeaders.join('|')).toContain('set-cookie|a=1|set-cookie|b=2')
    expect(requested.rawHeaders.some((text) => text.startsWith(':'))).toBe(false)
  })

  test('names that mean something to JavaScript are data', async () => {
    const server = await bench.server(protocol, {
      handler: (_, response) => {
        response.setHeader('__proto__', 'polluted')
        response.setHeader('constructor', 'polluted')
        response.end()
      },
    })
    const { headers, body } = await bench.client().request(server.origin)
    await body.bytes()
    expect(Object.getPrototypeOf(headers)).toBeNull()
    expect(headers.constructor as unknown).toBe('polluted')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('request fields in every form a caller may give them', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const forms = [
      { 'X-One': '1', 'x-many': ['a', 'b'], 'x-number': 7, 'x-not': undefined },
      [
        ['X-One', '1'],
        ['x-many', 'a'],
        ['x-many', 'b'],
        ['x-number', '7'],
      ] as [string, string][],
      new Headers([
        ['X-One', '1'],
        ['x-many', 'a, b'],
        ['x-number', '7'],
      ]),
      new Map([
        ['X-One', '1'],
        ['x-many', 'a, b'],
        ['x-number', '7'],
      ]),
    ]
    for (const headers of forms) {
      const response = await client.request(`${server.origin}/headers`, { headers })
      expect(await response.body.json()).toMatchObject({ 'x-one': '1', 'x-many': 'a, b', 'x-number': '7' })
    }
  })
})

describe.each(protocols)('the response of fetch over %s', (protocol) => {
  test('is a Response: instanceof, its fields, json(), blob(), formData(), clone()', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const response = await client.fetch(`${server.origin}/echo?x=1#fragment`, {
      method: 'POST',
      body: new URLSearchParams({ name: 'value' }),
    })
    expect(response).toBeInstanceOf(Response)
    expect(response).toMatchObject({
      status: 200,
      ok: true,
      redirected: false,
      bodyUsed: false,
      type: 'basic',
    })
    expect(response.url).toBe(`${server.origin}/echo?x=1`)
    expect(response.protocol).toBe(protocol)
    expect(response.streamId).toBe(protocol === 'h2' ? 1 : undefined)
    expect(Object.prototype.toString.call(response)).toBe('[object Response]')
    expect(inspect(response)).toContain('status: 200')
    const copy = response.clone()
    expect((await response.formData()).get('name')).toBe('value')
    expect(await copy.text()).toBe('name=value')
    expect(response.bodyUsed).toBe(true)
    const blob = await (await client.fetch(`${server.origin}/sse`)).blob()
    expect(blob.type).toBe('text/event-stream')
    expect(((await (await client.fetch(server.origin)).json()) as { hello: string }).hello).toBe('world')
  })

  test('may be passed on to what takes a Response', async () => {
    const server = await bench.server(protocol)
    const response = await bench.client().fetch(`${server.origin}/bytes/1000`)
    const wrapped = new Response(response.body, response)
    expect(wrapped.status).toBe(200)
    expect((await wrapped.arrayBuffer()).byteLength).toBe(1000)
  })

  test('a body is read once: the second time is a TypeError', async () => {
    const server = await bench.server(protocol)
    const response = await bench.client().fetch(server.origin)
    await response.text()
    await expect(response.text()).rejects.toBeInstanceOf(TypeError)
    expect(() => response.clone()).toThrow(TypeError)
  })

  test('HEAD, 204 and 304 have no body, whatever their content-length says', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const head = await client.fetch(`${server.origin}/bytes/1000`, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe('1000')
    expect(head.body).toBeNull()
    expect(await head.text()).toBe('')
    for (const status of [204, 304]) {
      const response = await client.fetch(`${server.origin}/status/${status}`)
      expect([response.status, response.body, await response.text()]).toEqual([status, null, ''])
    }
    expect((await drained(client.fetch(server.origin))).status).toBe(200)
  })

  test('its timings add up', async () => {
    const server = await bench.server(protocol)
    const client = bench.client()
    const first = await client.fetch(`${server.origin}/delay/20`)
    expect(first.timings).toMatchObject({ resumed: false, attempts: 1 })
    for (const phase of ['dns', 'connect', 'tls'] as const)
      expect(first.timings[phase]).toBeGreaterThanOrEqual(0)
    await first.text()
    const { queued, firstByte, total } = first.timings
    expect(firstByte).toBeGreaterThanOrEqual(19)
    expect(total).toBeGreaterThanOrEqual(queued + firstByte)
    const second = await drained(client.fetch(server.origin))
    expect(second.timings).toMatchObject({ dns: null, connect: null, tls: null, attempts: 1 })
  })
})

test('methods reach the server as given, bodies with their types', async () => {
  const server = await bench.h2Server({
    handler: (request, response) => {
      request.resume()
      response.end(
        `${request.method} ${request.headers['content-type']} ${request.headers['content-length']}`,
      )
    },
  })
  const client = bench.client()
  const sent = async (method: string, body?: BodyInput) =>
    (await client.fetch(server.origin, { method, ...(body === undefined ? {} : { body }) })).text()
  expect(await sent('get')).toBe('GET undefined undefined')
  expect(await sent('PURGE')).toBe('PURGE undefined undefined')
  expect(await sent('post')).toBe('POST undefined 0')
  expect(await sent('PUT', 'text')).toBe('PUT text/plain;charset=UTF-8 4')
  expect(await sent('PATCH', new Blob(['{}'], { type: 'application/json' }))).toBe('PATCH application/json 2')
  expect(await sent('POST', new Uint8Array(3))).toBe('POST undefined 3')
  const form = new FormData()
  form.set('a', 'b')
  expect(await sent('POST', form)).toMatch(/^POST multipart\/form-data; boundary=/)
  const json = await client.request(server.origin, { method: 'POST', json: { a: 1 } })
  expect(await json.body.text()).toBe('POST application/json 7')
})
