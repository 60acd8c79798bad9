/** One client in one scenario: whatever runs it, the bench asks it for a round at a time. */
import { Child } from './child-process.ts'
import { hasH2load, runH2load } from './h2load.ts'
import type { ClientOrder, ClientReply, Figures } from './messages.ts'
import type { Hold, Load, Transfer } from './scenarios.ts'

export interface Runner {
  round(seconds: number): Promise<Figures & { readonly rssGrowth: number | null }>
  stop(): void
}

export interface RunnerOptions {
  readonly client: string
  readonly caFile: string
  readonly core: number | null
  readonly url: string
  /** ms that a round may take above what it should; then the client is given up. */
  readonly grace: number
}

const START_TIMEOUT = 20_000

/** A process for the client, ready to be asked. */
export async function startClient({
  client,
  caFile,
  core,
}: Pick<RunnerOptions, 'client' | 'caFile' | 'core'>): Promise<Child> {
  const child = new Child({
    script: 'client-process.ts',
    args: [client, caFile],
    core,
    env: { NODE_EXTRA_CA_CERTS: caFile },
  })
  const ready = await child.next<ClientReply>(START_TIMEOUT)
  if (ready.kind === 'ready') return child
  child.kill()
  throw new Error(ready.kind === 'failed' ? ready.message : 'did not start')
}

async function ask(child: Child, order: ClientOrder, timeout: number): Promise<ClientReply> {
  const reply = await child.ask<ClientReply>(order, timeout)
  if (reply.kind === 'failed') throw new Error(reply.message)
  return reply
}

/** The same process, and so the same connections, for all rounds. */
export async function processRunner(options: RunnerOptions, work: Load | Transfer): Promise<Runner> {
  const child = await startClient(options)
  return {
    async round(seconds) {
      const limit = work.kind === 'load' ? seconds : work.cutOff
      const order: ClientOrder = { kind: 'round', work, url: options.url, seconds }
      const reply = await ask(child, order, limit * 1000 + options.grace)
      if (reply.kind !== 'figures') throw new Error(`answered with ${reply.kind}`)
      return { ...reply.figures, rssGrowth: null }
    },
    stop: () => child.kill(),
  }
}

/** How often the server is asked, and for how long it must have sent nothing more, ms. */
const POLL = 50
const SETTLED = 400
const LONGEST_HOLD = 10_000

/** A fresh process for each round: bodies that are held are never let go of. */
export function holdRunner(options: RunnerOptions, work: Hold, server: Child): Runner {
  let current: Child | null = null
  const accepted = async () => {
    const reply = await server.ask<{ kind: string; bytes: number }>({ kind: 'accepted' }, options.grace)
    return reply.bytes
  }
  return {
    async round(seconds) {
      const child = await startClient(options)
      current = child
      try {
        const before = await accepted()
        const order: ClientOrder = { kind: 'round', work, url: `${options.url}?unread`, seconds }
        const reply = await ask(child, order, options.grace)
        if (reply.kind !== 'figures') throw new Error(`answered with ${reply.kind}`)
        const bytes = (await settled(accepted)) - before
        const memory = await ask(child, { kind: 'memory' }, options.grace)
        if (memory.kind !== 'memory') throw new Error(`answered with ${memory.kind}`)
        return { ...reply.figures, bytes, rss: memory.now, rssGrowth: memory.now - memory.before }
      } finally {
        child.kill()
      }
    },
    stop: () => current?.kill(),
  }
}

/** The value once it has stopped to grow. */
async function settled(read: () => Promise<number>): Promise<number> {
  let value = await read()
  let since = performance.now()
  const deadline = since + LONGEST_HOLD
  while (performance.now() < deadline && performance.now() - since < SETTLED) {
    await new Promise((resolve) => setTimeout(resolve, POLL))
    const now = await read()
    if (now !== value) since = performance.now()
    value = now
  }
  return value
}

export function h2loadRunner(
  options: RunnerOptions & { readonly folder: string; readonly http1: boolean },
  work: Load | Transfer,
): Runner {
  if (!hasH2load()) throw new Error('h2load is not installed')
  return {
    round: async (seconds) => ({ ...(await runH2load({ ...options, work, seconds })), rssGrowth: null }),
    stop: () => {},
  }
}
