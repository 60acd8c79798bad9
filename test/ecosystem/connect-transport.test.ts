/** Connect, gRPC and gRPC-Web over our sessions, against the server of @connectrpc/connect-node. */
import { Code, ConnectError, createClient as createRpcClient } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { type Client, createClient, MemoryTlsSessionStore } from 'trunkline'
import { brotli, createTransport, gzip, type TransportOptions } from 'trunkline/connect'
import { afterEach, describe, expect, test } from 'vitest'
import { ensureCertificates } from '../support/certificates.ts'
import { Cleanup } from '../support/cleanup.ts'
import { type RouteHandler, startH1Server, startH2Server, type TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { collect } from './support/collect.ts'
import { Greeter, type GreeterLog, type Greeting, greeterRoutes, greeting } from './support/greeter.ts'
import { rejection } from './support/stand.ts'

const { ca } = await ensureCertificates()
const cleanup = new Cleanup()
afterEach(() => cleanup.run())

interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  readonly headers?: Record<string, string>
  readonly onHeader?: (headers: Headers) => void
  readonly onTrailer?: (trailers: Headers) => void
}

interface GreeterClient {
  greet(request: Greeting, options?: CallOptions): Promise<Greeting>
  count(request: Greeting, options?: CallOptions): AsyncIterable<Greeting>
  sum(requests: AsyncIterable<Greeting>, options?: CallOptions): Promise<Greeting>
  chat(requests: AsyncIterable<Greeting>, options?: CallOptions): AsyncIterable<Greeting>
}

interface Opened {
  readonly greeter: GreeterClient
  readonly log: GreeterLog
  readonly client: Client
  readonly server: TestServer
}

type Settings = Omit<TransportOptions, 'baseUrl'>

async function open(options: Settings, engine?: 'wire' | 'node', http1 = false): Promise<Opened> {
  const log: GreeterLog = { abandoned: 0, methods: [] }
  const handler = connectNodeAdapter({ routes: greeterRoutes(log) }) as RouteHandler
  const server = await (http1 ? startH1Server({ handler }) : startH2Server({ handler }))
  cleanup.add(() => server.close())
  const client = createClient({
    tls: { ca },
    tlsSessions: new MemoryTlsSessionStore(),
    ...(engine === undefined ? {} : { engine }),
  })
  cleanup.add(() => client.close({ timeout: 500 }))
  const transport = createTransport(client, { baseUrl: server.origin, ...options })
  const greeter = createRpcClient(Greeter, transport) as unknown as GreeterClient
  return { greeter, log, client, server }
}

async function* greetings(...texts: string[]): AsyncGenerator<Greeting> {
  for (const text of texts) yield greeting({ text, count: text.length })
}

const protocols = ['connect', 'grpc', 'grpc-web'] as const
const cases = protocols.flatMap((protocol) =>
  (['node', 'wire'] as const).map((engine) => ({ protocol, engine })),
)

describe.each(cases)('$protocol on the engine $engine', ({ protocol, engine }) => {
  test.each([true, false])('a call, with head and trailers; binary: %s', async (useBinaryFormat) => {
    const { greeter, client } = await open({ protocol, useBinaryFormat }, engine)
    const seen: (string | null)[] = []
    const call = (text: string) =>
      greeter.greet(greeting({ text, count: 1 }), {
        headers: { 'x-caller': 'me' },
        onHeader: (headers) => seen.push(headers.get('x-head')),
        onTrailer: (trailers) => seen.push(trailers.get('x-tail')),
      })
    expect(await call('Ada ☃')).toMatchObject({ text: 'Hello Ada ☃', count: 2 })
    expect(seen).toEqual(['me', 'there'])
    await Promise.all(Array.from({ length: 50 }, (_, index) => call(`number ${index}`)))
    expect(client.stats()).toMatchObject({ requests: 51, failed: 0, dials: 1, connections: 1 })
  })

  test('a stream of the server, and what trails it', async () => {
    const { greeter } = await open({ protocol }, engine)
    let trailer: string | null = null
    const stream = greeter.count(greeting({ count: 500 }), {
      onTrailer: (trailers) => {
        trailer = trailers.get('x-tail')
      },
    })
    const counts = (await collect(stream)).map(({ count }) => count)
    expect(counts).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
    expect(trailer).toBe('there')
  })

  test('a stream of ours', async () => {
    const { greeter } = await open({ protocol }, engine)
    expect((await greeter.sum(greetings('a', 'bb', 'ccc'))).count).toBe(6)
    expect((await greeter.sum(greetings())).count).toBe(0)
  })

  test('both ways at once: each message is answered before the next is sent', async () => {
    const { greeter } = await open({ protocol }, engine)
    const heard: string[] = []
    let onHeard = () => {}
    async function* talk() {
      for (const text of ['one', 'two']) {
        const answered = new Promise<void>((resolve) => {
          onHeard = resolve
        })
        yield greeting({ text })
        await answered
      }
    }
    for await (const { text } of greeter.chat(talk())) {
      heard.push(text)
      onHeard()
    }
    expect(heard).toEqual(['you said one', 'you said two'])
  })

  test('an error, with its code and metadata', async () => {
    const { greeter } = await open({ protocol }, engine)
    const error = await rejection(greeter.greet(greeting({ text: 'refuse' })))
    expect(error).toBeInstanceOf(ConnectError)
    expect(error).toMatchObject({ code: Code.InvalidArgument, rawMessage: 'not like that' })
    expect(error.metadata.get('x-detail')).toBe('why')
  })

  test('an error in the middle of a stream', async () => {
    const { greeter } = await open({ protocol }, engine)
    const counts: number[] = []
    const read = async () => {
      for await (const { count } of greeter.count(greeting({ text: 'fail', count: 9 }))) counts.push(count)
    }
    expect(await rejection(read())).toMatchObject({ code: Code.ResourceExhausted, rawMessage: 'enough' })
    expect(counts).toEqual([1, 2])
  })

  test('deadlines: of a call, and of a stream', async () => {
    const { greeter, client } = await open({ protocol }, engine)
    const late = { code: Code.DeadlineExceeded }
    expect(await rejection(greeter.greet(greeting({ text: 'slow' }), { timeoutMs: 50 }))).toMatchObject(late)
    expect(await rejection(collect(greeter.count(greeting({}), { timeoutMs: 50 })))).toMatchObject(late)
    await waitFor(() => client.stats().active === 0)
  })

  test('a stream that is aborted: the server is told', async () => {
    const { greeter, log, client } = await open({ protocol }, engine)
    const controller = new AbortController()
    const read = async () => {
      for await (const { count } of greeter.count(greeting({}), { signal: controller.signal }))
        if (count === 20) controller.abort()
    }
    expect(await rejection(read())).toMatchObject({ code: Code.Canceled })
    await waitFor(() => log.abandoned === 1, { message: 'the server to see that nobody reads' })
    await waitFor(() => client.stats().active === 0)
  })

  test.each([gzip, brotli])('compressed both ways with $name', async (compression) => {
    const settings = {
      protocol,
      sendCompression: compression,
      compressMinBytes: 0,
      acceptCompression: [compression],
    }
    const { greeter, client } = await open(settings, engine)
    const text = 'again and '.repeat(20_000)
    expect((await greeter.greet(greeting({ text }))).text).toBe(`Hello ${text}`)
    expect((await greeter.sum(greetings(text, text))).count).toBe(2 * text.length)
    const { bytesSent = 0, bytesReceived = 0 } = client.stats().origins[0]?.connections[0] ?? {}
    expect(bytesSent).toBeLessThan(20_000)
    expect(bytesReceived).toBeLessThan(20_000)
  })

  test('a message above readMaxBytes is given up, compressed or not', async () => {
    const { greeter } = await open({ protocol, readMaxBytes: 1000 }, engine)
    const error = await rejection(greeter.greet(greeting({ text: 'x'.repeat(100_000) })))
    expect(error).toMatchObject({ code: Code.ResourceExhausted })
  })

  test('a server that goes away in the middle, and one that is not there: Unavailable', async () => {
    const { greeter, server } = await open({ protocol }, engine)
    const read = async () => {
      for await (const { count } of greeter.count(greeting({}))) if (count === 10) server.resetConnections()
    }
    const lost = await rejection(read())
    expect(lost).toMatchObject({ name: 'ConnectError', code: Code.Unavailable })
    expect(lost.cause).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST' })
    await server.close()
    const refused = await rejection(greeter.greet(greeting({})))
    expect(refused).toMatchObject({ code: Code.Unavailable, cause: { code: 'ERR_TRUNKLINE_CONNECT_FAILED' } })
  })

  test('GOAWAY under load: no call is lost', async () => {
    const { greeter, server } = await open({ protocol }, engine)
    let calls = 0
    const lanes = Array.from({ length: 10 }, async () => {
      while (calls < 300) {
        calls += 1
        if (calls % 60 === 0) server.goAwayAll()
        expect((await greeter.greet(greeting({ text: 'Ada' }))).text).toBe('Hello Ada')
      }
    })
    await Promise.all(lanes)
    expect(server.counts.totalSessions).toBeGreaterThan(2)
  })
})

test('Connect over HTTP/1.1', async () => {
  const { greeter } = await open({ protocol: 'connect' }, undefined, true)
  expect((await greeter.greet(greeting({ text: 'Ada' }))).text).toBe('Hello Ada')
  expect(await collect(greeter.count(greeting({ count: 5 })))).toHaveLength(5)
})

test('gRPC over HTTP/1.1 says what it needs', async () => {
  const { greeter } = await open({ protocol: 'grpc' }, undefined, true)
  const error = await rejection(greeter.greet(greeting({ text: 'Ada' })))
  expect(error).toMatchObject({
    code: Code.Internal,
    rawMessage: expect.stringContaining('gRPC needs HTTP/2'),
  })
})

test('Connect by GET, where the method has no side effects', async () => {
  const { greeter, log } = await open({ useHttpGet: true })
  expect((await greeter.greet(greeting({ text: 'Ada' }))).text).toBe('Hello Ada')
  expect(log.methods).toEqual(['GET'])
})

test.each([
  [{ baseUrl: 'api.example.com' }, 'baseUrl'],
  [{ baseUrl: 'https://api.example.com', protocol: 'soap' }, 'protocol must be one of'],
  [{ baseUrl: 'https://api.example.com', httpVersion: '2' }, 'httpVersion is not an option'],
  [{ baseUrl: 'https://api.example.com', readMaxBytes: -1 }, 'a limit is not valid'],
])('bad input is refused by name: %j', (options, part) => {
  const make = () => createTransport({ request: null as never }, options as TransportOptions)
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }))
  expect(make).toThrow(part)
})
