import type { Connected } from '../../connect/connector.ts'
import { ClosedError } from '../../core/errors.ts'
import type { Target } from '../../core/origin.ts'
import { createHttp2Engine } from '../../wire/http2/engine.ts'
import { DEFAULT_WINDOW_SIZE } from '../../wire/http2/frame-types.ts'
import { failedOf } from './dialler.ts'
import { FrameWatch } from './frame-watch.ts'
import { type Attached, askFor, attach } from './one-request.ts'
import type { Failed, Http2Facts, IdleFacts, PingFacts, ResponseFacts } from './report.ts'
import { within } from './within.ts'

export interface Http2Look {
  readonly facts: Http2Facts
  readonly idle: IdleFacts | null
}

export interface LookOptions {
  readonly pings: number
  /** ms to watch the connection doing nothing; 0: not at all. */
  readonly idle: number
  /** ms for each step. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Speaks HTTP/2 on a connection: SETTINGS, PINGs, a request, and perhaps silence. Ends the connection. */
export async function lookAtHttp2(
  connected: Connected,
  target: Target,
  options: LookOptions,
): Promise<Http2Look> {
  const startedAt = performance.now()
  const watch = new FrameWatch(connected.socket)
  const attached = attach(createHttp2Engine(), connected, target)
  const { connection } = attached
  // The process is to live while it looks.
  connection.ref()
  let response: ResponseFacts | null = null
  let ping: PingFacts | null = null
  let idle: IdleFacts | null = null
  let error: Failed | null = null
  try {
    await within(options, 'SETTINGS', attached.ready)
    // PINGs first: their answers come behind the acknowledgement of our SETTINGS.
    ping = await pingsOn(attached, options)
    response = await within(options, 'the response', askFor(connection, target))
    if (options.idle > 0) idle = await watchIdle(attached, watch, options)
  } catch (reason) {
    if (options.signal.aborted) throw reason
    error = failedOf(reason)
  }
  const facts = factsOf(watch, startedAt, { ping, response, error })
  await close(attached)
  return { facts, idle }
}

async function pingsOn({ connection }: Attached, options: LookOptions): Promise<PingFacts | null> {
  const times: number[] = []
  let sent = 0
  for (; sent < options.pings; sent += 1) {
    try {
      times.push(await within(options, 'the answer to a PING', connection.ping()))
    } catch (error) {
      if (connection.state === 'closed' || options.signal.aborted) throw error
      // Who does not answer one does not answer the next: each would cost its whole time.
      sent += 1
      break
    }
  }
  if (sent === 0) return null
  const sum = times.reduce((all, one) => all + one, 0)
  const answered = times.length
  if (answered === 0) return { sent, answered, min: 0, average: 0, max: 0 }
  return { sent, answered, min: Math.min(...times), average: sum / answered, max: Math.max(...times) }
}

async function watchIdle(attached: Attached, watch: FrameWatch, options: LookOptions): Promise<IdleFacts> {
  const from = performance.now()
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, options.idle)
  options.signal.addEventListener('abort', () => resolve(), { once: true })
  let closedAfter: number | null = null
  attached.closed.then(() => {
    closedAfter = performance.now() - from
    resolve()
  })
  await over
  clearTimeout(timer)
  return { watched: performance.now() - from, closedAfter, goAway: watch.goAway }
}

function factsOf(
  watch: FrameWatch,
  startedAt: number,
  seen: Pick<Http2Facts, 'ping' | 'response' | 'error'>,
): Http2Facts {
  const { settings, frames, altSvc, origins, pushPromises, goAway, acknowledged, settingsAt } = watch
  return {
    settings,
    settingsAfter: settingsAt === null ? null : settingsAt - startedAt,
    acknowledged,
    maxConcurrentStreams: settings.MAX_CONCURRENT_STREAMS ?? null,
    initialWindowSize: settings.INITIAL_WINDOW_SIZE ?? DEFAULT_WINDOW_SIZE,
    connectionWindow: DEFAULT_WINDOW_SIZE + watch.windowGrowth,
    altSvc,
    origins,
    pushPromises,
    goAway,
    // What comes while the connection is being closed says nothing of the server.
    frames: { ...frames },
    ...seen,
  }
}

async function close({ connection, closed }: Attached): Promise<void> {
  connection.drain()
  const timer = setTimeout(() => connection.destroy(closedByUs()), 500)
  await closed
  clearTimeout(timer)
}

function closedByUs(): ClosedError {
  return new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', 'The probe is over.')
}
