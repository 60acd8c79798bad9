import { describe, expect, test } from 'vitest'
import { h2loadArguments, parseH2load } from '../../bench/h2load.ts'
import { enginesOf } from '../../bench/headline.ts'
import type { BenchResult, Cell } from '../../bench/results.ts'
import type { Load } from '../../bench/scenarios.ts'
import { tableOf } from '../../bench/tables.ts'
import { sampleResult } from './support/sample-result.ts'

const GOALS = [
  'requestCpuVsRaw',
  'fetchCpuVsRaw',
  'fetchRpsVsUndiciFetch',
  'fetchRpsVsPlatformFetch',
  'http1RpsVsUndiciFetch',
  'link50msUtilisation',
  'unreadBytesPeak',
  'rpsVsH2load',
  'bytesPerFetch',
]

describe('the headline figures', () => {
  test('are those of each engine, by the same names', () => {
    const engines = enginesOf(sampleResult())
    expect(Object.keys(engines)).toEqual(['node', 'wire'])
    expect(Object.keys(engines.node ?? {})).toEqual(GOALS)
    expect(Object.keys(engines.wire ?? {})).toEqual(GOALS)
  })

  test('are ratios of the right pairs, the right way up', () => {
    const result = withFigures({
      raw: { requests: 1000, cpuMicros: 20_000 },
      request: { requests: 1000, cpuMicros: 22_000 },
      fetch: { requests: 800, cpuMicros: 20_000, allocatedBytes: 1_600_000 },
      'undici-fetch': { requests: 200, cpuMicros: 40_000 },
      'platform-fetch': { requests: 160, cpuMicros: 40_000 },
      h2load: { requests: 4000, cpuMicros: 10_000 },
    })
    expect(enginesOf(result).node).toMatchObject({
      requestCpuVsRaw: 1.1,
      fetchCpuVsRaw: 1.25,
      fetchRpsVsUndiciFetch: 4,
      fetchRpsVsPlatformFetch: 5,
      rpsVsH2load: 0.2,
      bytesPerFetch: 2000,
    })
  })

  test('leave out what was not measured', () => {
    const result = sampleResult()
    const only = result.scenarios.filter(({ scenario }) => scenario.id === 'unread')
    const figures = enginesOf({ ...result, scenarios: only })
    expect(Object.keys(figures.node ?? {})).toEqual(['unreadBytesPeak'])
    expect(JSON.stringify(figures)).not.toContain('null')
  })

  function withFigures(figures: Record<string, object>): BenchResult {
    const result = sampleResult()
    const change = (cell: Cell): Cell => ({
      ...cell,
      rounds: cell.rounds.map((round) => round && { ...round, seconds: 1, ...figures[cell.client] }),
    })
    const [load] = result.scenarios.filter(({ scenario }) => scenario.id === 'get-1k-c100')
    return {
      ...result,
      scenarios: [{ ...(load as (typeof result.scenarios)[0]), cells: load?.cells.map(change) ?? [] }],
    }
  }
})

describe('a table', () => {
  const result = sampleResult()
  const of = (id: string) => {
    const found = result.scenarios.find(({ scenario }) => scenario.id === id)
    return tableOf(result, found as (typeof result.scenarios)[0])
  }

  test('has a row for each client, and a dash where nothing was measured', () => {
    const lines = of('post-1k').split('\n')
    expect(lines[0]).toBe('POST 1 KiB, 100 at once  [post-1k, nghttpd]')
    expect(lines.find((line) => line.trim().startsWith('ky'))).toMatch(/ky( +-){8} {2}failed: status <500>$/)
    expect(lines.find((line) => line.includes('trunkline request '))).toMatch(
      /36,364 +22\.0 +4\.8 +6 +1\.10 +7\.70 /,
    )
  })

  test('says why a client cannot', () => {
    expect(of('http1-1k')).toMatch(/node:http2 .*speaks HTTP\/2 only/)
  })
})

describe('h2load', () => {
  const work: Load = { kind: 'load', path: '/1k.txt', concurrency: 100, upload: 1024 }

  test('is told what the scenario is', () => {
    const round = { url: 'https://localhost:1/1k.txt', seconds: 0.5, folder: 'files', core: null }
    expect(h2loadArguments({ ...round, work, http1: false }).join(' ')).toBe(
      '-t 1 -c 1 -m 100 -D 500ms -d files/1k.txt https://127.0.0.1:1/1k.txt',
    )
    expect(h2loadArguments({ ...round, work, http1: true })).toContain('--h1')
  })

  test('is understood', () => {
    const text = [
      'finished in 500.83ms, 185018.00 req/s, 185.98MB/s',
      'requests: 92509 total, 92609 started, 92509 done, 92509 succeeded, 2 failed, 1 errored, 0 timeout',
      'traffic: 92.99MB (97504633) total, 1.06MB (1110212) headers (space savings 93.26%), 90.34MB (94729216) data',
      '',
      'cpu 0.180 0.023',
    ].join('\n')
    const { seconds, cpuMicros, ...figures } = parseH2load(text, work)
    expect(figures).toMatchObject({ requests: 92509, bytes: 94729216 + 92509 * 1024, errors: 3, p50: null })
    expect(seconds).toBeCloseTo(0.50083)
    expect(cpuMicros).toBeCloseTo(203_000)
    expect(() => parseH2load('unrecognised option', work)).toThrow('h2load said: unrecognised option')
  })
})
