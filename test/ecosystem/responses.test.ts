/** What programs and libraries do with a response, one by one; with ours it is to come out as with the platform's. */

import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished } from 'vitest'
import { codedText, defaultRoutes, deterministicBytes, type RouteHandler } from '../support/servers.ts'
import { bodyOf, type NodeWebStream } from './support/body.ts'
import { collect } from './support/collect.ts'
import { pathOf } from './support/http.ts'
import { laneTest } from './support/pending.ts'
import { type Fetch, lanes, rejection, Stand } from './support/stand.ts'

interface Use {
  run(fetch: Fetch, origin: string): Promise<unknown>
  readonly result: unknown
}

const SIZE = 300_000

async function sizeOf(stream: AsyncIterable<{ readonly length: number }>): Promise<number> {
  let size = 0
  for await (const chunk of stream) size += chunk.length
  return size
}

const uses: Readonly<Record<string, Use>> = {
  'its body in a Response of their own': {
    run: async (fetch, origin) => new Response((await fetch(`${origin}/bytes/${SIZE}`)).body).bytes(),
    result: new Uint8Array(deterministicBytes(SIZE)),
  },
  'a copy with its status and headers': {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/missing`)
      const copy = new Response(response.body, response)
      return [copy.status, copy.headers.get('content-type'), await copy.text()]
    },
    result: [404, 'text/plain', 'not here'],
  },
  'Readable.fromWeb and pipeline, into a file': {
    run: async (fetch, origin) => {
      const folder = await mkdtemp(join(tmpdir(), 'trunkline-ecosystem-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      const file = join(folder, 'download')
      const response = await fetch(`${origin}/bytes/${SIZE}`)
      await pipeline(Readable.fromWeb(response.body as NodeWebStream), createWriteStream(file))
      return (await readFile(file)).equals(deterministicBytes(SIZE))
    },
    result: true,
  },
  'pipeline with the web stream itself': {
    run: async (fetch, origin) => {
      const body = bodyOf(await fetch(`${origin}/stream/1000`))
      let size = 0
      await pipeline(body, async (source: AsyncIterable<Uint8Array>) => {
        size = await sizeOf(source)
      })
      return size
    },
    result: 1000,
  },
  'the consumers of node:stream': {
    run: async (fetch, origin) => text(bodyOf(await fetch(`${origin}/missing`)) as NodeWebStream),
    result: 'not here',
  },
  'for await, whose chunks are Uint8Arrays that own their buffers': {
    run: async (fetch, origin) => {
      let size = 0
      const kinds = new Set<string>()
      for await (const chunk of bodyOf(await fetch(`${origin}/bytes/${SIZE}`))) {
        size += chunk.length
        kinds.add(`${chunk.constructor.name} ${chunk.byteOffset} ${chunk.length === chunk.buffer.byteLength}`)
      }
      return [size, ...kinds]
    },
    result: [SIZE, 'Uint8Array 0 true'],
  },
  'for await that is left early': {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/stream/${SIZE}`)
      for await (const _ of bodyOf(response)) break
      return [response.bodyUsed, response.body?.locked]
    },
    result: [true, false],
  },
  'a reader, and one with a buffer of its own': {
    run: async (fetch, origin) => {
      const reader = bodyOf(await fetch(`${origin}/missing`)).getReader()
      const first = await reader.read()
      const end = await reader.read()
      const byob = bodyOf(await fetch(`${origin}/bytes/10`)).getReader({ mode: 'byob' })
      const { value } = await byob.read(new Uint8Array(4))
      await byob.cancel()
      return [new TextDecoder().decode(first.value), end.done, value?.length]
    },
    result: ['not here', true, 4],
  },
  tee: {
    run: async (fetch, origin) => {
      const [left, right] = bodyOf(await fetch(`${origin}/bytes/${SIZE}`)).tee()
      return Promise.all([sizeOf(left), sizeOf(right)])
    },
    result: [SIZE, SIZE],
  },
  'pipeThrough a DecompressionStream': {
    run: async (fetch, origin) => {
      const unzip = new DecompressionStream('gzip')
      return new Response(bodyOf(await fetch(`${origin}/archive`)).pipeThrough(unzip)).text()
    },
    result: codedText,
  },
  'pipeThrough a TextDecoderStream, and pipeTo': {
    run: async (fetch, origin) => {
      let written = ''
      const sink = new WritableStream<string>({
        write: (chunk) => {
          written += chunk
        },
      })
      await bodyOf(await fetch(`${origin}/missing`))
        .pipeThrough(new TextDecoderStream())
        .pipeTo(sink)
      return written
    },
    result: 'not here',
  },
  'clones, read side by side': {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/bytes/${SIZE}`)
      const clone = response.clone()
      const again = clone.clone()
      const sizes = await Promise.all(
        [response, clone, again].map(async (each) => (await each.bytes()).length),
      )
      return [...sizes, clone.url === response.url, clone.status, clone instanceof Response]
    },
    result: [SIZE, SIZE, SIZE, true, 200, true],
  },
  'json() after a clone was logged, as wrappers do': {
    run: async (fetch, origin) => {
      const wrapped: Fetch = async (...call) => {
        const response = await fetch(...call)
        await response.clone().text()
        return response
      }
      return (await wrapped(`${origin}/headers`)).json()
    },
    result: expect.objectContaining({ accept: '*/*' }),
  },
  cancel: {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/stream/1000000`)
      await response.body?.cancel('enough')
      return response.bodyUsed
    },
    result: true,
  },
  'its body, looked at after it was read': {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/missing`)
      await response.text()
      return [response.bodyUsed, response.body instanceof ReadableStream, response.body?.locked]
    },
    result: [true, true, true],
  },
  'reading twice, and cloning after reading': {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/missing`)
      await response.text()
      const twice = await rejection(response.text())
      const late = await rejection((async () => response.clone())())
      return [twice instanceof TypeError, late instanceof TypeError]
    },
    result: [true, true],
  },
  'a body that is half read': {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/stream/1000`)
      const reader = bodyOf(response).getReader()
      await reader.read()
      const seen = [response.bodyUsed, response.body?.locked]
      await reader.cancel()
      return [...seen, (await rejection(response.text())) instanceof TypeError]
    },
    result: [true, true, true],
  },
  'responses without a body': {
    run: async (fetch, origin) => {
      const none = await fetch(`${origin}/status/204`)
      const head = await fetch(`${origin}/bytes/10`, { method: 'HEAD' })
      const empty = await fetch(`${origin}/bytes/0`)
      const bodies = [none.body, head.body, empty.body instanceof ReadableStream]
      return [...bodies, await none.text(), await empty.text(), none.bodyUsed, empty.bodyUsed]
    },
    result: [null, null, true, '', '', false, true],
  },
  'headers by iteration, as an object, as a copy': {
    run: async (fetch, origin) => {
      const { headers } = await fetch(`${origin}/headers-out`)
      const { link, 'x-two': two } = Object.fromEntries(headers)
      const names = [...headers.keys()].filter((name) => name === 'set-cookie')
      return [link, two, names.length, new Headers(headers).getSetCookie(), headers instanceof Headers]
    },
    result: ['<a>; rel="next"', '1, 2', 2, ['a=1', 'b=2'], true],
  },
  'what it is: instanceof, tag, prototype, constructor': {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/missing`)
      const made = new (response.constructor as typeof Response)('made')
      return [
        response instanceof Response,
        Object.prototype.toString.call(response),
        response.constructor === Response,
        await made.text(),
        inspect(response).startsWith('Response {'),
      ]
    },
    result: [true, '[object Response]', true, 'made', true],
  },
  'members, enumerated': {
    run: async (fetch, origin) => {
      const response = await fetch(`${origin}/missing`)
      const names = new Set<string>()
      for (const name in response) names.add(name)
      const missing = Object.keys(Response.prototype).filter((name) => !names.has(name))
      return [missing, Object.keys(response), JSON.stringify(response)]
    },
    result: [[], [], '{}'],
  },
  'every member that the platform has': {
    run: async (fetch, origin) => {
      const outcomes = async (make: () => Promise<Response>) => {
        const found: Record<string, string> = {}
        for (const name of Object.getOwnPropertyNames(Response.prototype)) {
          found[name] = await outcomeOf(await make(), name)
        }
        return found
      }
      const ours = await outcomes(() => fetch(`${origin}/form`))
      const theirs = await outcomes(async () => new Response('a=1', { headers: { 'content-type': FORM } }))
      return Object.keys(theirs).filter((name) => ours[name] !== theirs[name])
    },
    result: [],
  },
  'members of their own on it, and methods replaced': {
    run: async (fetch, origin) => {
      const response = (await fetch(`${origin}/missing`)) as Response & { data?: number }
      response.data = 1
      Object.assign(response, { json: async () => 'replaced' })
      Object.defineProperty(response, 'url', { value: 'elsewhere' })
      return [Object.keys(response), await response.json(), response.url]
    },
    result: [['data', 'json'], 'replaced', 'elsewhere'],
  },
  'a Proxy around it that binds': {
    run: async (fetch, origin) => {
      const proxy = new Proxy(await fetch(`${origin}/missing`), {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
      return [proxy.status, await proxy.text()]
    },
    result: [404, 'not here'],
  },
  'blob, arrayBuffer, bytes and formData': {
    run: async (fetch, origin) => {
      const blob = await (await fetch(`${origin}/missing`)).blob()
      const buffer = await (await fetch(`${origin}/missing`)).arrayBuffer()
      const bytes = await (await fetch(`${origin}/missing`)).bytes()
      const form = await (await fetch(`${origin}/form`)).formData()
      return [blob.type, blob.size, buffer instanceof ArrayBuffer, bytes.constructor.name, [...form]]
    },
    result: ['text/plain', 8, true, 'Uint8Array', [['a', '1']]],
  },
  'WebAssembly.compileStreaming': {
    run: (fetch, origin) => {
      // Its types come with those of browsers.
      const { WebAssembly } = globalThis as unknown as {
        WebAssembly: { compileStreaming(response: Promise<Response>): Promise<object> }
      }
      return WebAssembly.compileStreaming(fetch(`${origin}/module.wasm`)).then(String)
    },
    result: '[object WebAssembly.Module]',
  },
  'an event stream, cut into lines': {
    run: async (fetch, origin) => {
      const chunks = bodyOf(await fetch(`${origin}/sse`)).pipeThrough(new TextDecoderStream())
      const whole = (await collect(chunks)).join('')
      return [...whole.matchAll(/^data: (.*)$/gm)].map(([, data]) => data)
    },
    result: ['{"count":1}', '{"count":2}', '{"count":3}'],
  },
}

const FORM = 'application/x-www-form-urlencoded;charset=UTF-8'

/** What looking at a member comes to, as a word. */
async function outcomeOf(response: Response, name: string): Promise<string> {
  if (name === 'constructor') return String(response.constructor === Response)
  try {
    const member: unknown = Reflect.get(response, name)
    if (typeof member !== 'function') return `a ${typeof member}`
    const result: unknown = await member.call(response)
    if (result instanceof Response) await result.text()
    if (result instanceof ReadableStream) await collect(result)
    return `makes ${Object.prototype.toString.call(result)}`
  } catch (error) {
    return `throws ${(error as Error).name}`
  } finally {
    if (!response.bodyUsed && !response.body?.locked) await response.text()
  }
}

const handler: RouteHandler = (request, response) => {
  switch (pathOf(request)) {
    case '/missing':
      response.writeHead(404, { 'content-type': 'text/plain' })
      return response.end('not here')
    case '/archive':
      response.writeHead(200, { 'content-type': 'application/gzip' })
      return response.end(gzipSync(codedText))
    case '/headers-out':
      response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-two': ['1', '2'], link: '<a>; rel="next"' })
      return response.end()
    case '/form':
      response.writeHead(200, { 'content-type': FORM })
      return response.end('a=1')
    case '/module.wasm':
      response.writeHead(200, { 'content-type': 'application/wasm' })
      return response.end(Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
    default:
      return defaultRoutes(request, response)
  }
}

const stand = new Stand()

describe.each(lanes)('a response of $name', (lane) => {
  for (const [name, { run, result }] of Object.entries(uses)) {
    laneTest(lane, name, async () => {
      const { fetch, origin } = await stand.open(lane, handler)
      expect(await run(fetch, origin)).toEqual(result)
    })
  }
})
