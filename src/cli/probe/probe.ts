import type { Connected } from '../../connect/connector.ts'
import { ClientError } from '../../core/errors.ts'
import type { Target } from '../../core/origin.ts'
import type { AlpnProtocol } from '../../wire/contract.ts'
import { createNodeHttp1Engine } from '../../wire/node-http1/engine.ts'
import {
  certificateOf,
  Dialler,
  type DiallerOptions,
  failedOf,
  keyExchangeOf,
  tlsSocketOf,
} from './dialler.ts'
import { type LookOptions, lookAtHttp2 } from './http2-look.ts'
import { askFor, attach } from './one-request.ts'
import type { ConnectionFacts, Failed, Http1Facts, ProbeReport, Resumption, TlsFacts } from './report.ts'
import { judge } from './verdict.ts'
import { within } from './within.ts'

export interface ProbeOptions extends DiallerOptions, LookOptions {
  readonly target: Target
}

const BOTH: readonly AlpnProtocol[] = ['h2', 'http/1.1']

/** Bytes of a header section. */
const MOST_HEADERS = 64 * 1024

/** Looks at an origin in every way a client may come to it. Rejects when there is no connection at all. */
export async function probe(options: ProbeOptions): Promise<ProbeReport> {
  const { target } = options
  const seen = target.origin.scheme === 'https' ? await overTls(options) : await inTheClear(options)
  const report = {
    kind: 'trunkline-probe',
    version: 1,
    url: target.href,
    origin: target.origin.key,
    date: new Date().toISOString(),
    ...seen,
  } as const
  return { ...report, ...judge(report) }
}

type Seen = Pick<ProbeReport, 'connection' | 'tls' | 'resumption' | 'http2' | 'http1' | 'idle'>

async function overTls(options: ProbeOptions): Promise<Seen> {
  const { dialler, connected, distrust } = await firstDial(options)
  const connection = connectionFacts(connected)
  const facts = tlsFacts(connected, distrust)
  const h2 = connected.protocol === 'h2' ? await lookAtHttp2(connected, options.target, options) : null
  if (h2 === null) await finish(connected)
  const resumption = distrust === null && verifies(options) ? await resume(dialler, connected, options) : null
  const trust = distrust === null ? {} : { rejectUnauthorized: false }
  const http1 = await overHttp1(options, () => dialler.dial(['http/1.1'], trust))
  const tls12 = facts.version === 'TLSv1.2' ? null : await speaksTls12(dialler, trust, options)
  return {
    connection,
    tls: { ...facts, tls12 },
    resumption,
    http2: h2?.facts ?? null,
    http1,
    idle: h2?.idle ?? null,
  }
}

interface FirstDial {
  readonly dialler: Dialler
  readonly connected: Connected
  readonly distrust: Failed | null
}

/** A certificate that is not trusted is told, and no reason to see nothing else. */
async function firstDial(options: ProbeOptions): Promise<FirstDial> {
  const dialler = new Dialler(options)
  try {
    return { dialler, connected: await dialler.dial(BOTH), distrust: null }
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'ERR_TRUNKLINE_CERTIFICATE_REJECTED') throw error
    const connected = await dialler.dial(BOTH, { rejectUnauthorized: false })
    return { dialler, connected, distrust: failedOf(error) }
  }
}

/** Without verification nothing is resumed, whatever the server would do. */
function verifies({ tls }: ProbeOptions): boolean {
  return tls.rejectUnauthorized !== false
}

function connectionFacts({ remoteAddress, protocol, timings, tls }: Connected): ConnectionFacts {
  const { dns, connect } = timings
  return { address: remoteAddress, protocol, dns, connect, tls: tls === null ? null : timings.tls }
}

function tlsFacts(connected: Connected, distrust: Failed | null): Omit<TlsFacts, 'tls12'> {
  const socket = tlsSocketOf(connected)
  if (socket === null) throw new Error('a connection to an https origin without TLS')
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    keyExchange: keyExchangeOf(socket),
    alpn: socket.alpnProtocol || null,
    distrust,
    certificate: certificateOf(socket, Date.now()),
  }
}

/** RFC 8446 section 2.2: a second connection offers what the first was given. */
async function resume(dialler: Dialler, first: Connected, options: ProbeOptions): Promise<Resumption> {
  const tickets = dialler.sessions.count
  const full = first.timings.tls
  if (tickets === 0) return { tickets, resumed: false, full, second: null, error: null }
  try {
    const again = await dialler.dial(BOTH)
    const resumed = again.tls?.resumed ?? false
    const second = again.timings.tls
    await finish(again)
    return { tickets, resumed, full, second, error: null }
  } catch (error) {
    if (options.signal.aborted) throw error
    return { tickets, resumed: false, full, second: null, error: failedOf(error) }
  }
}

async function overHttp1(options: ProbeOptions, dial: () => Promise<Connected>): Promise<Http1Facts> {
  let connected: Connected | null = null
  try {
    connected = await dial()
    const { connection } = attach(
      createNodeHttp1Engine({ maxHeaderListSize: MOST_HEADERS }),
      connected,
      options.target,
    )
    connection.ref()
    const response = await within(options, 'the response', askFor(connection, options.target))
    return { works: true, response, error: null }
  } catch (error) {
    if (options.signal.aborted) throw error
    return { works: false, response: null, error: failedOf(error) }
  } finally {
    connected?.socket.destroy()
  }
}

async function speaksTls12(dialler: Dialler, trust: object, options: ProbeOptions): Promise<boolean> {
  try {
    await finish(await dialler.dial(BOTH, { ...trust, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }))
    return true
  } catch (error) {
    if (options.signal.aborted) throw error
    return false
  }
}

/** Over `http:` nothing says what the server speaks; it is asked (RFC 9113 section 3.3). */
async function inTheClear(options: ProbeOptions): Promise<Seen> {
  const dialler = new Dialler(options)
  const connected = await dialler.dial(['h2'])
  const connection = connectionFacts(connected)
  const { facts, idle } = await lookAtHttp2(connected, options.target, options)
  const spoke = facts.settingsAfter !== null
  const http1 = await overHttp1(options, () => dialler.dial(['http/1.1']))
  return {
    connection: { ...connection, protocol: spoke ? 'h2' : 'http/1.1' },
    tls: null,
    resumption: null,
    http2: spoke ? facts : null,
    http1,
    idle: spoke ? idle : null,
  }
}

async function finish({ socket }: Connected): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.destroy()
  await closed
}
