import type { Clock } from '../../core/clock.ts'
import { ClientError, copyOf } from '../../core/errors.ts'
import type { AlpnProtocol } from '../../wire/contract.ts'
import type { Connected, Connector } from '../connector.ts'
import { arrived, DialProgress } from '../dial-progress.ts'
import type { ProxyServer } from './proxy-server.ts'
import { ProxySession, type ProxySessionContext } from './proxy-session.ts'

/** Someone who wants a tunnel through the proxy. Exactly one of these is called, unless it left. */
export interface HopWaiter {
  readonly progress: DialProgress
  /** Opens the tunnel in this very call. */
  useSession(session: ProxySession): void
  /** Has the connection to itself. */
  useSocket(connected: Connected): void
  fail(error: unknown): void
}

export interface HopPoolContext extends ProxySessionContext {
  readonly clock: Clock
  /** Connects to this proxy, with what it is trusted by. */
  readonly connector: Connector
  /** What it spoke last; undefined: nothing is known. */
  readonly spoke: AlpnProtocol | undefined
  onSpoke(protocol: AlpnProtocol): void
  /** Nothing is here and nothing is coming. */
  onEmpty(): void
}

interface HopDial {
  /** Who it was made for: it is part of that one's dial, and that one's first of all. */
  readonly waiter: HopWaiter
  readonly controller: AbortController
  readonly progress: DialProgress
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
  #spoke: AlpnProtocol | undefined
  #isClosing = false

  constructor(server: ProxyServer, context: HopPoolContext) {
    this.#server = server
    this.#context = context
    this.#spoke = server.offer.includes('h2') ? context.spoke : 'http/1.1'
  }

  enter(waiter: HopWaiter): void {
    this.#waiters.add(waiter)
    this.#pump()
    // It waits for a dial that others began, or for room.
    const dial = [...this.#dials].at(-1)
    if (this.#waiters.has(waiter))
      waiter.progress.follow(dial?.progress ?? arrived(this.#context.clock.now()))
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
    for (const session of [...this.#sessions]) session.retire()
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
      waiter.progress.asked(this.#context.clock.now())
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
    const waiter = this.#undialled()
    const progress = new DialProgress(waiter.progress.trace, true)
    const dial: HopDial = { waiter, controller: new AbortController(), progress }
    this.#dials.add(dial)
    for (const each of this.#spoke === 'http/1.1' ? [waiter] : this.#waiters) each.progress.follow(progress)
    const { origin, offer } = this.#server
    this.#context.connector
      .connect(origin, offer, dial.controller.signal, progress)
      .then(
        (connected) => this.#onConnected(dial, connected),
        (error) => this.#onFailed(dial, error),
      )
      .catch((fault) => this.#failAll(fault))
  }

  /** The first that no dial was made for. */
  #undialled(): HopWaiter {
    const dialled = new Set([...this.#dials].map(({ waiter }) => waiter))
    const [first, ...rest] = this.#waiters as Iterable<HopWaiter> as [HopWaiter, ...HopWaiter[]]
    return [first, ...rest].find((waiter) => !dialled.has(waiter)) ?? first
  }

  #onConnected(dial: HopDial, connected: Connected): void {
    this.#dials.delete(dial)
    this.#spoke = connected.protocol
    this.#context.onSpoke(connected.protocol)
    if (dial.controller.signal.aborted) connected.socket.destroy()
    else if (connected.protocol === 'h2') this.#attach(connected)
    else this.#give(dial, connected)
    this.#pump()
    this.#settle()
  }

  #give(dial: HopDial, connected: Connected): void {
    const waiter = this.#servedBy(dial)
    if (waiter === undefined) return void connected.socket.destroy()
    this.#waiters.delete(waiter)
    waiter.progress.follow(dial.progress)
    waiter.progress.asked(this.#context.clock.now())
    waiter.useSocket(connected)
  }

  /** The one it was made for, or another if that one has left. */
  #servedBy({ waiter }: HopDial): HopWaiter | undefined {
    return this.#waiters.has(waiter) ? waiter : [...this.#waiters][0]
  }

  #attach(connected: Connected): void {
    try {
      const session: ProxySession = new ProxySession(connected, this.#server.origin, this.#context, {
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
      if (this.#isClosing) session.retire()
    } catch (error) {
      connected.socket.destroy()
      this.#failAll(error)
    }
  }

  #onFailed(dial: HopDial, error: unknown): void {
    this.#dials.delete(dial)
    if (dial.controller.signal.aborted) this.#pump()
    else if (this.#spoke === 'http/1.1') {
      const waiter = this.#servedBy(dial)
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

  #settle(): void {
    if (this.#sessions.size + this.#dials.size + this.#waiters.size === 0) this.#context.onEmpty()
  }
}
