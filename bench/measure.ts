/** One round of one client, in its own process. */
import type { Session, TextRequest } from './clients/client.ts'
import { SIZES, textOfSize } from './files.ts'
import { type Cost, Gauge } from './gauge.ts'
import { requestHeaders } from './headers.ts'
import { LatencyHistogram } from './histogram.ts'
import type { Figures } from './messages.ts'
import type { Load, Transfer } from './scenarios.ts'

/** A client that fails so often in one round will go on failing. */
const TOO_MANY_ERRORS = 20
/** ms, for a client that does not get through as many as run at once. */
const LONGEST_ROUND = 5000

class Errors {
  count = 0
  first: string | null = null

  add(error: unknown): void {
    this.count += 1
    this.first ??= messageOf(error)
  }
}

/** An error and what caused it, in a line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = (error as NodeJS.ErrnoException).code
  const own = [code, error.message].filter(Boolean).join(': ') || error.name
  return (error.cause instanceof Error ? `${own} (${messageOf(error.cause)})` : own).split('\n')[0] as string
}

const bodies = new Map<number, Buffer>()

/** The same buffer each time: what it costs to make one is not the client's. */
function bodyOfSize(bytes: number): Buffer {
  const body = bodies.get(bytes) ?? Buffer.from(textOfSize(Math.min(bytes, 1024)).padEnd(bytes, ' '))
  bodies.set(bytes, body)
  return body
}

/** Requests without a pause for so many seconds. Counted is what was complete when those were over. */
export async function runLoad(session: Session, work: Load, url: string, seconds: number): Promise<Figures> {
  const size = work.path === '/headers' ? SIZES['/1k.txt'] : SIZES[work.path]
  const latencies = new LatencyHistogram()
  const errors = new Errors()
  let done = 0
  let counted: { done: number; cost: Cost } | null = null
  const request: TextRequest = {
    ...(work.upload !== undefined && { body: bodyOfSize(work.upload) }),
    ...(work.headers && { headers: requestHeaders }),
  }
  const gauge = new Gauge()
  const start = performance.now()
  const deadline = start + seconds * 1000
  // As many as run at once should have come back, or a round tells of its start alone.
  const isOver = (now: number) =>
    (now >= deadline && (done >= work.concurrency || now - start >= LONGEST_ROUND)) ||
    errors.count >= TOO_MANY_ERRORS
  const worker = async () => {
    for (let sent = start; counted === null; ) {
      try {
        const length = await session.text(url, request)
        if (length !== size) throw new Error(`${length} characters instead of ${size}`)
        done += 1
      } catch (error) {
        errors.add(error)
      }
      const now = performance.now()
      latencies.record(now - sent)
      sent = now
      // The first to be late takes the figures: what is still under way then is neither counted nor charged.
      if (isOver(now)) counted ??= { done, cost: gauge.stop() }
    }
  }
  await Promise.all(Array.from({ length: work.concurrency }, worker))
  counted ??= { done, cost: gauge.stop() }
  const { cost } = counted as { cost: Cost }
  const requests = (counted as { done: number }).done
  const bytes = requests * (size + (work.upload ?? 0))
  return { requests, bytes, ...figuresOf(cost, errors), ...percentiles(latencies) }
}

/** So many large bodies at once, from the first request to the last byte. */
export async function runTransfer(session: Session, work: Transfer, url: string): Promise<Figures> {
  const errors = new Errors()
  const expected = SIZES[work.path]
  const request = work.upload === undefined ? null : { body: bodyOfSize(work.upload) }
  let bytes = 0
  const gauge = new Gauge()
  const deadline = performance.now() + work.cutOff * 1000
  const download = async () => {
    let own = 0
    let late = false
    await session.read(url, (size) => {
      own += size
      bytes += size
      late = performance.now() > deadline
      return !late
    })
    if (own !== expected && !late) throw new Error(`${own} bytes instead of ${expected}`)
  }
  const upload = async (one: TextRequest) => {
    await session.text(url, one)
    bytes += work.upload ?? 0
  }
  const one = () => (request === null ? download() : upload(request)).catch((error) => errors.add(error))
  await Promise.all(Array.from({ length: work.parallel }, one))
  return { requests: work.parallel, bytes, ...figuresOf(gauge.stop(), errors), p50: null, p99: null }
}

function figuresOf(cost: Cost, errors: Errors) {
  return { ...cost, rss: process.memoryUsage.rss(), errors: errors.count, firstError: errors.first }
}

function percentiles(latencies: LatencyHistogram) {
  return { p50: latencies.percentile(0.5), p99: latencies.percentile(0.99) }
}
