/** What programs and libraries hand to `fetch`, and what of it arrives. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import * as undici from 'undici'
import { describe, expect, test } from 'vitest'
import { defaultRoutes, type RouteHandler, readBody } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { json, pathOf } from './support/http.ts'
import { laneTest } from './support/pending.ts'
import { type Fetch, lanes, rejection, Stand } from './support/stand.ts'

/** What the server saw. */
interface Mirror {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Case {
  run(fetch: Fetch, origin: string): Promise<unknown>
  readonly result: unknown
}

/** Not in our `RequestInit` of every Node line. */
const half = { duplex: 'half' } as const

async function mirror(response: Promise<Response>): Promise<Mirror> {
  return (await response).json() as Promise<Mirror>
}

async function lengthAndBody(response: Promise<Response>): Promise<unknown> {
  const { headers, body } = await mirror(response)
  return [headers['content-length'], body]
}

function post(fetch: Fetch, origin: string, init: RequestInit): Promise<Mirror> {
  return mirror(fetch(`${origin}/mirror`, { method: 'POST', ...init }))
}

const cases: Readonly<Record<string, Case>> = {
  'a Request with a body: its length is said': {
    run: (fetch, origin) =>
      lengthAndBody(fetch(new Request(`${origin}/mirror`, { method: 'POST', body: 'héllo' }))),
    result: ['6', 'héllo'],
  },
  'a form: its length is said': {
    run: async (fetch, origin) => {
      const body = new FormData()
      body.set('file', new File(['x'], 'n.txt', { type: 'text/plain' }))
      const { headers, body: sent } = await post(fetch, origin, { body })
      return [
        headers['content-length'] === String(sent.length),
        /boundary=/.test(headers['content-type'] ?? ''),
      ]
    },
    result: [true, true],
  },
  'a Request and an init: the init wins, member by member': {
    run: async (fetch, origin) => {
      const request = new Request(`${origin}/mirror`, { method: 'POST', body: 'a', headers: { 'x-a': '1' } })
      const { method, headers, body } = await mirror(fetch(request, { headers: { 'x-b': '2' } }))
      const put = await mirror(fetch(`${origin}/mirror`, { method: 'PUT', body: 'bb' }))
      return [method, headers['x-a'], headers['x-b'], body, put.method, put.body]
    },
    result: ['POST', undefined, '2', 'a', 'PUT', 'bb'],
  },
  'a Request is used up by its body, and not without one': {
    run: async (fetch, origin) => {
      const request = new Request(`${origin}/mirror`, { method: 'POST', body: 'a' })
      const clone = request.clone()
      await mirror(fetch(request))
      const again = await rejection(fetch(request))
      const plain = new Request(`${origin}/mirror`)
      await mirror(fetch(plain))
      return [
        request.bodyUsed,
        again instanceof TypeError,
        (await mirror(fetch(clone))).body,
        (await fetch(plain)).ok,
      ]
    },
    result: [true, true, 'a', true],
  },
  'a class of their own that extends Request': {
    run: async (fetch, origin) => {
      class Traced extends Request {}
      return (await mirror(fetch(new Traced(`${origin}/mirror`, { method: 'POST', body: 'x' })))).body
    },
    result: 'x',
  },
  'strings, bytes, blobs and parameters: their length, and their type': {
    run: async (fetch, origin) => {
      const bodies = [
        'é',
        Buffer.from('é'),
        new Blob(['é'], { type: 'a/b' }),
        new URLSearchParams({ a: 'é' }),
      ]
      const seen = await Promise.all(bodies.map((body) => post(fetch, origin, { body })))
      return seen.map(({ headers }) => [headers['content-length'], headers['content-type']])
    },
    result: [
      ['2', 'text/plain;charset=UTF-8'],
      ['2', undefined],
      ['2', 'a/b'],
      ['8', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ],
  },
  'streams: of the web, of Node, of a file, and generators': {
    run: async (fetch, origin) => {
      async function* generate() {
        yield Buffer.from('a')
        yield new Uint8Array([98])
      }
      const bodies = [
        new Blob(['web']).stream(),
        Readable.from([Buffer.from('no'), Buffer.from('de')]),
        createReadStream(fileURLToPath(import.meta.url), { end: 9 }),
        generate(),
      ]
      const seen = bodies.map((body) => post(fetch, origin, { body: body as ReadableStream, ...half }))
      return (await Promise.all(seen)).map(({ body }) => body)
    },
    result: ['web', 'node', '/** What p', 'ab'],
  },
  'a stream whose length the caller knows': {
    run: (fetch, origin) =>
      lengthAndBody(
        fetch(`${origin}/mirror`, {
          method: 'POST',
          body: new Blob(['abc']).stream(),
          headers: { 'content-length': '3' },
          ...half,
        }),
      ),
    result: ['3', 'abc'],
  },
  'a stream without duplex is refused': {
    run: async (fetch, origin) =>
      (await rejection(fetch(origin, { method: 'POST', body: new Blob(['x']).stream() }))).name,
    result: 'TypeError',
  },
  'headers of every kind': {
    run: async (fetch, origin) => {
      function* pairs(): Generator<[string, string]> {
        yield ['x-a', '1']
        yield ['x-a', '2']
      }
      const kinds = [
        { 'x-a': '1' },
        [['x-a', '1']],
        new Headers({ 'x-a': '1' }),
        new Map([['x-a', '1']]),
        pairs(),
      ]
      const foreign = new undici.Headers({ 'x-a': '1' })
      const seen = [...kinds, foreign].map((headers) =>
        post(fetch, origin, { headers: headers as Record<string, string> }),
      )
      return (await Promise.all(seen)).map(({ headers }) => headers['x-a'])
    },
    result: ['1', '1', '1', '1', '1, 2', '1'],
  },
  'an init of nothing but undefined, and members that nobody knows': {
    run: async (fetch, origin) => {
      const names = [
        'method',
        'body',
        'headers',
        'signal',
        'redirect',
        'credentials',
        'cache',
        'mode',
        'keepalive',
      ]
      const more = [
        'referrer',
        'referrerPolicy',
        'integrity',
        'duplex',
        'window',
        'dispatcher',
        'priority',
        'next',
      ]
      const nothing = Object.fromEntries([...names, ...more].map((name) => [name, undefined]))
      const foreign = {
        query: { a: 1 },
        timeout: 5,
        retry: 3,
        responseType: 'json',
        parseResponse: JSON.parse,
      }
      const seen = [
        await fetch(`${origin}/mirror`, nothing),
        await fetch(`${origin}/mirror`, foreign as RequestInit),
      ]
      await Promise.all(seen.map((response) => response.text()))
      return seen.map(({ status }) => status)
    },
    result: [200, 200],
  },
  'members that mean something in a browser': {
    run: async (fetch, origin) => {
      const init: RequestInit = { mode: 'cors', credentials: 'include', cache: 'no-store', keepalive: true }
      return (await post(fetch, origin, { ...init, referrerPolicy: 'no-referrer' })).method
    },
    result: 'POST',
  },
  'a URL, and whatever can be said as one': {
    run: async (fetch, origin) => {
      const spoken = { toString: () => `${origin}/mirror?q#fragment` }
      const responses = [await fetch(new URL(`${origin}/mirror`)), await fetch(spoken as string)]
      await Promise.all(responses.map((response) => response.text()))
      return responses.map(({ url }) => url.slice(origin.length))
    },
    result: ['/mirror', '/mirror?q'],
  },
  'data: and blob: URLs': {
    run: async (fetch) => {
      const url = URL.createObjectURL(new Blob(['from a blob'], { type: 'a/b' }))
      const [data, blob] = [await fetch('data:text/plain,hello'), await fetch(url)]
      URL.revokeObjectURL(url)
      const types = [data, blob].map(({ headers }) => headers.get('content-type'))
      return [await data.text(), await blob.text(), ...types]
    },
    result: ['hello', 'from a blob', 'text/plain', 'a/b'],
  },
  'signals: aborted before, in flight, in the body, in combination': {
    run: async (fetch, origin) => {
      const before = await rejection(fetch(origin, { signal: AbortSignal.abort() }))
      const request = new Request(origin, { signal: AbortSignal.abort(new Error('mine')) })
      const own = await rejection(fetch(request))
      const late = await rejection(fetch(`${origin}/hang`, { signal: AbortSignal.timeout(30) }))
      const controller = new AbortController()
      const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(5000)])
      const response = await fetch(`${origin}/slow-body/5000`, { signal })
      const body = rejection(response.text())
      controller.abort('a string')
      return [before.name, own.message, late.name, late instanceof DOMException, await body]
    },
    result: ['AbortError', 'mine', 'TimeoutError', true, 'a string'],
  },
  'an abort after the end changes nothing': {
    run: async (fetch, origin) => {
      const controller = new AbortController()
      const response = await fetch(`${origin}/bytes/10`, { signal: controller.signal })
      const bytes = await response.bytes()
      controller.abort()
      return [bytes.length, response.status]
    },
    result: [10, 200],
  },
  'failures of the network, by name and message': {
    run: async (fetch, origin) => {
      const refused = await rejection(fetch('https://localhost:2/'))
      const cut = await rejection(fetch(`${origin}/destroy`, { method: 'POST' }))
      const redirected = await rejection(fetch(`${origin}/redirect/1`, { redirect: 'error' }))
      return [refused, cut, redirected].map(({ name, message, cause }) => [
        name,
        message,
        cause instanceof Error,
      ])
    },
    result: Array(3).fill(['TypeError', 'fetch failed', true]),
  },
  'what it throws is thrown later: it always gives a promise': {
    run: async (fetch) => {
      const promise = fetch(undefined as unknown as string)
      return [promise instanceof Promise, (await rejection(promise)).name]
    },
    result: [true, 'TypeError'],
  },
}

const handler: RouteHandler = async (request, response) => {
  if (pathOf(request) !== '/mirror') return defaultRoutes(request, response)
  const body = (await readBody(request)).toString()
  return json(response, 200, { method: request.method, headers: { ...request.headers }, body })
}

const stand = new Stand()

describe.each(lanes)('a request of $name', (lane) => {
  for (const [name, { run, result }] of Object.entries(cases)) {
    laneTest(lane, name, async () => {
      const { fetch, origin } = await stand.open(lane, handler)
      expect(await run(fetch, origin)).toEqual(result)
    })
  }

  laneTest(lane, 'the reason phrase, which HTTP/2 has not', async () => {
    const { fetch, origin, versions } = await stand.open(lane, handler)
    const response = await fetch(`${origin}/status/404`)
    await response.text()
    expect(response.statusText).toBe(versions.has('2.0') ? '' : 'Not Found')
  })

  test.each(['an init', 'a Request'])('a stream in %s arrives as it is written', async (where) => {
    let seen = ''
    const { fetch, origin } = await stand.open(lane, async (request, response) => {
      for await (const chunk of request) seen += chunk
      response.end('done')
    })
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const init = { method: 'POST', body: readable, ...half }
    const answer = where === 'an init' ? fetch(origin, init) : fetch(new Request(origin, init))
    const writer = writable.getWriter()
    for (const word of ['one ', 'two ', 'three']) {
      const before = seen
      await writer.write(new TextEncoder().encode(word))
      await waitFor(() => seen === before + word, { message: `the server to see "${word}"` })
    }
    await writer.close()
    expect([await (await answer).text(), seen]).toEqual(['done', 'one two three'])
  })

  test('a stream that fails fails the request, with its error as a cause', async () => {
    const { fetch, origin } = await stand.open(lane, (request) => void request.resume())
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('the disk is gone'))
      },
    })
    const error = await rejection(fetch(new Request(origin, { method: 'POST', body, ...half })))
    const chain: string[] = []
    for (let each = error; each instanceof Error; each = each.cause as Error) chain.push(each.message)
    expect(chain.at(-1)).toBe('the disk is gone')
  })
})
