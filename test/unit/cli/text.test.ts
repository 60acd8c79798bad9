import { describe, expect, test } from 'vitest'
import { bytes, ms, percent, rounded } from '../../../src/cli/format.ts'
import { spansOf } from '../../../src/cli/get/timing-table.ts'
import { wrap } from '../../../src/cli/help.ts'
import { html } from '../../../src/cli/html.ts'
import { Timeline } from '../../../src/cli/load/timeline.ts'
import { createPaint, harmless, padEnd, wantsColour, widthOf } from '../../../src/cli/paint.ts'
import { spark } from '../../../src/cli/top/layout.ts'

describe('colours', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
  ])('of %j on a terminal: %s are wanted: %s', (env, isTerminal, wanted) => {
    expect(wantsColour(env, isTerminal)).toBe(wanted)
  })

  test('take no room', () => {
    const text = createPaint(true).bold('ab')
    expect([widthOf(text), widthOf(padEnd(text, 5))]).toEqual([2, 5])
  })
})

test('what a server sends cannot speak to the terminal', () => {
  expect(harmless('a\u001b[2Jb\rc\u009bd\te')).toBe('a\\x1b[2Jb\\x0dc\\x9bd\te')
})

test('what a server sends cannot speak to the browser', () => {
  expect(html`<p title="${'"><script>'}">${'<b>&'}</p>`.text).toBe(
    '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;</p>',
  )
})

test('numbers', () => {
  expect([0.123, 12.34, 123.4, 1234, 12_345, 125_000].map(ms)).toEqual([
    '0.12 ms',
    '12.3 ms',
    '123 ms',
    '1.23 s',
    '12.3 s',
    '2 min 5 s',
  ])
  expect([0, 1023, 1536, 3 * 1024 ** 3].map(bytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '3.0 GiB'])
  expect([0, 0.00001, 0.5, 0.99999, 1].map(percent)).toEqual([
    '0 %',
    '< 0.01 %',
    '50 %',
    '> 99.99 %',
    '100 %',
  ])
  expect(rounded({ a: [1.23456, { b: 2.00001 }], c: null, d: 'x' })).toEqual({
    a: [1.235, { b: 2 }],
    c: null,
    d: 'x',
  })
})

test('lines are no wider than they may be, unless a word is', () => {
  expect(wrap('a bb ccc dddddddd e', 6)).toEqual(['a bb', 'ccc', 'dddddddd', 'e'])
})

test('little bars reach from the least to the most', () => {
  expect(spark([0, 5, 10])).toBe('▁▄█')
  expect(spark([0, 0])).toBe('▁▁')
})

describe('a timeline', () => {
  const sum = (timeline: Timeline) => timeline.toJSON().points.reduce((all, { done }) => all + done, 0)

  test('becomes coarser when it is long, and loses nothing', () => {
    const timeline = new Timeline()
    for (let second = 0; second < 3000; second++) timeline.done(second * 1000 + 1, 5, 10)
    const { width, points } = timeline.toJSON()
    expect(width).toBe(8000)
    expect(points.length).toBe(375)
    expect(sum(timeline)).toBe(3000)
    expect(points[0]).toEqual({ done: 8, failed: 0, bytes: 80, sum: 40, max: 5 })
  })

  test('takes another one that is finer or coarser', () => {
    const [long, short] = [new Timeline(), new Timeline()]
    for (let second = 0; second < 1000; second++) long.done(second * 1000, 1, 0)
    short.done(500, 9, 0)
    short.failed(2500)
    const other = new Timeline(short.toJSON())
    other.add(long)
    long.add(short)
    expect(long.toJSON()).toEqual(other.toJSON())
    expect(long.toJSON().points.slice(0, 2)).toMatchObject([
      { done: 3, max: 9 },
      { done: 2, failed: 1 },
    ])
    expect(short.toJSON().width).toBe(1000)
  })
})

test.each([
  [40, ['before', 40], ['queue', 7]],
  [0.5, null, ['queue', 7.5]],
])('the phases of a request add up to all of it, with %d ms before', (before, first, queue) => {
  const timings = {
    ...{ startedAt: 0, before, queued: 20, dns: 1, connect: 2, tls: 10, resumed: false },
    ...{ sent: 0, firstByte: 30, received: 10, total: before + 60, attempts: 1 },
  }
  const spans = spansOf(timings)
  expect(spans.map(({ name, duration }) => [name, duration])).toEqual([
    ...(first === null ? [] : [first]),
    ['dns', 1],
    ['connect', 2],
    ['tls', 10],
    queue,
    ['first byte', 30],
    ['body', 10],
  ])
  expect(spans.reduce((all, { duration }) => all + duration, 0)).toBe(timings.total)
})
