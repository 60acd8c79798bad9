/** Each fault of the chaos server, as node:http2 sees it: it does what it says, on the connections it says. */
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, test } from 'vitest'
import { ChaosServer, type ChaosServerOptions, type Fault } from '../../src/testing/index.ts'
import { ensureCertificates } from '../support/certificates.ts'
import { Cleanup } from '../support/cleanup.ts'
import { waitFor } from '../support/wait-for.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const { ca, localhost } = await ensureCertificates()
const { cert, key } = localhost
const text = 'All that can go wrong, will.\n'

async function chaos(fault: Fault | readonly Fault[], options: Partial<ChaosServerOptions> = {}) {
  const faults: readonly Fault[] = 'kind' in fault ? [fault] : fault
  return cleanup.add(await ChaosServer.listen({ cert, key, faults, ...options }))
}

function session(server: ChaosServer): ClientHttp2Session {
  const client = connect(server.origin, { ca })
  client.on('error', () => {})
  cleanup.add(() => client.destroy())
  return client
}

interface Course {
  status?: number
  body: string
  /** Node's name of the code in RST_STREAM or GOAWAY. */
  code: string | undefined
  chunks: number
}

/** The whole course of one request; `done` resolves when its stream closed. */
function send(client: ClientHttp2Session, body?: string): Course & { readonly done: Promise<Course> } {
  const stream = client.request({ ':method': body === undefined ? 'GET' : 'POST' })
  const course: Course = { body: '', code: undefined, chunks: 0 }
  stream.on('response', (headers: IncomingHttpHeaders & { ':status'?: number }) => {
    course.status = headers[':status'] ?? 0
  })
  stream.on('data', (chunk: Buffer) => {
    course.body += chunk
    course.chunks += 1
  })
  stream.on('error', () => {})
  const done = new Promise<Course>((resolve) => {
    stream.once('close', () => {
      const names = Object.entries(constants).filter(([name]) => /^NGHTTP2_[A-Z_0-9]+$/.test(name))
      const codes = names.filter(([name]) => errorNames.has(name.slice('NGHTTP2_'.length)))
      course.code = codes.find(([, value]) => value === stream.rstCode)?.[0].slice('NGHTTP2_'.length)
      resolve(course)
    })
  })
  stream.end(body)
  return Object.assign(course, { done })
}

const errorNames = new Set([
  'NO_ERROR',
  'INTERNAL_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'ENHANCE_YOUR_CALM',
  'HTTP_1_1_REQUIRED',
])

const good = { status: 200, body: text, code: 'NO_ERROR' }

test('without a fault, it answers', async () => {
  const server = await chaos([])
  expect(await send(session(server)).done).toMatchObject(good)
  expect(server.counts).toMatchObject({ requests: 1, processed: 1, http2Connections: 1, tlsHandshakes: 1 })
})

test('it answers with what it is told to, and hands over the request', async () => {
  const server = await chaos([], {
    respond: ({ method, path, body, protocol, connection }) => ({
      status: 203,
      body: [method, path, body, protocol, connection].join(' '),
    }),
  })
  expect(await send(session(server), 'sent').done).toMatchObject({ status: 203, body: 'POST / sent h2 0' })
})

describe('goaway', () => {
  test('answers the streams below, refuses those from there on, and ends the connection', async () => {
    const server = await chaos({ kind: 'goaway', atStream: 5 })
    const client = session(server)
    const lastIds: number[] = []
    client.on('goaway', (_code, lastStreamId) => lastIds.push(lastStreamId))
    const courses = await Promise.all([send(client).done, send(client).done, send(client).done])
    expect(courses).toMatchObject([good, good, { body: '', code: 'REFUSED_STREAM' }])
    await waitFor(() => client.destroyed)
    expect(lastIds).toEqual([3])
    expect(server.counts).toMatchObject({ requests: 3, processed: 2, faults: { goaway: 1 } })
  })

  test('carries the code it is given', async () => {
    const server = await chaos({ kind: 'goaway', atStream: 1, code: 'ENHANCE_YOUR_CALM' })
    const client = session(server)
    const codes: number[] = []
    client.on('goaway', (code) => codes.push(code))
    await send(client).done
    expect(codes).toEqual([constants.NGHTTP2_ENHANCE_YOUR_CALM])
  })
})

test('refuse: the requests it names, and no other', async () => {
  const server = await chaos({ kind: 'refuse', every: 2, first: 4 })
  const client = session(server)
  const courses = await Promise.all(Array.from({ length: 6 }, () => send(client).done))
  const refused = { body: '', code: 'REFUSED_STREAM' }
  expect(courses).toMatchObject([good, refused, good, refused, good, good])
  expect(server.counts).toMatchObject({ requests: 6, processed: 4, faults: { refuse: 2 } })
})

test('black-hole: after so many requests there is silence, and the connection stays open', async () => {
  const server = await chaos({ kind: 'black-hole', after: 1 })
  const client = session(server)
  expect(await send(client).done).toMatchObject(good)
  const lost = send(client)
  await waitFor(() => server.counts.faults['black-hole'] === 1)
  let pong = false
  client.ping(() => {
    pong = true
  })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(lost).toMatchObject({ body: '', chunks: 0 })
  expect(pong).toBe(false)
  expect(client.destroyed).toBe(false)
  expect(server.counts).toMatchObject({ requests: 2, processed: 1, openConnections: 1 })
})

test('tiny-windows: a body comes in pieces no larger than that', async () => {
  const server = await chaos(
    { kind: 'tiny-windows', size: 10 },
    { respond: ({ body }) => ({ body: String(body.length) }) },
  )
  const client = session(server)
  await new Promise((resolve) => client.once('remoteSettings', resolve))
  expect(client.remoteSettings.initialWindowSize).toBe(10)
  expect(await send(client, 'x'.repeat(105)).done).toMatchObject({ status: 200, body: '105' })
})

test('max-streams: none for a while, then as many as it says', async () => {
  const server = await chaos({ kind: 'max-streams', ms: 150, streams: 7 })
  const client = session(server)
  const seen: (number | undefined)[] = []
  client.on('remoteSettings', ({ maxConcurrentStreams }) => seen.push(maxConcurrentStreams))
  await waitFor(() => seen.length === 1)
  await waitFor(() => seen.length === 2)
  expect(seen).toEqual([0, 7])
  expect(await send(client).done).toMatchObject(good)
})

test('max-streams: a request that did not wait is refused', async () => {
  const server = await chaos({ kind: 'max-streams', ms: 500 })
  expect(await send(session(server)).done).toMatchObject({ body: '', code: 'REFUSED_STREAM' })
  expect(server.counts).toMatchObject({ requests: 1, processed: 0, faults: { 'max-streams': 1 } })
})

test('late-settings: not a byte before, and what waited is answered after', async () => {
  const server = await chaos({ kind: 'late-settings', ms: 200 })
  const client = session(server)
  await new Promise((resolve) => client.once('connect', resolve))
  const started = performance.now()
  const course = send(client)
  await new Promise((resolve) => client.once('remoteSettings', resolve))
  expect(performance.now() - started).toBeGreaterThan(100)
  expect(await course.done).toMatchObject(good)
})

test('misdirected: 421', async () => {
  const server = await chaos({ kind: 'misdirected', first: 1 })
  const client = session(server)
  expect(await send(client, 'body').done).toMatchObject({ status: 421, body: '' })
  expect(await send(client).done).toMatchObject(good)
  expect(server.counts).toMatchObject({ requests: 2, processed: 1, faults: { misdirected: 1 } })
})

test('http-1.1-required: as RST_STREAM', async () => {
  const server = await chaos({ kind: 'http-1.1-required' })
  expect(await send(session(server)).done).toMatchObject({ body: '', code: 'HTTP_1_1_REQUIRED' })
})

test('reset-mid-body: half of it, or as much as it says, then RST_STREAM', async () => {
  const half = await chaos({ kind: 'reset-mid-body' })
  const halfBody = text.slice(0, Math.floor(text.length / 2))
  expect(await send(session(half)).done).toMatchObject({
    status: 200,
    body: halfBody,
    code: 'INTERNAL_ERROR',
  })
  const some = await chaos({ kind: 'reset-mid-body', afterBytes: 3, code: 'CANCEL' })
  expect(await send(session(some)).done).toMatchObject({ status: 200, body: 'All', code: 'CANCEL' })
})

test('cut-mid-body: what was sent arrives, then the connection is reset', async () => {
  const server = await chaos({ kind: 'cut-mid-body', afterBytes: 3 })
  const client = session(server)
  expect(await send(client).done).toMatchObject({ status: 200, body: 'All' })
  await waitFor(() => client.destroyed)
  await waitFor(() => server.counts.openConnections === 0)
})

test('slow-drip: in pieces, one after the other', async () => {
  const server = await chaos({ kind: 'slow-drip', chunk: 10, ms: 50 })
  const started = performance.now()
  const course = await send(session(server)).done
  expect(course).toMatchObject({ ...good, chunks: 3 })
  expect(performance.now() - started).toBeGreaterThan(80)
})

describe('connections', () => {
  const fault: Fault = { kind: 'refuse' }
  const refused = { code: 'REFUSED_STREAM' }

  test.each([
    ['the first one suffers by default', {}, [refused, good, good]],
    ['as many as it says', { connections: 2 }, [refused, refused, good]],
    ['every one', { connections: Number.POSITIVE_INFINITY }, [refused, refused, refused]],
  ])('%s', async (_name, options, expected) => {
    const server = await chaos(fault, options)
    const courses: Course[] = []
    for (const _ of expected) courses.push(await send(session(server)).done)
    expect(courses).toMatchObject(expected)
    expect(server.counts).toMatchObject({ tcpConnections: 3, requests: 3 })
  })
})

test('several faults at once: the first that wants a request takes it', async () => {
  const server = await chaos([
    { kind: 'tiny-windows' },
    { kind: 'refuse', first: 1 },
    { kind: 'misdirected', first: 2 },
  ])
  const client = session(server)
  const courses = await Promise.all([send(client).done, send(client).done, send(client).done])
  expect(courses).toMatchObject([{ code: 'REFUSED_STREAM' }, { status: 421 }, good])
})

test('over plain TCP', async () => {
  const server = await chaos({ kind: 'refuse', first: 1 }, { tls: false })
  const client = session(server)
  expect(await send(client).done).toMatchObject({ code: 'REFUSED_STREAM' })
  expect(await send(client).done).toMatchObject(good)
})

test('close() throws what the responder threw', async () => {
  const server = await ChaosServer.listen({
    cert,
    key,
    faults: [],
    respond() {
      throw new Error('no answer')
    },
  })
  const client = session(server)
  const course = send(client)
  await waitFor(() => server.counts.requests === 1)
  await new Promise((resolve) => setImmediate(resolve))
  await expect(server.close()).rejects.toThrow('no answer')
  await course.done
})
