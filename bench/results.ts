/** What a run found out, as plain data: tables, the JSON line and the page are all made of it. */
import type { Figures } from './messages.ts'
import type { Scenario } from './scenarios.ts'

export interface Round extends Figures {
  /** CPU time of the server's process as a share of the round; null where nothing tells. */
  readonly serverBusy: number | null
  /** Of unread bodies: by how much the resident set of the client grew. */
  readonly rssGrowth: number | null
}

export type CellState =
  | { readonly kind: 'measured' }
  /** It cannot do this at all, and why. */
  | { readonly kind: 'unable'; readonly why: string }
  /** It was tried, and failed or hung. */
  | { readonly kind: 'failed'; readonly why: string }

/** One client in one scenario. */
export interface Cell {
  readonly client: string
  readonly state: CellState
  /** One for each round of the run; null where this client failed. */
  readonly rounds: readonly (Round | null)[]
  /** What makes it differ from the others: another protocol, another server. */
  readonly remark: string | null
}

export interface ScenarioResult {
  readonly scenario: Scenario
  readonly server: string
  readonly cells: readonly Cell[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly os: string
  /** null: nothing was pinned. */
  readonly pinning: { readonly client: number; readonly server: number; readonly relay: number } | null
  /** Processes that wanted to run when the bench began: above 1 the machine had other things to do. */
  readonly loadAtStart: number
}

export interface ClientInfo {
  readonly id: string
  readonly name: string
  readonly ours: boolean
  readonly version: string | null
  /** With a server that offers both. */
  readonly protocol: string
}

export interface BenchResult {
  readonly date: string
  readonly node: string
  readonly versions: Readonly<Record<string, string>>
  readonly machine: Machine
  readonly rounds: number
  readonly roundSeconds: number
  readonly totalSeconds: number
  readonly quick: boolean
  readonly clients: readonly ClientInfo[]
  readonly scenarios: readonly ScenarioResult[]
}

/** A figure of every round, null where there is none. */
export function series(
  cell: Cell | undefined,
  figure: (round: Round) => number | null,
): readonly (number | null)[] {
  return cell?.rounds.map((round) => (round === null ? null : figure(round))) ?? []
}

export const requestsPerSecond = (round: Round): number => round.requests / round.seconds
export const megabytesPerSecond = (round: Round): number => round.bytes / round.seconds / 1e6
export const cpuPerRequest = (round: Round): number | null =>
  round.cpuMicros === null || round.requests === 0 ? null : round.cpuMicros / round.requests
export const allocatedPerRequest = (round: Round): number | null =>
  round.allocatedBytes === null || round.requests === 0 ? null : round.allocatedBytes / round.requests
export const gcShare = (round: Round): number | null =>
  round.gcMicros === null ? null : round.gcMicros / (round.seconds * 1e6)
/** CPU time of the client's process for a megabyte, in microseconds. */
export const cpuPerMegabyte = (round: Round): number | null =>
  round.cpuMicros === null || round.bytes === 0 ? null : round.cpuMicros / (round.bytes / 1e6)
