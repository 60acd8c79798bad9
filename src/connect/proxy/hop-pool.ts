import type { Clock } from '../../core/clock.ts'
import { ClientError, copyOf } from '../../core/errors.ts'
import type { AlpnProtocol } from '../../wire/contract.ts'
import type { Connected, Connector } from '../connector.ts'
import { DialProgress } from '../dial-progress.ts'
import { HopDial } from './hop-dial.ts'
import type { ProxyServer } from './proxy-server.ts'
import { ProxySession, type ProxySessionContext } from './proxy-session.ts'

/** Someone who wants a tunnel through the proxy. Exactly one of these is called, unless it left. */
export interface HopWaiter {
  readonly progress: DialProgress
  /** Opens the tunnel in this very call. */
  useSession(session: ProxySession): void
  /** Has the connection to itself. */
  useSocket(connected: Connected, dialId: number): void
  fail(error: unknown): void
}

export interface HopPoolContext extends ProxySessionContext {
  readonly clock: Clock
  /** Connects to this proxy, with what it is trusted by and what is written down now. */
  readonly connector: () => Connector
  /** What it spoke last; undefined: nothing is known. */
  readonly spoke: AlpnProtocol | undefined
  onSpoke(protocol: AlpnProtocol): void
  /** Nothing is here and nothing is coming. */
  onEmpty(): void
}

/**
 * The connections to one proxy. One that speaks HTTP/2 is shared by all tunnels, and dialled once for all who wait; of
 * HTTP/1.1 each tunnel has its own.
 */
export class HopPool {
  readonly #server: ProxyServer
  readonly #context: HopPoolContext
  readonly #sessions = new Set<ProxySession>()
  readonly #waiters = new Set<HopWaiter>()
  readonly #dials = new Set<HopDial>()
  /** The dial that a waiter goes by. */
  readonly #leads = new WeakMap<HopWaiter, HopDial>()
  #spoke: AlpnProtocol | undefined
  #isClosing = false

  constructor(server: ProxyServer, context: HopPoolContext) {
    this.#server = server
    this.#context = context
    this.#spoke = server.offer.includes('h2') ? context.spoke : 'http/1.1'
  }

  get waiting(): number {
    return this.#waiters.size
  }

  get dialling(): number {
    return this.#dials.size
  }

  get sessions(): Iterable<ProxySession> {
    return this.#sessions
  }

  enter(waiter: HopWaiter): void {
    this.#waiters.add(waiter)
    this.#pump()
    // It waits for a dial that others began, or for room.
    const dial = [...this.#dials].at(-1)
    if (this.#waiters.has(waiter)) this.#follow(waiter, dial?.progress ?? reached(this.#context.clock))
  }

  /** It gave up. A dial that nobody waits for any more is given up too. */
  leave(waiter: HopWaiter): void {
    if (!this.#waiters.delete(waiter)) return
    const needed = this.#spoke === 'http/1.1' ? this.#waiters.size : Math.min(1, this.#waiters.size)
    for (const dial of [...this.#dials].slice(needed)) dial.controller.abort()
    this.#settle()
  }

  close(): void {
    this.#isClosing = true
    for (const session of [...this.#sessions]) session.retire('closing')
    this.#settle()
  }

  destroy(error: ClientError): void {
    this.#isClosing = true
    for (const dial of this.#dials) dial.controller.abort(error)
    this.#failAll(error)
    for (const session of [...this.#sessions]) session.destroy(error)
    this.#settle()
  }

  #pump(): void {
    for (const waiter of this.#waiters) {
      const session = [...this.#sessions].find(({ hasRoom }) => hasRoom)
      if (session === undefined) break
      this.#waiters.delete(waiter)
      this.#follow(waiter, reached(this.#context.clock))
      waiter.useSession(session)
    }
    for (let wanted = this.#dialsWanted(); wanted > 0; wanted -= 1) this.#dial()
  }

  #dialsWanted(): number {
    if (this.#waiters.size === 0) return 0
    if (this.#spoke === 'http/1.1') return this.#waiters.size - this.#dials.size
    const isComing = this.#dials.size > 0 || [...this.#sessions].some(({ isStarting }) => isStarting)
    return isComing ? 0 : 1
  }

  #dial(): void {
    const { origin, offer } = this.#server
    const dial = new HopDial(origin, this.#context.clock)
    this.#dials.add(dial)
    for (const waiter of this.#waiters) this.#lead(waiter, dial)
    this.#context
      .connector()
      .connect(origin, offer, dial.controller.signal, dial.progress)
      .then(
        (connected) => this.#onConnected(dial, connected),
        (error) => this.#onFailed(dial, error),
      )
      .catch((fault) => this.#failAll(fault))
  }

  #onConnected(dial: HopDial, connected: Connected): void {
    this.#dials.delete(dial)
    this.#spoke = connected.protocol
    this.#context.onSpoke(connected.protocol)
    if (dial.controller.signal.aborted) {
      connected.socket.destroy()
      dial.failed(null)
    } else if (connected.protocol === 'h2') this.#attach(connected, dial)
    else this.#give(connected, dial)
    this.#pump()
    this.#settle()
  }

  #give(connected: Connected, dial: HopDial): void {
    dial.became(connected.protocol, null)
    const [waiter] = this.#waiters
    if (waiter === undefined) return void connected.socket.destroy()
    this.#waiters.delete(waiter)
    waiter.useSocket(connected, dial.id)
  }

  #attach(connected: Connected, dial: HopDial): void {
    const { origin } = this.#server
    try {
      const session: ProxySession = new ProxySession(connected, origin, dial, this.#context, {
        onRoom: () => this.#pump(),
        // Those who wait for room in it wait in vain.
        onLeaving: () => queueMicrotask(() => this.#pump()),
        onClosed: () => {
          this.#sessions.delete(session)
          this.#pump()
          this.#settle()
        },
      })
      this.#sessions.add(session)
      if (this.#isClosing) session.retire('closing')
    } catch (error) {
      connected.socket.destroy()
      dial.failed(error)
      this.#failAll(error)
    }
  }

  #onFailed(dial: HopDial, error: unknown): void {
    this.#dials.delete(dial)
    dial.failed(error)
    if (dial.controller.signal.aborted) this.#pump()
    else if (this.#spoke === 'http/1.1') {
      const [waiter] = this.#waiters
      if (waiter !== undefined) this.#fail(waiter, error)
    } else this.#failAll(error)
    this.#settle()
  }

  #failAll(error: unknown): void {
    for (const waiter of [...this.#waiters]) this.#fail(waiter, error)
  }

  #fail(waiter: HopWaiter, error: unknown): void {
    this.#waiters.delete(waiter)
    waiter.fail(error instanceof ClientError ? copyOf(error) : error)
  }

  /** Whoever waits for a dial that still runs goes by that one: another one does not start his time anew. */
  #lead(waiter: HopWaiter, dial: HopDial): void {
    const before = this.#leads.get(waiter)
    if (before !== undefined && this.#dials.has(before)) return
    this.#leads.set(waiter, dial)
    this.#follow(waiter, dial.progress)
  }

  #follow({ progress }: HopWaiter, hop: DialProgress): void {
    progress.follow(hop, this.#context.clock.now())
  }

  #settle(): void {
    if (this.#sessions.size + this.#dials.size + this.#waiters.size === 0) this.#context.onEmpty()
  }
}

/** The progress of a dial that is over. */
function reached(clock: Clock): DialProgress {
  const progress = new DialProgress()
  progress.begin(clock.now(), true)
  progress.connected(clock.now())
  return progress
}
