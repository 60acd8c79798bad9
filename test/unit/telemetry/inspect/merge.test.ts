import { expect, test } from 'vitest'
import {
  mergeRecordings,
  parseRecording,
  type Recording,
  record,
} from '../../../../src/telemetry/inspect/index.ts'
import { tellFive } from '../../../inspect/support/stories.ts'

function five(name: string, at = 0): Recording {
  using recorder = record({ name })
  tellFive(at)
  return recorder.recording()
}

test('two recordings stand on one axis, with ids that do not clash', () => {
  const first = five('one')
  const second = { ...five('two'), timeOrigin: first.timeOrigin + 1000 }
  const merged = mergeRecordings(first, second)
  expect(merged.sources.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(merged.requests.map(({ id, source, start }) => [id, source, start])).toEqual([
    ...first.requests.map(({ id, start }) => [id, 0, start]),
    ...second.requests.map(({ id, start }) => [id + 5, 1, start + 1000]),
  ])
  expect(merged.connections.map(({ id, dialId, start }) => [id, dialId, start])).toEqual([
    [1, 1, 15],
    [2, 2, 25],
    [3, 3, 1015],
    [4, 4, 1025],
  ])
  expect(merged.dials[2]).toMatchObject({
    id: 3,
    connectionId: 3,
    tls: [{ start: 1005 }],
    dns: [{ addresses: ['192.0.2.1'] }],
  })
  const [attempt] = merged.requests[5]?.attempts ?? []
  expect(attempt).toMatchObject({
    waits: [{ start: 1000, connectionId: 3 }],
    streams: [{ connectionId: 3, headersAt: 1039 }],
  })
  expect(attempt?.streams[0]?.headers).toEqual(['content-type', 'application/json'])
  expect(merged.goAways.map(({ at, connectionId }) => [at, connectionId])).toEqual([
    [132, 1],
    [1132, 3],
  ])
  const ids = merged.requests.flatMap(({ attempts }) => attempts.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
})

test('neither of them is changed', () => {
  const [first, second] = [five('one'), five('two')]
  const before = JSON.stringify([first, second])
  mergeRecordings(first, second)
  expect(JSON.stringify([first, second])).toBe(before)
})

test('what was dropped adds up, and the span covers both', () => {
  const first = five('one')
  const other = five('two')
  const merged = mergeRecordings(
    { ...first, dropped: { ...first.dropped, requests: 2 } },
    { ...other, timeOrigin: first.timeOrigin, dropped: { ...other.dropped, requests: 3 } },
  )
  expect(merged.dropped.requests).toBe(5)
  expect(merged.from).toBe(first.from)
  expect(merged.until).toBe(other.until)
})

test('what was written is read again', () => {
  const recording = five('one')
  expect(parseRecording(JSON.stringify(recording))).toEqual(recording)
})

test.each([
  ['{', /not JSON/],
  ['null', /not written by recorder\.write/],
  ['[]', /not written by/],
  [JSON.stringify({ log: { version: '1.2' } }), /not written by/],
  [JSON.stringify({ ...five('a'), version: 2 }), /its version is 2/],
  [JSON.stringify({ ...five('a'), timeOrigin: 'x' }), /timeOrigin is not a number/],
  [JSON.stringify({ ...five('a'), dropped: null }), /dropped is missing/],
  [JSON.stringify({ ...five('a'), sources: 1 }), /sources is not a list/],
  [JSON.stringify({ ...five('a'), pings: 1 }), /pings is not a list/],
  [JSON.stringify({ ...five('a'), pings: [null] }), /pings\[0\] lacks connectionId or at/],
  [JSON.stringify({ ...five('a'), requests: [{ id: 1, start: 1 }] }), /requests\[0\] has no url/],
  [
    JSON.stringify({ ...five('a'), requests: [{ id: 1, start: 1, url: 'u', origin: 'o' }] }),
    /requests\[0\] is not whole/,
  ],
])('refuses what is no recording: %#', (json, message) => {
  expect(() => parseRecording(json)).toThrow(message)
  expect(() => parseRecording(json)).toThrow(
    expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_OPTION' }),
  )
})
