/**
 * The same random exchanges over node:http2 and over the engine of our own, against one scripted server: both see the
 * same responses and errors, and the server the same requests.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Engine } from '../../src/wire/contract.ts'
import { createHttp2Engine } from '../../src/wire/http2/engine.ts'
import { createNodeHttp2Engine } from '../../src/wire/node-http2/engine.ts'
import type { Recording } from '../conformance/recording.ts'
import { Wire } from '../conformance/wire.ts'
import type { ErrorCodeName } from '../support/frame-types.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawRequest } from '../support/raw-request.ts'
import { waitFor } from '../support/wait-for.ts'
import { patience, runs } from './runs.ts'

/**
 * How a response ends. `reset` comes before the head, `cut` within the body; `abort` is the caller's. NO_ERROR is not
 * among the codes: node:http2 takes it for the end.
 */
type Ending =
  | { readonly kind: 'end' | 'trailers' }
  | { readonly kind: 'reset' | 'cut' | 'abort'; readonly code: ErrorCodeName }

interface Exchange {
  readonly method: string
  readonly headers: readonly string[]
  /** Sizes of the pieces of the request body, bytes; null: no body. */
  readonly upload: readonly number[] | null
  readonly uploadTrailers: boolean
  readonly interims: readonly number[]
  readonly status: number
  readonly fields: readonly string[]
  readonly announceLength: boolean
  readonly body: number
  readonly chunkSize: number
  readonly padding: number
  /** The caller pauses at the head until the next turns of the event loop. */
  readonly pauses: boolean
  readonly ending: Ending
}

interface Plan {
  readonly exchanges: readonly Exchange[]
  readonly initialWindow: number
  readonly maxFrameSize: number
  readonly headerTableSize: number
  /** `exclude`: GOAWAY that leaves the last request out. `include`: one that leaves none out. `lose`: the socket ends. */
  readonly finale: 'none' | 'exclude' | 'include' | 'lose'
}

const CODES = ['PROTOCOL_ERROR', 'INTERNAL_ERROR', 'REFUSED_STREAM', 'CANCEL', 'ENHANCE_YOUR_CALM'] as const

const name = fc.stringMatching(/^x-[a-z0-9-]{1,20}$/)
const value = fc.oneof(
  fc.stringMatching(/^[!-~]([ -~]{0,50}[!-~])?$/),
  fc.constant(''),
  fc.constant('v'.repeat(3000)),
)
const field = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(name, value) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('cookie'),
      fc.stringMatching(/^[a-z]=[a-z0-9]{1,40}(; [a-z]=[a-z0-9]{1,9}){0,3}$/),
    ),
  },
)
const list = (one: fc.Arbitrary<readonly [string, string]>) =>
  fc.array(one, { maxLength: 8 }).map((all) => all.flat())

const ending: fc.Arbitrary<Ending> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Ending>({ kind: 'end' }, { kind: 'trailers' }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('reset', 'cut', 'abort'), code: fc.constantFrom(...CODES) }),
  },
)

const exchange: fc.Arbitrary<Exchange> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY', 'x-own'),
  // Once at most: node:http2 refuses a second one, as with other fields that may stand only once.
  headers: fc
    .tuple(list(field), fc.boolean())
    .map(([all, secret]) => (secret ? [...all, 'authorization', 'Bearer abc'] : all)),
  upload: fc.option(fc.array(fc.oneof(fc.nat(100), fc.nat(70_000)), { maxLength: 4 })),
  uploadTrailers: fc.boolean(),
  interims: fc.array(fc.constantFrom(100, 102, 103), { maxLength: 3 }),
  status: fc.constantFrom(200, 201, 204, 206, 301, 304, 404, 418, 500, 503, 599),
  fields: list(fc.tuple(name, value)),
  announceLength: fc.boolean(),
  body: fc.oneof(fc.constant(0), fc.nat(100), fc.nat(150_000)),
  chunkSize: fc.integer({ min: 1000, max: 16_384 }),
  padding: fc.constantFrom(0, 0, 0, 7, 255),
  pauses: fc.boolean(),
  ending,
})

const plan: fc.Arbitrary<Plan> = fc.record({
  exchanges: fc.array(exchange, { minLength: 1, maxLength: 5 }),
  initialWindow: fc.constantFrom(65_535, 300, 1000, 16_384, 1_000_000),
  maxFrameSize: fc.constantFrom(16_384, 20_000, 1_000_000),
  headerTableSize: fc.constantFrom(4096, 0, 100, 65_536),
  finale: fc.constantFrom('none', 'none', 'exclude', 'include', 'lose'),
})

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31) >> 3
  return bytes
}

/** A response to it has no body, whatever the plan says. */
function bodyOf({ status, body }: Exchange): Buffer {
  return pattern(status === 204 || status === 304 ? 0 : body)
}

// The server's part

async function answer(connection: RawConnection, request: RawRequest, script: Exchange): Promise<void> {
  const { streamId } = request
  if (script.ending.kind === 'reset') return connection.sendReset(streamId, script.ending.code)
  for (const status of script.interims)
    connection.sendHeaders(streamId, [':status', String(status), 'link', '</a>'])
  const body = bodyOf(script)
  const length = script.announceLength && script.status !== 204 ? ['content-length', String(body.length)] : []
  connection.sendHeaders(streamId, [':status', String(script.status), ...length, ...script.fields])
  const how = { chunkSize: script.chunkSize - script.padding - 1, padding: script.padding, endStream: false }
  if (script.ending.kind === 'cut') {
    await connection.sendBody(streamId, body.subarray(0, body.length >> 1), how)
    // What came before the reset is with the caller.
    await connection.barrier()
    connection.sendReset(streamId, script.ending.code)
    return
  }
  if (script.ending.kind === 'abort') return void (await connection.expect('RST_STREAM', streamId))
  if (script.ending.kind === 'trailers') {
    await connection.sendBody(streamId, body, how)
    connection.sendHeaders(streamId, ['x-sum', '1', 'x-other', ''], { endStream: true })
  } else await connection.sendBody(streamId, body, { ...how, endStream: true })
}

/** What the server saw of a request. */
function seen(request: RawRequest, body: Buffer | null): object {
  return {
    streamId: request.streamId,
    // Each peer has a port of its own.
    headers: request.headerList.map((text) => (text === request.authority ? 'authority' : text)),
    bytes: body?.length,
    isRight: body?.equals(pattern(body.length)),
    trailers: request.trailers,
  }
}

async function serve(connection: RawConnection, { exchanges, finale, ...limits }: Plan): Promise<object[]> {
  const requests: RawRequest[] = []
  for (const _ of exchanges) requests.push(await connection.expectRequest())
  const last = requests.at(-1) as RawRequest
  if (finale === 'exclude')
    connection.sendGoAway({ lastStreamId: Math.max(0, last.streamId - 2), code: 'NO_ERROR' })
  if (finale === 'include') connection.sendGoAway({ lastStreamId: last.streamId, code: 'NO_ERROR' })
  const all: object[] = []
  for (const [at, request] of requests.entries()) {
    const isLast = request === last
    if (isLast && finale === 'exclude') break
    const body = await request.body()
    all.push(seen(request, body))
    if (isLast && finale === 'lose') {
      await connection.barrier()
      connection.fin()
      break
    }
    await answer(connection, request, exchanges[at] as Exchange)
  }
  expect(connection.violations, JSON.stringify(limits)).toEqual([])
  return all
}

// The client's part

function start(wire: Wire, script: Exchange, index: number): Recording {
  const { upload, uploadTrailers } = script
  const shape = upload === null ? 'none' : uploadTrailers ? 'data-and-trailers' : 'data'
  const parts = { method: script.method, path: `/${index}`, headers: script.headers, body: shape } as const
  const recording = wire.open(parts, {
    onHeaders: ({ exchange }) => {
      if (script.ending.kind === 'abort') return abort(recording)
      // What a reader who paused has of a body that is cut depends on who comes first.
      if (!script.pauses || script.ending.kind === 'cut') return
      exchange.pause()
      setTimeout(() => exchange.resume(), 5)
    },
  })
  if (upload === null) return recording
  const bytes = pattern(upload.reduce((sum, size) => sum + size, 0))
  let at = 0
  for (const size of upload) {
    recording.exchange.write(bytes.subarray(at, at + size))
    at += size
  }
  recording.exchange.end(uploadTrailers ? ['x-up', '1'] : undefined)
  return recording
}

function abort(recording: Recording): void {
  recording.reset(8)
}

/** What the caller saw of a response. */
function outcome(recording: Recording): object {
  const { status, headers, informational, trailers, error, body, calls } = recording
  return {
    status,
    headers,
    informational,
    trailers,
    bytes: body.length,
    isRight: body.equals(pattern(body.length)),
    ended: calls.at(-1),
    error: error && {
      name: error.name,
      code: error.code,
      processed: error.processed,
      phase: error.phase,
      http2Code: error.http2Code,
    },
  }
}

/** Plays the plan over one engine: all that can be seen of it on both sides. */
async function play(engine: Engine, script: Plan): Promise<object> {
  const peer = await RawPeer.listen({ tls: false, timeout: 10_000 })
  try {
    const accepted = peer.nextConnection()
    const dialled = Wire.connect(engine, peer.origin)
    const connection = await accepted
    await connection.preface({
      settings: {
        INITIAL_WINDOW_SIZE: script.initialWindow,
        MAX_FRAME_SIZE: script.maxFrameSize,
        HEADER_TABLE_SIZE: script.headerTableSize,
      },
    })
    const wire = await dialled
    const recordings = script.exchanges.map((one, at) => start(wire, one, at))
    const requests = await serve(connection, script)
    await waitFor(() => recordings.every((one) => one.isOver), {
      message: 'every exchange to settle',
      timeout: 5000,
    })
    const responses = recordings.map(outcome)
    await wire.verify()
    return { requests, responses }
  } finally {
    await peer.close()
  }
}

test('node:http2 and the wire engine tell the same', { timeout: patience(60_000, 200) }, async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (script) => {
      const [node, wire] = [
        await play(createNodeHttp2Engine(), script),
        await play(createHttp2Engine(), script),
      ]
      expect(wire).toEqual(node)
    }),
    runs(40),
  )
})
