import type { Client } from '../../client-interface.ts'
import type { Timings } from '../../core/dispatch.ts'
import type { HeaderList } from '../../core/headers.ts'
import { ACCEPTED_CODINGS } from '../../interceptors/decompress.ts'
import type { RequestOptions, RequestResult } from '../../request.ts'
import type { PooledConnectionStats } from '../../stats.ts'
import type { Io, Output } from '../command.ts'
import { CliError, ExitCode } from '../exit-codes.ts'
import { bytes, plural } from '../format.ts'
import { type Delivery, deliver } from './delivery.ts'
import type { GetPlan } from './plan.ts'

/** What --retry tries again, when the method allows. */
const RETRIED = {
  statuses: [429, 502, 503, 504],
  errors: [
    'ERR_TRUNKLINE_CONNECT_FAILED',
    'ERR_TRUNKLINE_CONNECT_TIMEOUT',
    'ERR_TRUNKLINE_CONNECTION_LOST',
    'ERR_TRUNKLINE_PING_TIMEOUT',
    'ERR_TRUNKLINE_STREAM_RESET',
  ],
} as const

/** One request and what came of it. */
export interface Done {
  /** 0: there was no response. */
  readonly status: number
  readonly protocol: 'h2' | 'http/1.1' | null
  readonly url: string
  readonly headers: HeaderList
  readonly bodyBytes: number
  readonly timings: Timings | null
  /** ms from the call to the last byte. */
  readonly total: number
  readonly tlsVersion: string | null
  readonly remoteAddress: string | null
  readonly error: unknown
}

/** Sends the request and delivers the response. What goes wrong is in the result. */
export async function exchange(client: Client, plan: GetPlan, io: Io, delivery: Delivery): Promise<Done> {
  const startedAt = performance.now()
  let response: RequestResult | null = null
  let connection: PooledConnectionStats | null = null
  let bodyBytes = 0
  let error: unknown = null
  try {
    response = await client.request(plan.url, requestOptions(plan, io))
    connection = connectionOf(client, response.connectionId)
    const line = connection !== null && plan.given.has('verbose') ? settingsLine(connection, io.stderr) : null
    if (line !== null) io.stderr.line(line)
    const { status, protocol, rawHeaders } = response
    bodyBytes = await deliver({ status, protocol, headers: rawHeaders }, response.body, delivery, io)
  } catch (reason) {
    response?.body.cancel()
    error = io.interrupted.aborted ? interrupted() : reason
  }
  return {
    status: response?.status ?? 0,
    protocol: response?.protocol ?? null,
    url: response?.url ?? plan.url.href,
    headers: response?.rawHeaders ?? [],
    bodyBytes,
    timings: response?.timings ?? null,
    total: performance.now() - startedAt,
    tlsVersion: connection?.tls?.version ?? null,
    remoteAddress: connection?.remoteAddress ?? null,
    error,
  }
}

function requestOptions({ request, given }: GetPlan, io: Io): RequestOptions {
  const raw = given.has('raw')
  const named = request.headers.some(([name]) => name.toLowerCase() === 'accept-encoding')
  const codings: [string, string][] = raw || named ? [] : [['accept-encoding', ACCEPTED_CODINGS]]
  const retries = given.whole('retry', 0)
  return {
    method: request.method,
    headers: [...codings, ...request.headers],
    body: request.body as Uint8Array<ArrayBuffer> | null,
    redirect: given.has('no-follow') ? 'manual' : 'follow',
    decompress: !raw,
    signal: io.interrupted,
    ...(retries !== undefined && { retry: retries === 0 ? false : { ...RETRIED, limit: retries } }),
  }
}

function connectionOf(client: Client, id: number): PooledConnectionStats | null {
  const all = client.stats().origins.flatMap(({ connections }) => connections)
  return all.find((connection) => connection.id === id) ?? null
}

/** What the server's SETTINGS allow; in their own frames they are only told by length. */
function settingsLine({ settings, id }: PooledConnectionStats, { paint }: Output): string | null {
  if (settings === undefined || settings === null) return null
  const { maxConcurrentStreams, initialWindowSize, maxFrameSize } = settings
  const streams =
    maxConcurrentStreams === null ? 'any number of streams' : plural(maxConcurrentStreams, 'stream')
  return `${' '.repeat(9)}${paint.soft('*')} connection ${id} allows ${streams}, ${bytes(initialWindowSize)} ahead on each, frames of ${bytes(maxFrameSize)}`
}

function interrupted(): CliError {
  return new CliError(ExitCode.INTERRUPTED, 'interrupted')
}
