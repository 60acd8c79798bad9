import { performance } from 'node:perf_hooks'
import { createClient } from '../../client.ts'
import type { Client } from '../../client-interface.ts'
import type { ClientOptions } from '../../client-options.ts'
import type { RequestSpec } from '../request-flags.ts'
import { generate, type Pace, type Run } from './generator.ts'
import { type LoadPlanData, type LoadResult, summarise } from './result.ts'
import type { Outcome, Tally } from './tally.ts'

export interface LoadOptions {
  readonly url: URL
  readonly request: RequestSpec
  readonly client: ClientOptions
  readonly pace: Pace
  /** ms; 0: none. */
  readonly warmUp: number
  readonly part: string | null
  /** What the result says of the plan. */
  readonly plan: LoadPlanData
  readonly interrupted: AbortSignal
  /** Told when the part that counts begins. */
  readonly onBegin: (tally: Tally, client: Client) => void
  readonly onWarmUp: (tally: Tally) => void
}

/** A body that is no longer is collected in one piece, which is cheaper. */
const SMALL_BODY = 64 * 1024

/** Runs a load, and says what came of it; after an interruption, of as much as there was. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const client = createClient(options.client)
  const { interrupted, pace } = options
  const onInterrupt = () => client.destroy()
  interrupted.addEventListener('abort', onInterrupt, { once: true })
  try {
    if (options.warmUp > 0 && !interrupted.aborted) {
      const warmUp = generate(senderOf(client, options), {
        ...pace,
        count: Number.POSITIVE_INFINITY,
        duration: options.warmUp,
      })
      options.onWarmUp(warmUp.tally)
      await untilOver(warmUp, interrupted)
    }
    const before = client.stats()
    const busy = performance.eventLoopUtilization()
    const run = generate(senderOf(client, options), pace)
    options.onBegin(run.tally, client)
    await untilOver(run, interrupted)
    const generatorLoad = performance.eventLoopUtilization(busy).utilization
    return resultOf(options, run.tally, client, before, generatorLoad)
  } finally {
    interrupted.removeEventListener('abort', onInterrupt)
    await client.close({ timeout: 1000 })
  }
}

/** What an interruption cuts off is no failure of the server, and is not counted. */
async function untilOver(run: Run, interrupted: AbortSignal): Promise<void> {
  const { promise: cut, resolve } = Promise.withResolvers<void>()
  const onAbort = () => {
    run.cut()
    resolve()
  }
  interrupted.addEventListener('abort', onAbort, { once: true })
  if (interrupted.aborted) onAbort()
  await Promise.race([run.over, cut])
  interrupted.removeEventListener('abort', onAbort)
}

function senderOf(client: Client, { url, request }: LoadOptions): () => Promise<Outcome> {
  const { href } = url
  const options = {
    method: request.method,
    headers: request.headers,
    body: request.body as Uint8Array<ArrayBuffer> | null,
    retry: false as const,
  }
  return async () => {
    const { status, protocol, connectionId, body, rawHeaders } = await client.request(href, options)
    return { status, protocol, connectionId, bytes: await lengthOf(body, rawHeaders) }
  }
}

async function lengthOf(
  body: { bytes(): Promise<Uint8Array> } & AsyncIterable<Uint8Array>,
  headers: readonly string[],
): Promise<number> {
  const at = headers.indexOf('content-length')
  if (at !== -1 && Number(headers[at + 1]) <= SMALL_BODY) return (await body.bytes()).length
  let sum = 0
  for await (const chunk of body) sum += chunk.length
  return sum
}

function resultOf(
  { url, request, part, plan, interrupted }: LoadOptions,
  tally: Tally,
  client: Client,
  before: ReturnType<Client['stats']>,
  generatorLoad: number,
): LoadResult {
  const after = client.stats()
  const elapsed = tally.endedAt - tally.startedAt
  return {
    kind: 'trunkline-load',
    version: 1,
    url: url.href,
    method: request.method,
    date: new Date(performance.timeOrigin + tally.startedAt).toISOString(),
    parts: part === null ? [] : [part],
    plan,
    interrupted: interrupted.aborted,
    elapsed,
    requests: {
      // Those that an interruption cut off came to nothing.
      sent: tally.completed + tally.failed,
      completed: tally.completed,
      failed: tally.failed,
      unsent: tally.unsent,
    },
    throughput: elapsed === 0 ? 0 : tally.completed / (elapsed / 1000),
    bodyBytes: tally.bytes,
    statuses: { ...tally.statuses },
    errors: { ...tally.errors },
    protocols: { ...tally.protocols },
    connections: {
      used: tally.connections.size,
      dials: after.dials - before.dials,
      handshakes: after.handshakes - before.handshakes,
      resumed: after.resumed - before.resumed,
    },
    latency: summarise(tally.latency),
    service: summarise(tally.service),
    generatorLoad,
    histograms: { latency: tally.latency.toJSON(), service: tally.service.toJSON() },
    timeline: tally.timeline.toJSON(),
  }
}
