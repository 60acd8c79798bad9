/** The parts of the page that need no browser. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BarMaker } from '../../../../src/telemetry/inspect/bars.ts'
import { pageOf, record } from '../../../../src/telemetry/inspect/index.ts'
import { EVERYTHING, type Filter, filterOf } from '../../../../src/telemetry/inspect/view/filter.ts'
import {
  lanesOf,
  lastBefore,
  packed,
  placed,
  ROW_HEIGHT,
} from '../../../../src/telemetry/inspect/view/lanes.ts'
import {
  around,
  clamped,
  panned,
  ticksOf,
  tickText,
  zoomed,
} from '../../../../src/telemetry/inspect/view/time-window.ts'
import { errorCodeName, frameName } from '../../../../src/telemetry/inspect/view/words.ts'
import { bundleFile, bundleView } from '../../../../tools/bundle-view.ts'
import { API, SEARCH, tellFive, tellMany } from '../../../inspect/support/stories.ts'
import { tellRequest } from '../../../inspect/support/story.ts'

function recordingOf(tell: () => void) {
  using recorder = record()
  tell()
  return recorder.recording()
}

const barsIn = (recording: ReturnType<typeof recordingOf>) => {
  const maker = new BarMaker(recording)
  return recording.requests
    .flatMap((request) => maker.of(request))
    .sort((one, other) => one.start - other.start)
}

test('the bundle is made of the view as it is: npm run bundle:view', { timeout: 30_000 }, async () => {
  expect(readFileSync(bundleFile, 'utf8')).toBe(await bundleView())
})

test('the page loads nothing, and data cannot break out of it', () => {
  const evil = '/</script><script>alert(1)</script><!--<b onload=x>?q="\'&'
  const page = pageOf(
    recordingOf(() =>
      tellRequest({
        id: 1,
        origin: API,
        connectionId: 1,
        at: 1,
        waiting: 1,
        receiving: 1,
        path: evil,
        headers: ['x-evil', '</style><script>'],
      }),
    ),
  )
  expect(page.match(/<script/g)).toHaveLength(2)
  expect(page.match(/<\/script>/g)).toHaveLength(2)
  expect(page.match(/<\/style>/g)).toHaveLength(1)
  expect(page).not.toMatch(/(?:src|href)="(?!data:,)/)
  expect(page).not.toMatch(/@import|url\(/)
  const [, json = ''] = /id="recording">(.*?)<\/script>/s.exec(page) ?? []
  expect(JSON.parse(json).requests[0].url).toBe(API + evil)
})

describe('the filter', () => {
  const { requests } = recordingOf(() => tellFive(0))
  const found = (part: Partial<Filter>) =>
    requests.filter(filterOf({ ...EVERYTHING, ...part })).map(({ id }) => id)
  test.each<[Partial<Filter>, number[]]>([
    [{}, [1, 2, 4, 3, 5]],
    [{ text: 'USERS' }, [1]],
    [{ text: 'get api' }, [1, 2, 3]],
    [{ text: 'get -api -' }, [4]],
    [{ text: 'stream_reset' }, [5]],
    [{ status: '2xx' }, [1, 2, 4, 3]],
    [{ status: 'none' }, [5]],
    [{ errorsOnly: true }, [5]],
    [{ origin: SEARCH }, [4]],
    [{ origin: SEARCH, errorsOnly: true }, []],
  ])('%j', (part, ids) => {
    expect(found(part)).toEqual(ids)
  })
})

describe('lanes', () => {
  test('each connection has one, and what got none stands under its origin', () => {
    const recording = recordingOf(() => {
      tellFive(0)
      tellRequest({
        id: 9,
        origin: 'https://lost.example.com',
        connectionId: 77,
        at: 5,
        waiting: 1,
        receiving: 0,
      })
    })
    const lanes = lanesOf(recording, barsIn(recording), true)
    expect(lanes.map(({ id, bars }) => [id, bars.length])).toEqual([
      [0, 1],
      [1, 5],
      [2, 1],
    ])
    expect(lanes[1]).toMatchObject({
      dial: { id: 1 },
      marks: { goAways: [{ debug: 'deploy' }], stalls: [{ streamId: 3 }] },
    })
    expect(lanes[1]?.rows.every((row) => row.length === 1)).toBe(true)
  })

  test('connections without bars are there only when nothing is filtered out', () => {
    const recording = recordingOf(() => tellFive(0))
    expect(lanesOf(recording, [], true)).toHaveLength(2)
    expect(lanesOf(recording, [], false)).toHaveLength(0)
  })

  test('bars of one row do not overlap, and there are no more rows than open at once', () => {
    const bars = barsIn(recordingOf(() => tellMany(2000, 0))).filter(({ connectionId }) => connectionId === 1)
    const rows = packed(bars)
    expect(rows.flat()).toHaveLength(bars.length)
    for (const row of rows)
      for (const [index, bar] of row.entries())
        if (index > 0) expect(bar.start).toBeGreaterThanOrEqual(row[index - 1]?.end ?? 0)
    const most = Math.max(
      ...bars.map(({ start }) => bars.filter((one) => one.start <= start && one.end > start).length),
    )
    expect(rows.length).toBe(most)
  })

  test('stand below each other; folded ones are low', () => {
    const recording = recordingOf(() => tellFive(0))
    const lanes = lanesOf(recording, barsIn(recording), true)
    const [first, second] = placed(lanes, new Set(), 'auto')
    expect(first).toMatchObject({ top: 0, rowHeight: ROW_HEIGHT, height: 30 + 5 * ROW_HEIGHT + 10 })
    expect(second?.top).toBe(first?.height)
    const [folded] = placed(lanes, new Set([`1 ${API}`]), 'compact')
    expect(folded).toMatchObject({ collapsed: true, height: 46, rowHeight: 7 })
  })

  test.each([
    [-1, -1],
    [0, 0],
    [4, 0],
    [5, 2],
    [100, 3],
  ])('the last that began by %i', (at, index) => {
    expect(lastBefore([{ start: 0 }, { start: 5 }, { start: 5 }, { start: 9 }], at)).toBe(index)
  })
})

describe('the window of time', () => {
  const all = { from: 0, to: 1000 }
  test('zooms around a point, which stays where it is', () => {
    expect(zoomed({ from: 0, to: 1000 }, 2, 250, all)).toEqual({ from: 125, to: 625 })
    expect(zoomed({ from: 125, to: 625 }, 0.1, 250, all)).toEqual(all)
    expect(zoomed({ from: 10, to: 10.05 }, 10, 10, all).to).toBeCloseTo(10.05, 6)
  })

  test('never leaves what there is', () => {
    expect(panned({ from: 0, to: 100 }, -1, all)).toEqual({ from: 0, to: 100 })
    expect(panned({ from: 850, to: 950 }, 1, all)).toEqual({ from: 900, to: 1000 })
    expect(clamped({ from: -50, to: 5000 }, all)).toEqual(all)
    expect(around(400, 500, all)).toEqual({ from: 385, to: 515 })
  })

  test('has round ticks', () => {
    expect(ticksOf({ from: 0, to: 1000 }, 0, 500)).toEqual({
      step: 200,
      ticks: [0, 200, 400, 600, 800, 1000],
    })
    expect([0, 500, 1000, 2500].map((value) => tickText(value, 500))).toEqual([
      '0',
      '500 ms',
      '1.0 s',
      '2.5 s',
    ])
    expect(tickText(0.25, 0.05)).toBe('0.25 ms')
    expect(tickText(20, 20)).toBe('20 ms')
  })
})

test('frames and error codes have the names of the RFCs, those of extensions too, or their numbers', () => {
  expect([0, 9, 10, 12, 16, 11].map(frameName)).toEqual([
    'DATA',
    'CONTINUATION',
    'ALTSVC',
    'ORIGIN',
    'PRIORITY_UPDATE',
    'type 0xb',
  ])
  expect([0, 13, 14].map(errorCodeName)).toEqual(['NO_ERROR', 'HTTP_1_1_REQUIRED', '0xe'])
})
