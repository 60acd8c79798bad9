import { afterEach, beforeEach, expect, test } from 'vitest'
import { EVENT_NAMES, type EventName, events, type TrunklineEvents } from '../../../src/core/events.ts'
import { Gauges } from '../../../src/telemetry/top/gauges.ts'

let gauges: Gauges

beforeEach(() => {
  gauges = new Gauges()
})

afterEach(() => gauges.stop())

function tell<Name extends EventName>(name: Name, event: Partial<TrunklineEvents[Name]>): void {
  events[name].publish({ at: performance.now(), ...event } as TrunklineEvents[Name])
}

const origin = 'https://a.test'
const open = (connectionId: number) =>
  tell('connection:open', { connectionId, origin, protocol: 'h2', remoteAddress: '127.0.0.1', tls: null })
const start = (attemptId: number, connectionId = 1) => {
  tell('request:start', { requestId: attemptId })
  tell('stream:start', { attemptId, connectionId, url: `${origin}/` })
}
const end = (attemptId: number, code: string | null = null, connectionId = 1) => {
  const error = code === null ? null : { code, message: '', error: null }
  tell('stream:end', { attemptId, connectionId })
  tell('request:end', { requestId: attemptId, duration: 5, error, bytesReceived: 100, bytesSent: 10 })
}

const listened = () => EVENT_NAMES.filter((name) => events[name].hasSubscribers).sort()

test('requests are looked at only while somebody watches', () => {
  const always = ['connection:closed', 'connection:draining', 'connection:open', 'goaway', 'ping:end']
  expect(listened()).toEqual(always)
  gauges.watch()
  expect(listened()).toContain('request:end')
  gauges.unwatch()
  expect(listened()).toEqual(always)
  gauges.stop()
  expect(listened()).toEqual([])
})

test('connections are known that were opened before', () => {
  open(1)
  open(2)
  tell('ping:end', { connectionId: 1, roundTrip: 3 })
  tell('goaway', { connectionId: 2, http2Code: 0, debug: 'bye' })
  tell('connection:draining', { connectionId: 2 })
  gauges.watch()
  expect(gauges.snapshot().connections).toMatchObject([
    { id: 1, origin, protocol: 'h2', state: 'open', roundTrip: 3, goAway: null },
    { id: 2, state: 'draining', goAway: '0 bye' },
  ])
  tell('connection:closed', { connectionId: 1 })
  expect(gauges.snapshot().connections).toMatchObject([{ id: 2 }])
})

test('counts requests, streams, failures and bytes', () => {
  open(1)
  gauges.watch()
  for (const id of [1, 2, 3]) start(id)
  tell('queue:start', { attemptId: 4 })
  end(1)
  end(2, 'ERR_TRUNKLINE_STREAM_RESET')
  const snapshot = gauges.turn()
  expect(snapshot.requests).toMatchObject({ active: 1, queued: 1, ended: 2, failed: 1 })
  expect(snapshot.connections).toMatchObject([{ streams: 1, requests: 3 }])
  expect(snapshot.errors).toEqual([{ code: 'ERR_TRUNKLINE_STREAM_RESET', count: 1 }])
  expect(snapshot.latency).toMatchObject({ p50: expect.closeTo(5, 1), max: expect.closeTo(5, 1) })
  expect(snapshot.bytes.receivedPerSecond / snapshot.bytes.sentPerSecond).toBeCloseTo(10)
  // The next interval begins with nothing; what there was in all stays.
  expect(gauges.snapshot()).toMatchObject({ latency: null, requests: { ended: 2, perSecond: 0 } })
})

test('what began before somebody watched is not counted out', () => {
  gauges.watch()
  gauges.unwatch()
  gauges.watch()
  end(1)
  expect(gauges.snapshot()).toMatchObject({ requests: { active: 0 }, connections: [] })
})

test('a connection of which nothing was heard is there with its first stream', () => {
  gauges.watch()
  start(1, 77)
  expect(gauges.snapshot().connections).toMatchObject([{ id: 77, origin, protocol: null, streams: 1 }])
})

test('a snapshot has an end, however much there is', () => {
  gauges.watch()
  for (let id = 1; id <= 80; id++) open(id)
  for (let id = 1; id <= 500; id++) end(id, `Error${id}`)
  const { connections, errors, leftOut } = gauges.snapshot()
  expect([connections.length, errors.length]).toEqual([50, 20])
  expect(leftOut.connections).toBe(30)
  // 200 kinds and the others.
  expect(leftOut.errors).toBe(181)
  expect(errors[0]).toEqual({ code: 'others', count: 300 })
})
