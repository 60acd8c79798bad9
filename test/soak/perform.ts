/** One request by its plan, from the call to the last byte; its outcome goes into the figures. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, ClientError, type FetchResponse, type RequestResult } from '../../src/index.ts'
import { contentOf, isContent } from './content.ts'
import type { Figures } from './figures.ts'
import type { RequestPlan } from './plan.ts'

/** The first, and three replays. */
const ATTEMPTS = 4

const REPLAYED: ReadonlySet<string> = new Set([
  'ERR_TRUNKLINE_STREAM_REFUSED',
  'ERR_TRUNKLINE_GOAWAY',
  'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
  'ERR_TRUNKLINE_HTTP_1_1_REQUIRED',
])

export interface Stage {
  readonly client: Client
  readonly port: number
  readonly figures: Figures
  /** A signal that many requests share and that never fires. */
  readonly shared: AbortSignal
  /** The client is being closed or destroyed under the request. */
  readonly ending: boolean
}

/** Why a request of ours was aborted: must come back as it is. */
class GaveUp extends Error {}

type BodyAndHead = {
  readonly status: number
  readonly id: string | null
  readonly result: RequestResult | FetchResponse
}

export async function perform(plan: RequestPlan, stage: Stage): Promise<void> {
  const { figures } = stage
  const abort = new AbortController()
  const timer =
    plan.givingUp === 'abort' ? setTimeout(() => abort.abort(new GaveUp()), plan.patience) : undefined
  try {
    const signal = signalFor(plan, abort.signal, stage.shared)
    const answer = await (plan.via === 'fetch' ? viaFetch : viaRequest)(plan, stage, signal)
    await receive(plan, answer, figures)
    if (answer.result.timings.attempts > 1) figures.replayed += 1
    if (answer.result.protocol === 'http/1.1') figures.http1 += 1
  } catch (error) {
    fail(plan, error, stage)
  } finally {
    clearTimeout(timer)
  }
}

function signalFor(plan: RequestPlan, own: AbortSignal, shared: AbortSignal): AbortSignal | null {
  if (plan.givingUp === 'abort') return own
  if (plan.givingUp === 'timeout') return AbortSignal.timeout(plan.patience)
  return plan.id % 10 === 0 ? shared : null
}

async function viaFetch(
  plan: RequestPlan,
  { client, port }: Stage,
  signal: AbortSignal | null,
): Promise<BodyAndHead> {
  const result = await client.fetch(urlOf(plan, port), {
    method: plan.method,
    signal,
    ...(plan.method === 'POST' ? { body: bodyOf(plan), duplex: 'half' } : {}),
  } as Parameters<Client['fetch']>[1])
  return { status: result.status, id: result.headers.get('x-id'), result }
}

async function viaRequest(
  plan: RequestPlan,
  { client, port }: Stage,
  signal: AbortSignal | null,
): Promise<BodyAndHead> {
  const result = await client.request(urlOf(plan, port), {
    method: plan.method,
    signal,
    ...(plan.method === 'POST' ? { body: bodyOf(plan) } : {}),
  })
  return { status: result.status, id: result.headers['x-id'] ?? null, result }
}

function urlOf({ host, id, upload, length }: RequestPlan, port: number): string {
  return `https://${host}:${port}/${id}/${upload}/${length}`
}

function bodyOf({ id, upload, body }: RequestPlan) {
  const content = contentOf(id, upload)
  if (body === 'bytes') return content
  const pieces = () => inPieces(content)
  return body === 'factory' ? pieces : pieces()
}

async function* inPieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < content.length; offset += 4096) yield content.subarray(offset, offset + 4096)
}

async function receive(plan: RequestPlan, answer: BodyAndHead, figures: Figures): Promise<void> {
  const { result, status } = answer
  if (plan.givingUp === 'cancel') {
    if ('rawHeaders' in result) result.body.cancel()
    else await result.body?.cancel()
    figures.gaveUp('body cancelled')
    return
  }
  const bytes = await bytesOf(result, plan.givingUp === 'slow')
  if (status === 421) {
    figures.ok += 1
    return
  }
  if (status === 200 && answer.id === String(plan.id) && isContent(bytes, plan.id, plan.length)) {
    figures.ok += 1
    return
  }
  const kind = status === 200 && bytes.length < plan.length ? 'truncated' : 'corrupt'
  const { protocol, connectionId, streamId, timings } = result
  figures.wrongBody(
    kind,
    `request ${plan.id} (${plan.method}, ${plan.via}, ${plan.givingUp}): status ${status}, x-id ${answer.id}, ` +
      `${bytes.length} of ${plan.length} bytes over ${protocol}, connection ${connectionId}, ` +
      `stream ${streamId}, attempts ${timings.attempts}`,
  )
}

async function bytesOf(result: RequestResult | FetchResponse, slow: boolean): Promise<Uint8Array> {
  if (!slow) return 'rawHeaders' in result ? result.body.bytes() : result.bytes()
  const chunks: Uint8Array[] = []
  const body = result.body as AsyncIterable<Uint8Array> | null
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    await pause(1)
  }
  return Buffer.concat(chunks)
}

/** What the server did not process goes out again, so long as it can be sent again. */
function shouldHaveReplayed(plan: RequestPlan, error: ClientError): boolean {
  const again = REPLAYED.has(error.code) && error.processed === 'no' && error.attempts < ATTEMPTS
  return again && !(plan.method === 'POST' && plan.body === 'stream')
}

function fail(plan: RequestPlan, error: unknown, { figures, ending }: Stage): void {
  const cause = plan.via === 'fetch' && error instanceof TypeError ? error.cause : error
  if (cause instanceof ClientError) {
    const closed =
      cause.code === 'ERR_TRUNKLINE_CLIENT_CLOSED' || cause.code === 'ERR_TRUNKLINE_CLIENT_DESTROYED'
    if (closed && !ending) figures.strange(`${cause.code} while the client was open`)
    figures.error(cause.code, cause.message)
    if (cause.attempts > 1) figures.replayed += 1
    if (plan.method === 'POST' && cause.processed === 'no') figures.unprocessed.push(plan.id)
    if (shouldHaveReplayed(plan, cause)) {
      figures.shouldHaveReplayed(
        `request ${plan.id} (${plan.method}), attempt ${cause.attempts}: ${cause.message}`,
      )
    }
  } else if (plan.givingUp === 'abort' && cause instanceof GaveUp) figures.gaveUp('aborted')
  else if (plan.givingUp === 'timeout' && cause instanceof DOMException && cause.name === 'TimeoutError')
    figures.gaveUp('timed out')
  else
    figures.strange(`${plan.via}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
}
