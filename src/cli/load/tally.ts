import { ClientError } from '../../core/errors.ts'
import { Histogram } from './histogram.ts'
import { Timeline } from './timeline.ts'

/** What came of the requests of a run. */
export class Tally {
  /** From the intended start to the last byte of the body. */
  readonly latency = new Histogram()
  /** From when the request was really given to the client. The same, unless there is a rate to keep. */
  readonly service = new Histogram()
  readonly timeline = new Timeline()
  readonly statuses: Record<string, number> = {}
  readonly errors: Record<string, number> = {}
  readonly protocols: Record<string, number> = {}
  readonly connections = new Set<number>()
  sent = 0
  completed = 0
  failed = 0
  bytes = 0
  /** Due, and never sent: there was no room until the end. */
  unsent = 0
  /** ms of `performance.now()`. */
  startedAt = 0
  endedAt = 0

  begin(): void {
    this.startedAt = performance.now()
    this.endedAt = this.startedAt
  }

  done(outcome: Outcome, intended: number, sentAt: number): void {
    const now = performance.now()
    const latency = now - intended
    this.completed += 1
    this.bytes += outcome.bytes
    this.latency.record(latency)
    this.service.record(now - sentAt)
    this.timeline.done(now - this.startedAt, latency, outcome.bytes)
    count(this.statuses, String(outcome.status))
    count(this.protocols, outcome.protocol)
    this.connections.add(outcome.connectionId)
    this.endedAt = now
  }

  fail(error: unknown): void {
    this.failed += 1
    this.endedAt = performance.now()
    this.timeline.failed(this.endedAt - this.startedAt)
    count(this.errors, codeOf(error))
  }
}

export interface Outcome {
  readonly status: number
  readonly protocol: string
  readonly connectionId: number
  /** Of the body. */
  readonly bytes: number
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

function codeOf(error: unknown): string {
  return error instanceof ClientError ? error.code : ((error as Error | null)?.name ?? 'Error')
}
