/** The server side of one case: a raw peer that plays the fault once and behaves well from then on. */
import type { RawConnection } from '../support/raw-connection.ts'
import type { RawHttp1Connection } from '../support/raw-http1-connection.ts'
import { RawHttp1Peer } from '../support/raw-http1-peer.ts'
import { RawPeer } from '../support/raw-peer.ts'
import type { RawRequest, RawResponse } from '../support/raw-request.ts'
import type { FaultCase, Http1Case, Http2Case } from './fault-case.ts'

export const FAULT = '/fault'
export const WARM = '/warm'
export const PROBE = '/probe'

/** Scripts wait this long for a client, above all deadlines of it. */
const TIMEOUT = 10_000

export interface Host {
  readonly origin: string
  /** How often the request of the case was sent. */
  timesSent(): number
  close(): Promise<void>
}

export function host(one: FaultCase): Promise<Host> {
  return one.protocol === 'h2' ? hostHttp2(one) : hostHttp1(one)
}

const good = { status: 200, body: 'good' } as const

async function wholeAndGood(request: RawRequest): Promise<RawResponse> {
  await request.body(Number.POSITIVE_INFINITY)
  return good
}

async function hostHttp2(one: Http2Case): Promise<Host> {
  let played = false
  const play = async (connection: RawConnection) => {
    const { settings = {} } = one
    await connection.preface({ settings: played ? {} : settings, awaitAck: false, timeout: TIMEOUT })
    if (played) return connection.autoRespond(wholeAndGood)
    if (one.start !== undefined) {
      played = true
      quietly(one.start(connection))
    }
    let request = await connection.expectRequest({ timeout: TIMEOUT })
    for (; request.path === WARM; request = await connection.expectRequest({ timeout: TIMEOUT }))
      await request.respond(good)
    played = true
    await one.answer(connection, request.streamId, request)
    if (!connection.isClosed) connection.autoRespond(wholeAndGood)
  }
  const peer = await RawPeer.listen({
    timeout: TIMEOUT,
    // A script may be left standing by its client: what counts is how the client ended.
    onConnection: (connection) => quietly(play(connection)),
    ...(one.orHttp1
      ? { alpn: ['h2', 'http/1.1'], onHttp1Connection: (connection) => connection.autoRespond(good) }
      : {}),
  })
  return {
    origin: peer.origin,
    timesSent: () => peer.connections.reduce((sum, connection) => sum + faultsOn(connection), 0),
    close: () => peer.close().catch(() => {}),
  }
}

function faultsOn({ received }: RawConnection): number {
  return received.filter((frame) => frame.type === 'HEADERS' && pathOf(frame.headers) === FAULT).length
}

function pathOf(headers: readonly string[] | null | undefined): string | undefined {
  const index = headers?.indexOf(':path') ?? -1
  return index < 0 ? undefined : headers?.[index + 1]
}

async function hostHttp1(one: Http1Case): Promise<Host> {
  let played = false
  const play = async (connection: RawHttp1Connection) => {
    if (played) return connection.autoRespond(good)
    let request = await connection.expectRequest({ timeout: TIMEOUT })
    for (; request.target === WARM; request = await connection.expectRequest({ timeout: TIMEOUT }))
      connection.respond(good)
    played = true
    await one.answer(connection, request)
    if (!connection.isClosed) connection.autoRespond(good)
  }
  const peer = await RawHttp1Peer.listen({
    timeout: TIMEOUT,
    onConnection: (connection) => quietly(play(connection)),
  })
  return {
    origin: peer.origin,
    timesSent: () =>
      peer.connections.flatMap(({ heads }) => heads.filter(({ target }) => target === FAULT)).length,
    close: () => peer.close().catch(() => {}),
  }
}

async function quietly(work: unknown): Promise<void> {
  try {
    await work
  } catch {
    // The client went away, or did not do what the script waited for.
  }
}
