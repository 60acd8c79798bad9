/** A whole result without a run: every scenario and client, with figures that differ, gaps and failures. */
import { clients } from '../../../bench/clients/index.ts'
import type { BenchResult, Cell, Round } from '../../../bench/results.ts'
import { SCENARIOS, type Scenario } from '../../../bench/scenarios.ts'

const ROUNDS = 5

/** Of client number `index`: each takes a third longer than the one before. */
function round(scenario: Scenario, index: number, turn: number): Round {
  const slowness = 1.33 ** index * (1 + turn / 20)
  const load = scenario.work.kind === 'load'
  return {
    requests: load ? Math.round(20_000 / slowness) : 1,
    seconds: load ? 0.5 : slowness / 10,
    bytes: load ? Math.round(20_000 / slowness) * 1024 : 50 * 1024 * 1024,
    cpuMicros: 400_000,
    allocatedBytes: 90_000_000,
    gcMicros: 30_000,
    p50: load ? slowness : null,
    p99: load ? slowness * 7 : null,
    rss: 100 * 1024 * 1024 + index * 1e6,
    errors: 0,
    firstError: null,
    serverBusy: 0.5,
    rssGrowth: scenario.work.kind === 'hold' ? 12e6 * (index + 1) : null,
  }
}

function cellOf(scenario: Scenario, client: string, index: number, cannot: string | undefined): Cell {
  const rounds = Array.from({ length: ROUNDS }, (_, turn) => round(scenario, index, turn))
  const nothing = rounds.map(() => null)
  if (cannot !== undefined)
    return { client, state: { kind: 'unable', why: cannot }, rounds: nothing, remark: null }
  if (client === 'ky' && scenario.id === 'post-1k') {
    return { client, state: { kind: 'failed', why: 'status <500>' }, rounds: nothing, remark: null }
  }
  return { client, state: { kind: 'measured' }, rounds, remark: null }
}

export function sampleResult(): BenchResult {
  return {
    date: '2026-11-21T12:00:00.000Z',
    node: '26.10.0',
    versions: { trunkline: '0.1.0', undici: '8.12.4' },
    machine: {
      cpu: 'A processor <of some kind>',
      cores: 4,
      memoryBytes: 16 * 1024 ** 3,
      os: 'Linux 6.1',
      pinning: { client: 0, server: 1, relay: 2 },
      loadAtStart: 0.1,
    },
    rounds: ROUNDS,
    roundSeconds: 0.5,
    totalSeconds: 600,
    quick: false,
    clients: clients.map(({ id, name, ours = false }) => ({
      id,
      name,
      ours,
      version: '1.0.0',
      protocol: id === 'ky' ? 'http/1.1' : 'h2',
    })),
    scenarios: SCENARIOS.map((scenario) => ({
      scenario,
      server: 'nghttpd',
      cells: clients
        .filter(({ only }) => only === undefined || only.includes(scenario.id))
        .map(({ id, cannot }, index) => cellOf(scenario, id, index, cannot?.[scenario.id])),
    })),
  }
}
