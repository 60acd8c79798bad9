/** A process with one client in it; it does what the bench orders and ends with it. */
import { readFile } from 'node:fs/promises'
import type { Session } from './clients/client.ts'
import { findClient } from './clients/index.ts'
import { messageOf, runLoad, runTransfer } from './measure.ts'
import type { ClientOrder, ClientReply, Figures } from './messages.ts'
import type { Hold } from './scenarios.ts'

const [id = '', caFile = ''] = process.argv.slice(2)
const held: unknown[] = []
let memoryBefore = 0

function reply(message: ClientReply): void {
  process.send?.(message)
}

async function obey(session: Session, order: ClientOrder): Promise<ClientReply> {
  if (order.kind === 'probe') return { kind: 'protocol', protocol: await probe(session, order.url) }
  if (order.kind === 'memory') return { kind: 'memory', before: memoryBefore, now: process.memoryUsage.rss() }
  return { kind: 'figures', figures: await round(session, order) }
}

function round(session: Session, order: ClientOrder & { kind: 'round' }): Promise<Figures> {
  const { work, url } = order
  if (work.kind === 'load') return runLoad(session, work, url, order.seconds)
  if (work.kind === 'transfer') return runTransfer(session, work, url)
  return holdBodies(session, work, url)
}

/** The body is as long as the version says: `/protocol` answers 2 bytes for HTTP/2, 3 for 1.1. */
async function probe(session: Session, url: string): Promise<string> {
  return (await session.text(url, {})) === 'h2'.length ? 'h2' : 'http/1.1'
}

async function holdBodies(session: Session, work: Hold, url: string): Promise<Figures> {
  memoryBefore = process.memoryUsage.rss()
  held.push(...(await Promise.all(Array.from({ length: work.parallel }, () => session.hold(url)))))
  const none = { seconds: 0, bytes: 0, cpuMicros: null, allocatedBytes: null, gcMicros: null }
  return { ...none, requests: held.length, p50: null, p99: null, rss: null, errors: 0, firstError: null }
}

process.on('disconnect', () => process.exit())

try {
  const { open } = findClient(id)
  if (open === null) throw new Error('It runs by itself')
  const session = await open({ ca: await readFile(caFile, 'utf8') })
  process.on('message', (order: ClientOrder) => {
    obey(session, order).then(reply, (error) => reply({ kind: 'failed', message: messageOf(error) }))
  })
  reply({ kind: 'ready' })
} catch (error) {
  reply({ kind: 'failed', message: messageOf(error) })
}
