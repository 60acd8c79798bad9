/** What must hold whatever the server does. */
import { getEventListeners } from 'node:events'
import type { ClientStats } from '../../src/index.ts'
import { newHandles } from '../support/handles.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Figures } from './figures.ts'
import type { MemoryReport } from './memory.ts'
import type { ServerReport } from './messages.ts'

/** Bytes per 100,000 requests. */
const STEEPEST_HEAP = 1_000_000

/** Waits for a handle to go, ms: sockets close a turn later. */
const HANDLE_PATIENCE = 2000

const OURS: ReadonlySet<string> = new Set(['Immediate', 'TickObject'])

/** Everything that nobody caught, and every warning. */
export class ProcessWatch {
  readonly events: string[] = []
  readonly #listeners = {
    unhandledRejection: (reason: unknown) => this.#note('unhandledRejection', reason),
    uncaughtException: (error: unknown) => this.#note('uncaughtException', error),
    warning: (warning: Error) => {
      // Node 22 and 24 say that they strip types.
      if (warning.name !== 'ExperimentalWarning') this.#note('warning', warning)
    },
  }

  start(): void {
    for (const [name, listener] of Object.entries(this.#listeners)) process.on(name, listener)
  }

  stop(): void {
    for (const [name, listener] of Object.entries(this.#listeners)) process.off(name, listener)
  }

  #note(kind: string, what: unknown): void {
    this.events.push(`${kind}: ${what instanceof Error ? (what.stack ?? what.message) : String(what)}`)
  }
}

/** Sockets, timers and the like that are there and were not `before`, once they had time to go. */
export async function leakedHandles(
  before: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  const left = () => Object.entries(newHandles(before)).filter(([name]) => !OURS.has(name))
  await waitFor(() => left().length === 0, { timeout: HANDLE_PATIENCE }).catch(() => {})
  return Object.fromEntries(left())
}

/** What a closed client still holds, by its own account. */
export function leftovers(
  stats: ClientStats,
  shared: AbortSignal,
  openSockets: number,
): Record<string, number> {
  const counts = {
    sockets: openSockets,
    active: stats.active,
    queued: stats.queued,
    connections: stats.connections,
    dialling: stats.origins.reduce((sum, origin) => sum + origin.dialling, 0),
    'listeners on a signal': getEventListeners(shared, 'abort').length,
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}

export interface Evidence {
  readonly figures: Figures
  readonly server: ServerReport
  readonly memory: MemoryReport
  readonly processEvents: readonly string[]
  readonly handles: Readonly<Record<string, number>>
  readonly leftovers: Readonly<Record<string, number>>
}

/** What was broken, in words; empty when everything held. */
export function brokenInvariants(evidence: Evidence): string[] {
  const { figures, server, memory } = evidence
  const counted = [
    [figures.lost, 'requests never settled'],
    [figures.inFlight, 'requests still open at the end'],
    [server.duplicated, 'POST requests processed twice'],
    [server.misjudged, 'POST requests processed that the client called unprocessed'],
    [figures.truncated, 'truncated bodies taken for whole ones'],
    [figures.corrupt, 'wrong bodies'],
    [server.corruptUploads, 'wrong uploads taken for whole ones by the server'],
  ] as const
  return [
    ...counted.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`),
    ...figures.wrongBodies,
    ...figures.surfaced.map((text) => `not replayed: ${text}`),
    ...figures.untyped.map((text) => `an error that is none of ours: ${text}`),
    ...evidence.processEvents,
    ...server.violations.map((text) => `the client broke RFC 9113: ${text}`),
    ...server.errors.map((text) => `the chaos server failed: ${text}`),
    ...Object.entries(evidence.handles).map(([name, count]) => `${count} ${name} left over after close()`),
    ...Object.entries(evidence.leftovers).map(([name, count]) => `${count} ${name} left over in the client`),
    ...(grows(memory) ? [`the heap grew by ${memory.slopePer100k} bytes per 100,000 requests`] : []),
  ]
}

/** Steeper than it may be, and more so than chance explains. */
function grows({ slopePer100k, uncertainty, judged }: MemoryReport): boolean {
  return judged && slopePer100k - uncertainty > STEEPEST_HEAP
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
