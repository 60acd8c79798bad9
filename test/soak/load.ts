/** The load: many tasks that each send one request after the other, through a client that lives as long as the run. */
import type { LookupFunction } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from '../../src/index.ts'
import type { EngineName } from './faults.ts'
import type { Figures } from './figures.ts'
import { perform, type Stage } from './perform.ts'
import { requestPlan } from './plan.ts'
import { Random } from './random.ts'

/** A request that is open for longer, ms, counts as lost: every phase of it has a limit far below. */
const LOST_AFTER = 20_000

/** Between two clients that are closed or destroyed with requests open, ms; more often would warn of churn. */
const GUEST_EVERY = 2000
const GUEST_REQUESTS = 20

export interface LoadOptions {
  readonly seed: number
  readonly engine: EngineName
  readonly concurrency: number
  readonly port: number
  readonly ca: string
}

/** Resolves the names of the run to loopback, in both forms that `dns.lookup` has. */
const lookup: LookupFunction = (_host, options, callback) => {
  process.nextTick(() => {
    if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  })
}

export class Load {
  readonly client: Client
  readonly #options: LoadOptions
  readonly #figures: Figures
  readonly #shared = new AbortController()
  readonly #losers = new Map<number, () => void>()
  readonly #watch: NodeJS.Timeout
  #nextId = 1
  #stopped = false
  #ending = false

  constructor(options: LoadOptions, figures: Figures) {
    this.#options = options
    this.#figures = figures
    this.client = this.#createClient()
    this.#watch = setInterval(() => this.#loseOverdue(), 500)
  }

  /** Runs until `stop`; resolves when every request has settled or is given up for lost. */
  async run(): Promise<void> {
    const tasks = Array.from({ length: this.#options.concurrency }, () => this.#task())
    await Promise.all([...tasks, this.#guests()])
  }

  /** Closes the client while requests are open: it finishes those. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#ending = true
    await this.client.close({ timeout: 10_000 })
  }

  /** When all is over. */
  end(): void {
    clearInterval(this.#watch)
  }

  /** Listeners that requests left on a signal of the caller's. */
  get sharedSignal(): AbortSignal {
    return this.#shared.signal
  }

  async #task(): Promise<void> {
    while (!this.#stopped) await this.#one(this.client, () => this.#ending)
  }

  async #one(client: Client, ending: () => boolean): Promise<void> {
    const figures = this.#figures
    const id = this.#nextId
    this.#nextId += 1
    const plan = requestPlan(this.#options.seed, id)
    const stage: Stage = {
      client,
      port: this.#options.port,
      figures,
      shared: this.#shared.signal,
      get ending() {
        return ending()
      },
    }
    figures.begin(id)
    if (plan.method === 'POST') figures.posts += 1
    const lost = Promise.withResolvers<void>()
    this.#losers.set(id, lost.resolve)
    await Promise.race([perform(plan, stage), lost.promise])
    this.#losers.delete(id)
    figures.settle(id)
  }

  #loseOverdue(): void {
    for (const id of this.#figures.overdue(LOST_AFTER)) {
      this.#figures.lost += 1
      this.#figures.forget(id)
      this.#losers.get(id)?.()
    }
  }

  /** Short-lived clients that end with requests open: those must settle too. */
  async #guests(): Promise<void> {
    for (let visit = 0; !this.#stopped; visit += 1) {
      const random = new Random(this.#options.seed, 200, visit)
      const client = this.#createClient()
      let ending = false
      const work = Array.from({ length: GUEST_REQUESTS }, () => this.#one(client, () => ending))
      await pause(random.whole(0, 60))
      ending = true
      if (random.chance(0.5)) client.destroy(new Error('the guest leaves'))
      else await client.close({ timeout: 200 })
      await Promise.all(work)
      await pause(GUEST_EVERY)
    }
  }

  #createClient(): Client {
    return createClient({
      engine: this.#options.engine,
      tls: { ca: this.#options.ca },
      dns: { lookup },
      timeouts: { connect: 3000, queue: 8000, headers: 1500, body: 1500 },
      keepAlive: { interval: 500, timeout: 500 },
      http2: { settingsTimeout: 1000, drainTimeout: 5000 },
      retry: {
        onRetry: () => {
          this.#figures.retries += 1
        },
      },
    })
  }
}
