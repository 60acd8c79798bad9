import { createClient } from '../../client.ts'
import type { Client } from '../../client-interface.ts'
import { MemoryTlsSessionStore } from '../../connect/tls-session-store.ts'
import { clientOptions } from '../client-flags.ts'
import type { Io } from '../command.ts'
import { ms } from '../format.ts'
import { type Done, exchange } from './exchange.ts'
import type { GetPlan } from './plan.ts'
import { timingTable } from './timing-table.ts'

/** The first of two: its response is read, and nobody is shown it. */
const UNSEEN = { head: false, body: 'drop', file: null, anything: false, fail: false } as const

/** How long a ticket that was not there with the response is waited for, ms. */
const TICKET_PATIENCE = 250

/**
 * The same request twice, over a connection each. The second offers the TLS session of the first (RFC 8446 section
 * 2.2); both look the name up and connect.
 */
export async function getAndResume(plan: GetPlan, io: Io): Promise<Done[]> {
  const tickets = new TicketCounter()
  const first = await once(plan, io, tickets, UNSEEN)
  if (first.error !== null) return [first]
  await tickets.wait()
  const second = await once(plan, io, tickets, plan.delivery)
  const done = [first, second]
  if (second.error === null) io.stderr.line(comparison(done, tickets.count, io))
  return done
}

async function once(
  plan: GetPlan,
  io: Io,
  tlsSessions: MemoryTlsSessionStore,
  delivery: GetPlan['delivery'],
): Promise<Done> {
  const client: Client = createClient({ ...(await clientOptions(plan.given)), tlsSessions })
  const done = await exchange(client, plan, io, delivery)
  await client.close({ timeout: 1000 })
  return done
}

function comparison(done: readonly Done[], tickets: number, io: Io): string {
  const { paint } = io.stderr
  const [first, second] = done as [Done, Done]
  const title = second.timings?.resumed ? 'resumed' : 'full again'
  const table = timingTable(
    [
      { title: 'full', done: first },
      { title, done: second },
    ],
    paint,
  )
  return `${table}\n  ${verdict(first, second, tickets, io)}\n`
}

function verdict(first: Done, second: Done, tickets: number, io: Io): string {
  const { paint } = io.stderr
  if (!second.timings?.resumed) {
    const why = tickets === 0 ? 'it gave no ticket' : 'it gave a ticket and did not take it'
    return `${paint.warn('Not resumed:')} ${why}.`
  }
  const [full, resumed] = [first.timings?.tls ?? 0, second.timings.tls ?? 0]
  return `${paint.good('Resumed:')} TLS took ${ms(resumed)} instead of ${ms(full)}.`
}

class TicketCounter extends MemoryTlsSessionStore {
  count = 0
  #onFirst = () => {}
  readonly #first = new Promise<void>((resolve) => {
    this.#onFirst = resolve
  })

  override add(...given: Parameters<MemoryTlsSessionStore['add']>): void {
    this.count += 1
    super.add(...given)
    this.#onFirst()
  }

  /** Until there is a ticket, or it is plain that none will come. */
  async wait(): Promise<void> {
    if (this.count > 0) return
    const patience = Promise.withResolvers<void>()
    const timer = setTimeout(patience.resolve, TICKET_PATIENCE)
    await Promise.race([this.#first, patience.promise])
    clearTimeout(timer)
  }
}
