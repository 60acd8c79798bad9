import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { events } from '../../../../src/core/events.ts'
import {
  parseRecording,
  type Recorder,
  type RecordOptions,
  record,
} from '../../../../src/telemetry/inspect/index.ts'
import { API, tellFive } from '../../../inspect/support/stories.ts'
import { failure, publish, tellDial, tellRequest } from '../../../inspect/support/story.ts'
import { Cleanup } from '../../../support/cleanup.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

function recorder(options?: RecordOptions): Recorder {
  const one = record(options)
  cleanup.add(() => one.stop())
  return one
}

const plan = { origin: API, connectionId: 1, at: 10, waiting: 5, receiving: 2 }

test('keeps requests with attempts, streams and waits, and what happened to connections', () => {
  const one = recorder()
  tellFive(1000)
  const recording = one.recording()
  expect(recording.requests.map(({ id }) => id)).toEqual([1, 2, 4, 3, 5])
  const [first] = recording.requests
  expect(first).toMatchObject({
    start: 1000,
    end: 1045,
    headersAt: 1039,
    status: 200,
    bytesReceived: 1200,
    error: null,
  })
  expect(first?.attempts).toMatchObject([
    {
      number: 1,
      waits: [{ start: 1000, end: 1015, connectionId: 1 }],
      streams: [{ streamId: 1, headersAt: 1039 }],
    },
  ])
  expect(recording.requests[3]).toMatchObject({
    attempts: [
      { number: 1, status: 503 },
      { number: 2, status: 200 },
    ],
    retries: [{ attempt: 2, delay: 25, status: 503 }],
  })
  expect(recording.requests[4]).toMatchObject({ status: null, error: { code: 'ERR_TRUNKLINE_STREAM_RESET' } })
  expect(recording.connections).toMatchObject([
    { id: 1, protocol: 'h2', end: 1145, draining: { at: 1132, reason: 'goaway' }, requests: 4 },
    { id: 2, protocol: 'http/1.1', end: null, tls: { version: 'TLSv1.3', resumed: true } },
  ])
  expect(recording.dials[0]).toMatchObject({
    connectionId: 1,
    dns: [{ start: 1000, end: 1002 }],
    connects: [{ start: 1002, end: 1005 }],
    tls: [{ start: 1005, end: 1015, tlsVersion: 'TLSv1.3' }],
  })
  expect(recording.stalls).toMatchObject([{ streamId: 3, direction: 'in', start: 1080, end: 1112 }])
  expect(recording.goAways).toMatchObject([{ http2Code: 0, debug: 'deploy' }])
  expect(recording.pings).toMatchObject([{ roundTrip: 0.8 }])
})

test('a recording is a copy: what goes on does not change it', () => {
  const one = recorder()
  publish('request:start', {
    requestId: 1,
    clientId: 1,
    correlationId: 'c',
    at: 1,
    method: 'GET',
    url: API,
    origin: API,
    headers: [],
  })
  const before = one.recording()
  tellRequest({ ...plan, id: 2 })
  expect(before.requests).toHaveLength(1)
  expect(before.requests[0]).toMatchObject({ end: null, correlationId: 'c' })
})

test('hears nothing before it begins and after it was stopped, and leaves no subscriber behind', () => {
  tellRequest({ ...plan, id: 1 })
  const one = record()
  tellRequest({ ...plan, id: 2 })
  one.stop()
  one.stop()
  tellRequest({ ...plan, id: 3 })
  expect(one.recording().requests.map(({ id }) => id)).toEqual([2])
  expect(Object.values(events).filter((channel) => channel.hasSubscribers)).toEqual([])
  const { until } = one.recording()
  expect(one.recording().until).toBe(until)
})

test('`using` stops it', () => {
  {
    using one = record()
    expect(one.recording().requests).toEqual([])
    expect(events['request:start'].hasSubscribers).toBe(true)
  }
  expect(events['request:start'].hasSubscribers).toBe(false)
})

describe('within limits', () => {
  test('forgets those that ended first, keeps those that hang, and counts', () => {
    const one = recorder({ limit: 3 })
    publish('request:start', {
      requestId: 99,
      clientId: 1,
      correlationId: null,
      at: 0,
      method: 'GET',
      url: API,
      origin: API,
      headers: [],
    })
    for (let id = 1; id <= 10; id += 1) tellRequest({ ...plan, id, at: id * 10 })
    const { requests, dropped } = one.recording()
    expect(requests.map(({ id }) => id)).toEqual([99, 9, 10])
    expect(dropped.requests).toBe(8)
  })

  test('forgets the oldest when all of them hang', () => {
    const one = recorder({ limit: 2 })
    for (let requestId = 1; requestId <= 3; requestId += 1) {
      publish('request:start', {
        requestId,
        clientId: 1,
        correlationId: null,
        at: requestId,
        method: 'GET',
        url: API,
        origin: API,
        headers: [],
      })
    }
    expect(one.recording().requests.map(({ id }) => id)).toEqual([2, 3])
  })

  test('texts count: large heads push others out', () => {
    const one = recorder({ maxBytes: 50_000 })
    for (let id = 1; id <= 10; id += 1) tellRequest({ ...plan, id, headers: ['x-large', 'a'.repeat(10_000)] })
    const { requests, dropped } = one.recording()
    expect(requests.length).toBeGreaterThan(1)
    expect(requests.length).toBeLessThan(5)
    expect(dropped.requests).toBe(10 - requests.length)
  })

  test('what comes for a request that was forgotten is passed over', () => {
    const one = recorder({ limit: 1 })
    const of = { clientId: 1, correlationId: null, method: 'GET', url: API, origin: API, headers: [] }
    publish('request:start', { ...of, requestId: 1, at: 1 })
    publish('attempt:start', { ...of, requestId: 1, attemptId: 1, number: 1, at: 1 })
    publish('request:start', { ...of, requestId: 2, at: 2 })
    const stream = { ...of, requestId: 1, attemptId: 1, connectionId: 1, streamId: 1, at: 3 }
    publish('stream:start', stream)
    publish('stream:headers', { ...stream, status: 200 })
    publish('stream:end', { ...stream, status: 200, error: null, bytesReceived: 0, bytesSent: 0 })
    publish('retry', { ...of, requestId: 1, at: 4, attempt: 2, delay: 1, status: 503, error: null })
    publish('connection:closed', {
      at: 5,
      connectionId: 77,
      origin: API,
      protocol: 'h2',
      age: 1,
      requests: 0,
      bytesReceived: 0,
      bytesSent: 0,
      error: null,
    })
    expect(one.recording().requests).toMatchObject([{ id: 2, attempts: [] }])
  })

  test('marks and frames are bounded, too', () => {
    const one = recorder({ frames: 5 })
    for (let at = 0; at < 10_010; at += 1) {
      publish('ping:end', { at, connectionId: 1, origin: API, roundTrip: 1, error: null })
      publish('frame', { at, connectionId: 1, direction: 'in', type: 0, flags: 0, streamId: 1, length: at })
    }
    const { pings, frames, dropped } = one.recording()
    expect(pings).toHaveLength(10_000)
    expect(pings[0]?.at).toBe(10)
    expect(dropped).toMatchObject({ pings: 10, frames: 10_005 })
    expect(frames.map(({ length }) => length)).toEqual([10_005, 10_006, 10_007, 10_008, 10_009])
  })

  test('frames are not even listened to unless asked for', () => {
    recorder()
    expect(events.frame.hasSubscribers).toBe(false)
  })
})

describe('credentials', () => {
  const secrets = [
    'authorization',
    'Bearer s3cret',
    'proxy-authorization',
    'Basic s3cret',
    'cookie',
    'sid=s3cret; theme=dark',
    'x-api-key',
    'k3y',
    'referer',
    'https://user:s3cret@example.com/',
  ]
  const answer = [
    'set-cookie',
    'sid=s3cret; Path=/; HttpOnly',
    'location',
    'https://user:s3cret@example.com/next',
  ]
  const tell = () => {
    const error = failure('ERR_TRUNKLINE_CONNECT_FAILED', 'cannot reach http://user:s3cret@proxy:8080')
    tellRequest({ ...plan, id: 1, path: '/?q=1&token=t0ken', headers: secrets, responseHeaders: answer })
    tellRequest({ ...plan, id: 2, headers: secrets, error })
    publish('redirect', {
      requestId: 1,
      correlationId: null,
      at: 3,
      status: 302,
      from: API,
      to: 'https://user:s3cret@example.com/',
    })
    publish('dial:start', {
      dialId: 9,
      at: 1,
      origin: API,
      host: 'h',
      port: 1,
      proxy: 'http://user:s3cret@proxy:8080',
    })
  }

  test('are left out of everything that is written', () => {
    const one = recorder()
    tell()
    for (const text of [JSON.stringify(one.recording()), JSON.stringify(one.har()), one.html()]) {
      expect(text).not.toContain('s3cret')
      expect(text).toContain('(redacted)')
    }
    expect(one.har().log.entries[0]?.request.cookies).toEqual([])
  })

  test('and further fields and parameters by name, whatever their case', () => {
    const one = recorder({ redact: ['X-API-Key', 'Token'] })
    tell()
    const text = JSON.stringify(one.recording())
    expect(text).not.toMatch(/k3y|t0ken|s3cret/)
    expect(text).toContain('/?q=1&token=(redacted)')
  })

  test('are kept if asked for', () => {
    const one = recorder({ credentials: true })
    tell()
    expect(JSON.stringify(one.recording())).toContain('Bearer s3cret')
    const [entry] = one.har().log.entries
    expect(entry?.request.cookies).toEqual([
      { name: 'sid', value: 's3cret' },
      { name: 'theme', value: 'dark' },
    ])
    expect(entry?.response.cookies).toEqual([
      { name: 'sid', value: 's3cret', path: '/', httpOnly: true, secure: false },
    ])
  })
})

describe('files', () => {
  test('are written as their names say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-inspect-'))
    cleanup.add(() => rmSync(folder, { recursive: true }))
    const one = recorder({ name: 'orders' })
    tellFive(0)
    one.stop()
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    for (const name of ['a.html', 'a.HAR', 'a.json']) await one.write(join(folder, name))
    expect(read('a.html')).toBe(one.html())
    expect(JSON.parse(read('a.HAR'))).toEqual(one.har())
    expect(parseRecording(read('a.json'))).toEqual(one.recording())
    expect(one.recording().sources).toEqual([{ name: 'orders', pid: process.pid, node: process.version }])
  })

  test('a name with another ending is refused', async () => {
    await expect(recorder().write('waterfall.pdf')).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_INVALID_OPTION',
      message: expect.stringContaining('.html, .har, .json'),
    })
  })
})

test.each([
  [{ limit: 0 }, /limit must be a whole number of at least 1/],
  [{ maxBytes: '1 MB' }, /maxBytes must be/],
  [{ frames: -1 }, /frames must be/],
  [{ credentials: 'yes' }, /credentials must be true or false/],
  [{ redact: 'cookie' }, /redact must be a list of names/],
  [{ name: 1 }, /name must be a string/],
  [{ Limit: 1 }, /Limit is not an option\. Did you mean limit\? The options are limit, /],
  [{ toString: 1 }, /toString is not an option/],
  [null, /options must be an object/],
])('refuses %j', (options, message) => {
  expect(() => record(options as RecordOptions)).toThrow(message)
  expect(events['request:start'].hasSubscribers).toBe(false)
})

test('a dial keeps its race: addresses end by name', () => {
  const one = recorder()
  tellDial({ id: 1, origin: API, at: 0 })
  const dial = { dialId: 2, origin: API }
  publish('dial:start', { ...dial, at: 0, host: 'h', port: 443, proxy: null })
  publish('connect:start', { ...dial, at: 1, address: '2001:db8::1', port: 443 })
  publish('connect:start', { ...dial, at: 2, address: '192.0.2.7', port: 443 })
  const lost = failure('ERR_TRUNKLINE_CONNECT_FAILED')
  publish('connect:end', { ...dial, at: 5, address: '192.0.2.7', port: 443, duration: 3, error: null })
  publish('connect:end', { ...dial, at: 6, address: '2001:db8::1', port: 443, duration: 5, error: lost })
  expect(one.recording().dials[1]?.connects).toMatchObject([
    { address: '2001:db8::1', end: 6, error: { code: 'ERR_TRUNKLINE_CONNECT_FAILED' } },
    { address: '192.0.2.7', end: 5, error: null },
  ])
})
