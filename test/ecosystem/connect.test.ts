/** Connect for the web, against Connect for Node: unary calls, streams in envelopes, errors, deadlines. */

import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { describe, expect, test } from 'vitest'
import type { RouteHandler } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { collect } from './support/collect.ts'
import { Greeter, type GreeterLog, type Greeting, greeterRoutes, greeting } from './support/greeter.ts'
import { type Fetch, type Lane, lanes, rejection, Stand } from './support/stand.ts'

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
}

const stand = new Stand()
const transports = { Connect: createConnectTransport, 'gRPC-Web': createGrpcWebTransport } as const
const cases = lanes.flatMap((lane) =>
  (Object.keys(transports) as (keyof typeof transports)[]).map((kind) => ({ lane, kind, name: lane.name })),
)

interface Opened {
  readonly greeter: GreeterClient
  readonly log: GreeterLog
}

async function openGreeter(
  lane: Lane,
  transportTo: (origin: string, fetch: Fetch) => Transport,
): Promise<Opened> {
  const log: GreeterLog = { abandoned: 0, methods: [] }
  const handler = connectNodeAdapter({ routes: greeterRoutes(log) }) as RouteHandler
  const { fetch, origin } = await stand.open(lane, handler)
  return { greeter: clientOf(transportTo(origin, fetch)), log }
}

/** The descriptor is made at run time: its types are not known to the compiler. */
function clientOf(transport: Transport): GreeterClient {
  return createClient(Greeter, transport) as unknown as GreeterClient
}

describe.each(cases)('$kind over $name', ({ lane, kind }) => {
  const open = (useBinaryFormat = false) =>
    openGreeter(lane, (baseUrl, fetch) => transports[kind]({ baseUrl, fetch, useBinaryFormat }))

  test.each([true, false])('a call, binary: %s', async (useBinaryFormat) => {
    const { greeter } = await open(useBinaryFormat)
    const seen: (string | null)[] = []
    const answer = await greeter.greet(greeting({ text: 'Ada ☃', count: 1 }), {
      headers: { 'x-caller': 'me' },
      onHeader: (headers) => seen.push(headers.get('x-head')),
      onTrailer: (trailers) => seen.push(trailers.get('x-tail')),
    })
    expect(answer).toMatchObject({ text: 'Hello Ada ☃', count: 2 })
    expect(seen).toEqual(['me', 'there'])
  })

  test('a stream, and what trails it', async () => {
    const { greeter } = await open()
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

  test('an error, with its code and metadata', async () => {
    const { greeter } = await open()
    const error = await rejection(greeter.greet(greeting({ text: 'refuse' })))
    expect(error).toBeInstanceOf(ConnectError)
    expect(error).toMatchObject({ code: Code.InvalidArgument, rawMessage: 'not like that' })
    expect(error.metadata.get('x-detail')).toBe('why')
  })

  test('an error in the middle of a stream', async () => {
    const { greeter } = await open()
    const counts: number[] = []
    const read = async () => {
      for await (const { count } of greeter.count(greeting({ text: 'fail', count: 9 }))) counts.push(count)
    }
    expect(await rejection(read())).toMatchObject({ code: Code.ResourceExhausted, rawMessage: 'enough' })
    expect(counts).toEqual([1, 2])
  })

  test('a deadline', async () => {
    const { greeter } = await open()
    const error = await rejection(greeter.greet(greeting({ text: 'slow' }), { timeoutMs: 50 }))
    expect(error).toMatchObject({ code: Code.DeadlineExceeded })
  })

  test('a stream that is aborted: the server is told', async () => {
    const { greeter, log } = await open()
    const controller = new AbortController()
    const read = async () => {
      for await (const { count } of greeter.count(greeting({}), { signal: controller.signal }))
        if (count === 20) controller.abort()
    }
    expect(await rejection(read())).toMatchObject({ code: Code.Canceled })
    await waitFor(() => log.abandoned === 1, { message: 'the server to see that nobody reads' })
  })
})

describe.each(lanes)('Connect over $name', (lane) => {
  test('a call by GET, where the method has no side effects', async () => {
    const { greeter, log } = await openGreeter(lane, (baseUrl, fetch) =>
      createConnectTransport({ baseUrl, fetch, useHttpGet: true }),
    )
    expect(await greeter.greet(greeting({ text: 'Ada' }))).toMatchObject({ text: 'Hello Ada' })
    expect(log.methods).toEqual(['GET'])
  })

  test('nobody there', async () => {
    const { fetch } = await stand.open(lane)
    const greeter = clientOf(createConnectTransport({ baseUrl: 'https://localhost:2', fetch }))
    const error = await rejection(greeter.greet(greeting({})))
    expect(error).toMatchObject({ name: 'ConnectError', rawMessage: 'fetch failed' })
    expect(error.cause).toBeInstanceOf(TypeError)
  })
})
