/** The process in which one client runs: it sends what it is told, and tells how that ended. */
import { ensureCertificates } from '../support/certificates.ts'
import { sleep } from '../support/wait-for.ts'
import { peers, type Send } from './clients.ts'
import type { Sending } from './fault-case.ts'
import { FAULT, PROBE, WARM } from './host.ts'

/** What the parent sends. */
export interface Order {
  readonly origin: string
  readonly send: Sending
  readonly warm: boolean
  readonly probe: boolean
}

/** How one request ended. */
export type Ending =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  | { readonly kind: 'error'; readonly text: string; readonly bySignal: boolean }
  | { readonly kind: 'hang' }

/** What the child sends; it says `ready` once. */
export interface Report {
  readonly ending: Ending
  /** null: none was asked for. */
  readonly probe: Ending | null
  /** The probe once more, when it failed. */
  readonly later: Ending | null
  /** How long the request took, in ms. */
  readonly took: number
}

/** ms until a request that did not settle, in spite of its signal, counts as hung. */
const HANG = 5000
const SIGNAL = 3500
const PROBE_SIGNAL = 2500
const LATER = 100

async function ending(
  send: Send,
  url: string,
  { method = 'GET', bodyLength, signal }: Sending,
): Promise<Ending> {
  const timer = AbortSignal.timeout(signal ?? SIGNAL)
  const body = bodyLength === undefined ? {} : { body: Buffer.alloc(bodyLength, 'x') }
  const sent = send(url, { method, signal: timer, ...body }).then(
    (answer): Ending => ({ kind: 'answer', status: answer.status, body: answer.body.toString('latin1') }),
    (error: unknown): Ending => ({ kind: 'error', text: textOf(error), bySignal: timer.aborted }),
  )
  const late = Promise.withResolvers<Ending>()
  const hang = setTimeout(() => late.resolve({ kind: 'hang' }), HANG)
  try {
    return await Promise.race([sent, late.promise])
  } finally {
    clearTimeout(hang)
  }
}

/** Names and codes down the chain of causes. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  const own = `${error.name}${typeof code === 'string' ? ` ${code}` : ''}: ${error.message.slice(0, 100)}`
  return cause instanceof Error ? `${own} < ${textOf(cause)}` : own
}

async function carryOut(send: Send, { origin, send: sending, warm, probe: probed }: Order): Promise<Report> {
  if (warm) {
    await ending(send, `${origin}${WARM}`, {})
    await sleep(20)
  }
  const startedAt = performance.now()
  const fault = await ending(send, `${origin}${FAULT}`, sending)
  const took = performance.now() - startedAt
  // In the same turn: whoever hands out a dead connection now loses this one as well.
  const probe = probed ? await ending(send, `${origin}${PROBE}`, { signal: PROBE_SIGNAL }) : null
  if (probe === null || (probe.kind === 'answer' && probe.status === 200))
    return { ending: fault, probe, later: null, took }
  await sleep(LATER)
  const later = await ending(send, `${origin}${PROBE}`, { signal: PROBE_SIGNAL })
  return { ending: fault, probe, later, took }
}

const peer = peers.find(({ name }) => name === process.argv[2])
if (peer === undefined || process.send === undefined) throw new Error('this runs as a child of run.ts')
const send = await peer.load((await ensureCertificates()).ca)
process.on('message', async (order: Order) => {
  const report = await carryOut(send, order)
  process.send?.(report)
})
process.on('disconnect', () => process.exit())
process.send('ready')
