import { clientOptions, onlyOperand, urlOf } from '../client-flags.ts'
import type { Arguments, Io } from '../command.ts'
import { UsageError } from '../exit-codes.ts'
import { requestSpec } from '../request-flags.ts'
import type { LoadOptions } from './load.ts'

const DEFAULT_TIMEOUT = 30_000
const DEFAULT_DURATION = 10_000
const DEFAULT_CONCURRENCY = 50
/** With a rate: who waits for room is measured all the same, so there had better be room. */
const RATED_CONCURRENCY = 1000

export type Plan = Pick<LoadOptions, 'url' | 'request' | 'client' | 'pace' | 'warmUp' | 'part' | 'plan'>

export async function planOf(given: Arguments, io: Io): Promise<Plan> {
  const url = urlOf(onlyOperand(given, 'URL'))
  const request = await requestSpec(given, io)
  const part = partOf(given)
  const share = (total: number) => shareOf(total, part)
  const rate = given.positive('rate') ?? null
  const count = given.whole('requests', 1)
  const duration = given.duration('duration') ?? (count === undefined ? DEFAULT_DURATION : undefined)
  const concurrency =
    given.whole('concurrency', 1) ?? (rate === null ? DEFAULT_CONCURRENCY : RATED_CONCURRENCY)
  const connections = given.whole('connections', 1)
  const pace = {
    concurrency: Math.max(1, share(concurrency)),
    count: count === undefined ? Number.POSITIVE_INFINITY : share(count),
    duration: duration ?? Number.POSITIVE_INFINITY,
    rate: rate === null ? null : rate / part.of,
    offset: rate === null ? 0 : ((part.index - 1) * 1000) / rate,
  }
  const warmUp = given.duration('warm-up') ?? 0
  const options = await clientOptions(given)
  return {
    url,
    request,
    pace,
    warmUp,
    part: given.text('part') === undefined ? null : `${part.index}/${part.of}`,
    client: {
      ...options,
      timeouts: { total: given.duration('timeout') ?? DEFAULT_TIMEOUT },
      http2: { ...options.http2, ...(connections !== undefined && { maxSessions: connections }) },
      http1: { maxSockets: connections ?? pace.concurrency },
      limits: {
        connectionsPerOrigin: Math.max(256, connections ?? pace.concurrency) + 16,
        queued: 1_000_000,
        connections: 65_536,
      },
    },
    plan: {
      concurrency: pace.concurrency,
      connections: connections ?? null,
      count: count === undefined ? null : pace.count,
      duration: duration ?? null,
      rate: pace.rate,
      warmUp,
    },
  }
}

interface Part {
  readonly index: number
  readonly of: number
}

function partOf(given: Arguments): Part {
  const text = given.text('part')
  if (text === undefined) return { index: 1, of: 1 }
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? []
  if (index !== undefined && of !== undefined && index >= 1 && index <= of) return { index, of }
  throw new UsageError(`--part must be a share such as 1/3 or 3/3, not '${text}'.`)
}

/** The shares of all parts add up to the total. */
export function shareOf(total: number, { index, of }: Part): number {
  return Math.floor(total / of) + (index <= total % of ? 1 : 0)
}
