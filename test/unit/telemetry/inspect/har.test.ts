import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { type HarEntry, record } from '../../../../src/telemetry/inspect/index.ts'
import { harFaults } from '../../../inspect/support/har-schema.ts'
import { API, tellFive, tellMany } from '../../../inspect/support/stories.ts'
import { failure, publish, tellDial, tellRequest } from '../../../inspect/support/story.ts'
import { Cleanup } from '../../../support/cleanup.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

function harOf(tell: () => void) {
  using recorder = record({ limit: 200 })
  tell()
  return recorder.har()
}

const sumOf = ({ blocked, dns, connect, send, wait, receive }: HarEntry['timings']) =>
  [blocked, dns, connect, send, wait, receive].reduce((sum, part) => sum + Math.max(0, part), 0)

test('is valid, and its timings add up', () => {
  const har = harOf(() => {
    tellFive(0)
    tellMany(300, 1000)
  })
  expect(harFaults(har)).toEqual([])
  expect(harFaults(JSON.parse(JSON.stringify(har)))).toEqual([])
  expect(har.log.entries.length).toBeGreaterThanOrEqual(200)
  for (const { time, timings } of har.log.entries) expect(sumOf(timings)).toBeCloseTo(time, 6)
  expect(har.log.comment).toContain('forgotten')
})

test('the schema sees faults', () => {
  const har = structuredClone(harOf(() => tellFive(0))) as unknown as {
    log: { entries: Record<string, unknown>[] }
  }
  Object.assign(har.log.entries[0] ?? {}, {
    startedDateTime: 'yesterday',
    own: 1,
    timings: { send: -2, wait: 0 },
  })
  expect(harFaults(har).length).toBeGreaterThanOrEqual(4)
})

test('an entry for each exchange, with the ids of connection and stream', () => {
  const { entries } = harOf(() => tellFive(0)).log
  expect(
    entries.map(({ request, response }) => [request.method, new URL(request.url).pathname, response.status]),
  ).toEqual([
    ['GET', '/users/42', 200],
    ['GET', '/orders', 200],
    ['GET', '/search', 200],
    ['GET', '/reports/today', 503],
    ['POST', '/payments', 0],
    ['GET', '/reports/today', 200],
  ])
  const [first, , , failed, lost, again] = entries
  expect(first).toMatchObject({
    connection: '1',
    serverIPAddress: '192.0.2.1',
    _connectionId: 1,
    _streamId: 1,
    _requestId: 1,
    _attempt: 1,
    _error: null,
    request: { httpVersion: 'HTTP/2', queryString: [{ name: 'include', value: 'orders' }], bodySize: 0 },
    response: {
      httpVersion: 'HTTP/2',
      content: { size: 1200, mimeType: 'application/json' },
      bodySize: 1200,
    },
  })
  expect([failed?._requestId, failed?._attempt, again?._requestId, again?._attempt]).toEqual([3, 1, 3, 2])
  expect(lost).toMatchObject({
    _error: 'ERR_TRUNKLINE_STREAM_RESET',
    response: { status: 0, bodySize: -1, httpVersion: '' },
  })
})

test('phases that did not take place are -1, and ssl is part of connect', () => {
  const { entries } = harOf(() => tellFive(0)).log
  expect(entries[0]?.timings).toEqual({
    blocked: -1,
    dns: 2,
    connect: 13,
    ssl: 10,
    send: 0,
    wait: 24,
    receive: 6,
  })
  expect(entries[3]?.timings).toEqual({
    blocked: -1,
    dns: -1,
    connect: -1,
    ssl: -1,
    send: 0,
    wait: 20,
    receive: 2,
  })
})

test('what never got a connection is an entry, too', () => {
  const { entries } = harOf(() => {
    const of = { requestId: 1, clientId: 1, correlationId: null }
    publish('request:start', {
      ...of,
      at: 0,
      method: 'GET',
      url: `${API}/cached`,
      origin: API,
      headers: ['accept', '*/*'],
    })
    publish('request:headers', {
      ...of,
      at: 1,
      status: 200,
      headers: ['age', '7'],
      protocol: 'h2',
      connectionId: 0,
      streamId: undefined,
    })
    const counts = { attempts: 0, redirects: 0, bytesReceived: 0, bytesSent: 0 }
    const result = { status: 200, protocol: null, error: null, duration: 2, firstByte: 1 } as const
    publish('request:end', {
      ...of,
      ...counts,
      ...result,
      at: 2,
      method: 'GET',
      url: `${API}/cached`,
      origin: API,
    })
  }).log
  expect(entries).toMatchObject([
    {
      time: 2,
      request: { headers: [{ name: 'accept', value: '*/*' }] },
      response: { status: 200, headers: [{ name: 'age', value: '7' }] },
      timings: { blocked: 2, wait: 0, receive: 0 },
      _connectionId: null,
    },
  ])
})

test('a replay is an entry of its own, and strange URLs harm nobody', () => {
  const har = harOf(() => {
    tellDial({ id: 1, origin: API, at: 0 })
    tellRequest({
      id: 1,
      origin: API,
      connectionId: 1,
      at: 0,
      waiting: 3,
      receiving: 1,
      path: '/</script><b>%00?a=%E0%A4%A',
    })
    const of = { requestId: 2, clientId: 1, correlationId: null }
    publish('request:start', { ...of, at: 20, method: 'GET', url: API, origin: API, headers: [] })
    publish('attempt:start', {
      ...of,
      attemptId: 7,
      at: 20,
      number: 1,
      method: 'GET',
      url: API,
      origin: API,
      headers: [],
    })
    const refused = failure('ERR_TRUNKLINE_STREAM_REFUSED')
    const stream = { ...of, attemptId: 7, connectionId: 1 }
    publish('stream:start', { ...stream, streamId: 1, at: 20, method: 'GET', url: API })
    publish('stream:end', {
      ...stream,
      streamId: 1,
      at: 22,
      status: null,
      error: refused,
      bytesReceived: 0,
      bytesSent: 0,
    })
    publish('replay', { ...of, attemptId: 7, at: 22, origin: API, status: null, error: refused })
    publish('stream:start', { ...stream, connectionId: 2, streamId: 3, at: 25, method: 'GET', url: API })
  })
  expect(harFaults(har)).toEqual([])
  expect(har.log.entries.map(({ _streamId, _error }) => [_streamId, _error])).toEqual([
    [null, null],
    [1, 'ERR_TRUNKLINE_STREAM_REFUSED'],
    [3, null],
  ])
})

test('says which version wrote it', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'))
  expect(harOf(() => {}).log.creator).toEqual({ name: 'trunkline', version })
})
