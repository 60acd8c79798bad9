/**
 * What undici's own suite asks of a dispatcher, told anew: each entry names the file of its test folder whose matter it
 * is. `differs`: why a dispatcher over trunkline does something else; then it is an expected failure, and one that passes
 * after all is a failure of this list.
 */
import { EventEmitter } from 'node:events'
import { Readable, Writable } from 'node:stream'
import type { TrunklineDispatcher } from 'trunkline/undici'
import * as undici from 'undici'
import { expect } from 'vitest'
import { type RouteHandler, readBody } from '../../support/servers.ts'
import { waitFor } from '../../support/wait-for.ts'

export interface Scene {
  readonly dispatcher: TrunklineDispatcher
  readonly origin: string
  /** Requests that the server has seen. */
  readonly requests: () => number
}

export interface Behaviour {
  /** In undici's folder `test/`. */
  readonly file: string
  readonly what: string
  readonly handler?: RouteHandler
  readonly differs?: string
  run(scene: Scene): Promise<void>
}

type Options = Record<string, unknown>

/** A request whose handler writes down the calls it gets; resolves with them, the error last, if there is one. */
function heard(
  { dispatcher, origin }: Scene,
  options: Options,
  legacy: Record<string, (...args: never[]) => unknown> = {},
): Promise<unknown[]> {
  return new Promise((resolve) => {
    const calls: unknown[] = []
    const note = (name: string) => {
      calls.push(name)
    }
    const handler = {
      onConnect: () => note('connect'),
      onHeaders: (status: number) => note(`headers ${status}`),
      onData: () => note('data'),
      onComplete() {
        note('complete')
        resolve(calls)
      },
      onError(error: Error) {
        calls.push(error)
        resolve(calls)
      },
      ...legacy,
    }
    dispatcher.dispatch({ origin, path: '/', method: 'GET', ...options } as never, handler as never)
  })
}

const ask = ({ dispatcher, origin }: Scene, options: Options = {}) =>
  dispatcher.request({ origin, path: '/', method: 'GET', ...options } as never)

/** Answers with what it heard: method, headers and body. */
const echo: RouteHandler = async (request, response) => {
  const body = (await readBody(request)).toString()
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
}

interface Echoed {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const echoed = async (scene: Scene, options: Options): Promise<Echoed> =>
  (await ask(scene, options)).body.json() as Promise<Echoed>

const invalid = { code: 'UND_ERR_INVALID_ARG' }
const boom = new Error('boom')
const throwing = () => {
  throw boom
}

const dispatching: readonly Behaviour[] = [
  ...(['onConnect', 'onHeaders', 'onData', 'onComplete'] as const).map(
    (name): Behaviour => ({
      file: 'client-dispatch.js',
      what: `what ${name} throws comes to onError`,
      run: async (scene) => {
        const calls = await heard(scene, {}, { [name]: throwing })
        expect(calls.at(-1)).toBe(boom)
      },
    }),
  ),
  {
    file: 'client-dispatch.js',
    what: 'calls come in their order',
    handler: (_request, response) => void response.end('ad'),
    run: async (scene) =>
      expect(await heard(scene, {})).toEqual(['connect', 'headers 200', 'data', 'complete']),
  },
  ...['headersTimeout', 'bodyTimeout'].map(
    (name): Behaviour => ({
      file: 'client-dispatch.js',
      what: `${name} that is no number comes to onError`,
      run: async (scene) => expect((await heard(scene, { [name]: 'asd' })).at(-1)).toMatchObject(invalid),
    }),
  ),
  {
    file: 'client-dispatch.js',
    what: 'raw names and values are Buffers, trailers too',
    handler: (_request, response) => {
      response.addTrailers({ 'content-md5': 'test' })
      response.writeHead(200, { trailer: 'content-md5' })
      response.end('hello')
    },
    run: async (scene) => {
      let head: unknown[] = []
      let trailers: unknown[] = []
      await new Promise<void>((resolve, reject) => {
        const onHeaders = (_status: number, fields: unknown[]) => {
          head = fields
        }
        const onComplete = (fields: unknown[]) => {
          trailers = fields
          resolve()
        }
        heard(scene, {}, { onHeaders, onComplete, onError: reject } as never)
      })
      expect([...head, ...trailers].every((field) => Buffer.isBuffer(field))).toBe(true)
      expect(trailers.map(String)).toEqual(['content-md5', 'test'])
    },
  },
  ...[
    ['a string', () => 'hello 🚀', 10],
    ['a stream', () => Readable.from(['he', 'llo', 'world', '🚀']), 14],
    ['an async iterable', () => chunked(['he', 'llo', 'world', '🚀']), 14],
  ].map(
    ([kind, make, size]): Behaviour => ({
      file: 'client-dispatch.js',
      what: `onBodySent hears all of ${kind}, and onRequestSent once`,
      handler: echo,
      run: async (scene) => {
        let sent = 0
        let times = 0
        const onBodySent = (chunk: Uint8Array | string) => {
          sent += Buffer.byteLength(chunk as string)
        }
        const onRequestSent = () => {
          times += 1
        }
        const body = (make as () => unknown)()
        await heard(scene, { method: 'POST', body }, { onBodySent, onRequestSent } as never)
        expect([sent, times]).toEqual([size, 1])
      },
    }),
  ),
  ...(['onHeaders', 'onData', 'onComplete'] as const).map(
    (name): Behaviour => ({
      file: 'client-dispatch.js',
      what: `a handler of the old kind without ${name} hears of that in onError`,
      differs:
        'a handler that lacks a call is not called; undici 7 and 8 ask for none of them of new handlers either',
      run: async (scene) => {
        const failed = new Promise((resolve) =>
          heard(scene, {}, { [name]: undefined, onError: resolve } as never),
        )
        const quiet = new Promise((resolve) => setTimeout(resolve, 200, 'nothing'))
        expect(await Promise.race([failed, quiet])).toMatchObject(invalid)
      },
    }),
  ),
  {
    file: 'client-dispatch.js',
    what: 'CONNECT gives its socket to onUpgrade',
    differs: 'connections are shared, and none is handed over: NotSupportedError',
    run: async (scene) => {
      const calls = await heard(scene, { method: 'CONNECT' })
      expect(calls.at(-1)).not.toBeInstanceOf(Error)
    },
  },
]

async function* chunked(chunks: readonly string[]) {
  for (const chunk of chunks) yield chunk
}

const headerCases: readonly (readonly [string, unknown])[] = [
  ['a list with a bad value in it', { name: ['test\0'] }],
  ['a list with an object in it', { name: [{}] }],
  ['a bad value', { name: 'test\0' }],
  ['an object', { name: new Date() }],
]

const requesting: readonly Behaviour[] = [
  ...headerCases.map(
    ([kind, headers]): Behaviour => ({
      file: 'client-request.js',
      what: `a header that is ${kind} is refused`,
      run: async (scene) => {
        await expect(ask(scene, { headers })).rejects.toMatchObject(invalid)
        expect(scene.requests()).toBe(0)
      },
    }),
  ),
  ...(
    [
      [[null], ''],
      [['test'], 'test'],
      [['test', 'true'], 'test, true'],
      [['test', true], 'test, true'],
    ] as const
  ).map(
    ([given, wanted]): Behaviour => ({
      file: 'client-request.js',
      what: `a header given as ${JSON.stringify(given)} is sent as ${JSON.stringify(wanted)}`,
      handler: echo,
      run: async (scene) =>
        expect((await echoed(scene, { headers: { key: given } })).headers.key).toBe(wanted),
    }),
  ),
  {
    file: 'client-request.js',
    what: 'a header that is undefined is not sent',
    handler: echo,
    run: async (scene) =>
      expect((await echoed(scene, { headers: { foo: undefined, bar: 'bar' } })).headers).not.toHaveProperty(
        'foo',
      ),
  },
  {
    file: 'client-request.js',
    what: 'an abort before the headers, by an emitter, whose listeners are taken off again',
    handler: () => {},
    run: async (scene) => {
      const signal = new EventEmitter()
      const asked = ask(scene, { signal })
      expect(signal.listenerCount('abort')).toBe(1)
      setTimeout(() => signal.emit('abort'), 20)
      await expect(asked).rejects.toMatchObject({ code: 'UND_ERR_ABORTED' })
      expect(signal.listenerCount('abort')).toBe(0)
    },
  },
  {
    file: 'client-request.js',
    what: 'dump of a response that is large gives it up',
    handler: (_request, response) => {
      response.writeHead(200, { 'content-length': 999_999_999 })
      response.write(Buffer.alloc(100_000))
    },
    run: async (scene) => {
      const { body } = await ask(scene)
      await body.dump()
      expect(body.destroyed).toBe(true)
    },
  },
  {
    file: 'client-request.js',
    what: 'dump with a signal is aborted by it',
    handler: (_request, response) => void response.write('hello'),
    run: async (scene) => {
      const { body } = await ask(scene)
      const controller = new AbortController()
      const dumped = body.dump({ signal: controller.signal, limit: 1e9 })
      controller.abort()
      await expect(dumped).rejects.toMatchObject({ name: 'AbortError' })
      body.on('error', () => {}).destroy()
    },
  },
  {
    file: 'client-request.js',
    what: 'highWaterMark is that of the body',
    run: async (scene) => {
      const { body } = await ask(scene, { highWaterMark: 1000 })
      expect(body.readableHighWaterMark).toBe(1000)
      await body.dump()
    },
  },
  ...(['json', 'text', 'arrayBuffer', 'bytes'] as const).map(
    (way): Behaviour => ({
      file: 'client-request.js',
      what: `a long body of many-byte characters as ${way}`,
      handler: (_request, response) => void response.end(JSON.stringify({ asd: 'あ'.repeat(100_000) })),
      run: async (scene) => {
        const { body } = await ask(scene)
        const got = await body[way]()
        const text =
          typeof got === 'string' ? got : way === 'json' ? JSON.stringify(got) : Buffer.from(got as never)
        expect(JSON.parse(text.toString())).toEqual({ asd: 'あ'.repeat(100_000) })
      },
    }),
  ),
  {
    file: 'client-request.js',
    what: 'blob has the type of the response',
    handler: (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{}')
    },
    run: async (scene) => {
      const blob = await (await ask(scene)).body.blob()
      expect([await blob.text(), blob.type]).toEqual(['{}', 'application/json'])
    },
  },
  {
    file: 'client-request.js',
    what: 'formData of a response is not made',
    handler: (_request, response) => void response.end('hello'),
    run: async (scene) => {
      const { body } = await ask(scene)
      await expect(body.formData()).rejects.toBeInstanceOf(undici.errors.NotSupportedError)
      await body.dump()
    },
  },
  {
    file: 'client-request.js',
    what: 'a body is destroyed when the callback is none',
    run: async ({ dispatcher, origin }) => {
      const body = new Readable({ read() {} })
      expect(() => dispatcher.request({ origin, path: '/', method: 'GET', body }, null as never)).toThrow()
      expect(body.destroyed).toBe(true)
    },
  },
]

const errors: readonly Behaviour[] = [
  ...[
    ['a stream', () => failing()],
    ['an async iterable', () => failing()[Symbol.asyncIterator]()],
  ].map(
    ([kind, make]): Behaviour => ({
      file: 'client-errors.js',
      what: `a body that is ${kind} and fails ends its own request alone`,
      handler: async (request, response) => {
        await readBody(request).catch(() => {})
        response.end('hello')
      },
      run: async (scene) => {
        const body = (make as () => unknown)()
        const failed = ask(scene, { method: 'POST', body, headers: { 'content-length': '42' } })
        await expect(failed).rejects.toThrow('kaboom')
        expect(await (await ask(scene)).body.text()).toBe('hello')
      },
    }),
  ),
  {
    file: 'client-errors.js',
    what: 'a POST whose connection is lost fails',
    handler: (request, response) => {
      request.once('data', () => {
        if (response.stream === undefined) response.socket?.destroy()
        else response.stream.session?.destroy()
      })
    },
    run: async (scene) => {
      const body = new Readable({ read() {} }).on('error', () => {})
      body.push('asd')
      await expect(ask(scene, { method: 'POST', body })).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/),
      })
    },
  },
  {
    file: 'content-length.js',
    what: 'a body shorter than its content-length fails',
    handler: async (request, response) => {
      await readBody(request).catch(() => {})
      response.end()
    },
    run: async (scene) => {
      const headers = { 'content-length': '10' }
      await expect(ask(scene, { method: 'PUT', headers, body: 'asd' })).rejects.toMatchObject({
        code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
      })
      await expect(
        ask(scene, { method: 'PUT', headers, body: Readable.from(['asd']) }),
      ).rejects.toMatchObject({ code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' })
    },
  },
  {
    file: 'content-length.js',
    what: 'an empty stream may be sent',
    handler: echo,
    run: async (scene) => {
      const { method, body } = await echoed(scene, { method: 'PUT', body: Readable.from([]) })
      expect([method, body]).toEqual(['PUT', ''])
    },
  },
]

function failing(): Readable {
  return new Readable({
    read() {
      this.push('a string')
      this.destroy(new Error('kaboom'))
    },
  })
}

const closing: readonly Behaviour[] = [
  {
    file: 'close-and-destroy.js',
    what: 'close waits for what runs, and takes nothing more',
    handler: (_request, response) => void setTimeout(() => response.end('late'), 50),
    run: async (scene) => {
      const running = ask(scene).then(({ body }) => body.text())
      await waitFor(() => scene.requests() === 1)
      const closed = scene.dispatcher.close()
      await expect(ask(scene)).rejects.toBeInstanceOf(undici.errors.ClientClosedError)
      expect(await running).toBe('late')
      await closed
      await expect(ask(scene)).rejects.toBeInstanceOf(undici.errors.ClientDestroyedError)
    },
  },
  {
    file: 'close-and-destroy.js',
    what: 'destroy fails what runs, and may be called again',
    handler: () => {},
    run: async (scene) => {
      const running = expect(ask(scene)).rejects.toBeInstanceOf(undici.errors.ClientDestroyedError)
      await waitFor(() => scene.requests() === 1)
      await Promise.all([scene.dispatcher.destroy(), scene.dispatcher.destroy()])
      await running
    },
  },
  {
    file: 'close-and-destroy.js',
    what: 'close after destroy fails',
    run: async (scene) => {
      await scene.dispatcher.destroy()
      await expect(scene.dispatcher.close()).rejects.toBeInstanceOf(undici.errors.ClientDestroyedError)
    },
  },
]

const streaming: readonly Behaviour[] = [
  {
    file: 'client-stream.js',
    what: 'what the factory throws is the failure',
    run: async ({ dispatcher, origin }) => {
      await expect(dispatcher.stream({ origin, path: '/', method: 'GET' }, throwing)).rejects.toBe(boom)
    },
  },
  {
    file: 'client-stream.js',
    what: 'a factory that gives no writable is refused',
    run: async ({ dispatcher, origin }) => {
      const stream = dispatcher.stream({ origin, path: '/', method: 'GET' }, (() => ({})) as never)
      await expect(stream).rejects.toMatchObject({ code: 'UND_ERR_INVALID_RETURN_VALUE' })
    },
  },
  {
    file: 'client-stream.js',
    what: 'a sink that fails is the failure',
    handler: (_request, response) => void response.end('hello'),
    run: async ({ dispatcher, origin }) => {
      const sink = new Writable({ write: (_chunk, _encoding, done) => done(boom) })
      await expect(dispatcher.stream({ origin, path: '/', method: 'GET' }, () => sink)).rejects.toBe(boom)
    },
  },
  {
    file: 'client-pipeline.js',
    what: 'what the handler throws comes out of the pipeline',
    run: async ({ dispatcher, origin }) => {
      const through = dispatcher.pipeline({ origin, path: '/', method: 'GET' }, throwing)
      const failed = new Promise((resolve) => through.once('error', resolve))
      through.end()
      expect(await failed).toBe(boom)
    },
  },
  {
    file: 'client-upgrade.js',
    what: 'upgrade gives its socket',
    differs: 'connections are shared, and none is handed over: NotSupportedError',
    run: async ({ dispatcher, origin }) => {
      await dispatcher.upgrade({ origin, path: '/', protocol: 'websocket' } as never)
    },
  },
]

const intercepted: readonly Behaviour[] = [
  {
    file: 'interceptors/redirect.js',
    what: 'goes as far as it is told',
    run: async ({ dispatcher, origin }) => {
      const composed = dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 1 }))
      const { statusCode, body } = await undici.request(`${origin}/redirect/3`, { dispatcher: composed })
      await body.dump()
      expect(statusCode).toBe(302)
    },
  },
  {
    file: 'interceptors/dump-interceptor.js',
    what: 'a body beyond maxSize is an abort',
    run: async ({ dispatcher, origin }) => {
      const composed = dispatcher.compose(undici.interceptors.dump({ maxSize: 10 }))
      const asked = composed.request({ origin, path: '/bytes/100000', method: 'GET' })
      await expect(asked.then(({ body }) => body.text())).rejects.toMatchObject({ code: 'UND_ERR_ABORTED' })
    },
  },
  {
    file: 'interceptors/retry.js',
    what: 'a method that is not idempotent is not sent again',
    handler: (_request, response) => {
      response.writeHead(503)
      response.end()
    },
    run: async (scene) => {
      const composed = scene.dispatcher.compose(undici.interceptors.retry({ minTimeout: 1, maxRetries: 2 }))
      const asked = composed.request({ origin: scene.origin, path: '/', method: 'POST', body: 'x' })
      await asked.then(
        ({ body }) => body.dump(),
        () => {},
      )
      expect(scene.requests()).toBe(1)
    },
  },
]

export const behaviours: readonly Behaviour[] = [
  ...dispatching,
  ...requesting,
  ...errors,
  ...closing,
  ...streaming,
  ...intercepted,
]
