import { expect, test } from 'vitest'
import { type Bar, BarMaker, type Segment } from '../../../../src/telemetry/inspect/bars.ts'
import { type Recording, record, summarize, verdictOf } from '../../../../src/telemetry/inspect/index.ts'
import { API, SEARCH, tellFive } from '../../../inspect/support/stories.ts'
import { failure, publish, tellDial, tellRequest } from '../../../inspect/support/story.ts'

function recordingOf(tell: () => void): Recording {
  using recorder = record()
  tell()
  return recorder.recording()
}

const barsOf = (recording: Recording): Bar[] => {
  const maker = new BarMaker(recording)
  return recording.requests.flatMap((request) => maker.of(request))
}

const told = (segments: readonly Segment[]) =>
  segments.map(({ phase, start, end }) => `${phase} ${start}-${end}`)
const of = { clientId: 1, correlationId: null }
const target = { method: 'GET', url: API, origin: API, headers: [] }

test('a wait for a dial is that dial, phase by phase', () => {
  const [bar] = barsOf(recordingOf(() => tellFive(0)))
  expect(told(bar?.segments ?? [])).toEqual([
    'dns 0-2',
    'connect 2-5',
    'tls 5-15',
    'waiting 15-39',
    'receiving 39-45',
  ])
})

test('of a dial that began before it counts only what was waited for, and the rest is queue', () => {
  const [bar] = barsOf(
    recordingOf(() => {
      tellDial({ id: 1, origin: API, at: 0 })
      tellRequest({ id: 1, origin: API, connectionId: 1, at: 4, queue: 16, waiting: 5, receiving: 0 })
    }),
  )
  expect(told(bar?.segments ?? [])).toEqual(['connect 4-5', 'tls 5-15', 'queue 15-20', 'waiting 20-25'])
})

test('a connection that stood already is no part of the wait', () => {
  const [bar] = barsOf(
    recordingOf(() => {
      tellDial({ id: 1, origin: API, at: 0 })
      tellRequest({ id: 1, origin: API, connectionId: 1, at: 100, queue: 7, waiting: 5, receiving: 1 })
    }),
  )
  expect(told(bar?.segments ?? [])).toEqual(['queue 100-107', 'waiting 107-112', 'receiving 112-113'])
})

test('a dial that failed explains the wait that came to nothing', () => {
  const lost = failure('ERR_TRUNKLINE_TLS_FAILED')
  const recording = recordingOf(() => {
    publish('request:start', { ...of, ...target, requestId: 1, at: 0 })
    publish('attempt:start', { ...of, ...target, requestId: 1, attemptId: 1, number: 1, at: 1 })
    publish('queue:start', { ...of, requestId: 1, attemptId: 1, origin: API, at: 1 })
    const dial = { dialId: 1, origin: API }
    publish('dial:start', { ...dial, at: 1, host: 'h', port: 443, proxy: null })
    publish('tls:start', { ...dial, at: 3, servername: 'h', offered: [], resuming: false, withProxy: false })
    const ended = { version: null, alpn: null, resumed: false, error: lost, duration: 6 }
    publish('tls:end', { ...dial, ...ended, at: 9, servername: 'h', withProxy: false })
    publish('dial:end', { ...dial, at: 9, duration: 8, protocol: null, connectionId: null, error: lost })
    publish('queue:end', {
      ...of,
      requestId: 1,
      attemptId: 1,
      origin: API,
      at: 10,
      duration: 9,
      connectionId: null,
      error: lost,
    })
    const failed = { status: null, protocol: null, error: lost }
    publish('attempt:end', {
      ...of,
      ...failed,
      requestId: 1,
      attemptId: 1,
      at: 10,
      connectionId: null,
      streamId: undefined,
    })
    const counts = {
      attempts: 1,
      redirects: 0,
      bytesReceived: 0,
      bytesSent: 0,
      duration: 12,
      firstByte: null,
    }
    publish('request:end', { ...of, ...target, ...failed, ...counts, requestId: 1, at: 12 })
  })
  const [bar] = barsOf(recording)
  expect(bar).toMatchObject({ connectionId: 0, stream: null, error: { code: 'ERR_TRUNKLINE_TLS_FAILED' } })
  expect(told(bar?.segments ?? [])).toEqual(['queue 1-3', 'tls 3-9', 'queue 9-10'])
  const [request] = recording.requests
  expect(told(new BarMaker(recording).segmentsOf(request as never))).toEqual([
    'client 0-1',
    'queue 1-3',
    'tls 3-9',
    'queue 9-10',
    'client 10-12',
  ])
})

test('what goes on reaches to the end of the recording, and says so', () => {
  const recording = recordingOf(() => {
    publish('request:start', { ...of, ...target, requestId: 1, at: 1 })
    publish('attempt:start', { ...of, ...target, requestId: 1, attemptId: 1, number: 1, at: 1 })
    publish('stream:start', {
      ...of,
      requestId: 1,
      attemptId: 1,
      connectionId: 1,
      streamId: 1,
      at: 2,
      method: 'GET',
      url: API,
    })
  })
  const [bar] = barsOf(recording)
  expect(bar).toMatchObject({ unfinished: true, end: recording.until })
  expect(bar?.segments.at(-1)).toEqual({ phase: 'waiting', start: 2, end: recording.until })
})

test('segments have no gaps and no overlaps, and the pause before a retry is told', () => {
  const recording = recordingOf(() => tellFive(0))
  const maker = new BarMaker(recording)
  for (const request of recording.requests) {
    const segments = maker.segmentsOf(request)
    expect(segments[0]?.start).toBe(request.start)
    expect(segments.at(-1)?.end).toBe(request.end)
    for (const [index, { start }] of segments.entries())
      if (index > 0) expect(start).toBe(segments[index - 1]?.end)
  }
  expect(told(maker.segmentsOf(recording.requests[3] as never))).toContain('backoff 62-87')
})

test('the summary says where the time went, and for which origin', () => {
  const summary = summarize(recordingOf(() => tellFive(0)))
  expect(summary).toMatchObject({
    requests: 5,
    failed: 1,
    retries: 1,
    replays: 0,
    connections: 2,
    resumed: 1,
  })
  expect(summary.durations).toEqual({ p50: 69, p95: 187, p99: 187, max: 187 })
  expect(summary.origins.map(({ origin, slowest, total }) => [origin, slowest, total])).toEqual([
    [API, 'waiting', 45 + 130 + 69 + 48],
    [SEARCH, 'waiting', 187],
  ])
  expect(summary.origins[0]).toMatchObject({
    roundTrip: 0.8,
    phases: { backoff: 25, dns: 4, tls: 20, receiving: 97 },
  })
  expect(verdictOf(summary)).toBe(
    'api.example.com spent 48 % of its time waiting for the server to answer: 35 ms for each request; a round trip takes 0.80 ms.',
  )
})

test('an empty recording has a summary, too', () => {
  const summary = summarize(recordingOf(() => {}))
  expect(summary).toMatchObject({ requests: 0, origins: [], durations: { p50: null, max: null } })
  expect(verdictOf(summary)).toBeNull()
})
