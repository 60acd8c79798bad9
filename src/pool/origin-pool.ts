import type { Connected } from '../connect/connector.ts'
import type { DialProgress } from '../connect/dial-progress.ts'
import type { Timer } from '../core/clock.ts'
import type { ClientError } from '../core/errors.ts'
import type { Entry } from '../core/linked-queue.ts'
import type { Origin } from '../core/origin.ts'
import { UrgencyQueue } from '../core/urgency-queue.ts'
import type { AlpnProtocol, GoAway } from '../wire/contract.ts'
import { anyLiving, idlestOf, superfluous, withRoom } from './census.ts'
import { tellOpen } from './connection-events.ts'
import type { ConnectionPolicy } from './connection-policy.ts'
import { census, dialsWanted } from './dial-plan.ts'
import { expectedOf, expectsHttp1, isHttp1, offerOf } from './offers.ts'
import type { PoolContext, Tenant, Waiter } from './pool-context.ts'
import { PoolDial } from './pool-dial.ts'
import { connectionRefused, queueFull } from './pool-errors.ts'
import { PooledConnection, type PoolMember } from './pooled-connection.ts'

/** After a failed dial beside living connections: ms until another one is tried. */
const REDIAL_DELAY = 1000

/** How long an origin is taken at its word that no connection is the right one (421), ms. */
const MISDIRECTED_MEMORY = 60_000

/** Connections that may end before they are ready until those who wait are told. */
const EARLY_ENDS_FORGIVEN = 1

/**
 * All connections to one origin, and who waits for one. Every change ends in `#pump`, which hands free slots to
 * waiters, by urgency and then first come first served, and starts the dials that are wanted; nothing else starts either.
 */
export class OriginPool implements PoolMember, Tenant {
  readonly origin: Origin
  readonly #context: PoolContext
  readonly #queue = new UrgencyQueue<Waiter>()
  readonly #preconnects = new UrgencyQueue<Waiter>()
  readonly #connections = new Set<PooledConnection>()
  readonly #dials = new Set<PoolDial>()
  #pingBackoff = 1
  #misdirectedUntil = 0
  /** Connections in a row that ended before they could be used. */
  #earlyEnds = 0
  /** Counts those who came to wait, so that it can be said who came before what. */
  #arrivals = 0
  #redial: Timer | null = null
  #pumping = false
  #closing = false

  constructor(origin: Origin, context: PoolContext) {
    this.origin = origin
    this.#context = context
  }

  get queued(): number {
    return this.#queue.size
  }

  get dialling(): number {
    return this.#dials.size
  }

  /** How far the oldest dial is. */
  get dial(): DialProgress | null {
    return this.#dials.values().next().value?.progress ?? null
  }

  get connections(): ReadonlySet<PooledConnection> {
    return this.#connections
  }

  get empty(): boolean {
    return this.#connections.size === 0 && this.#dials.size === 0 && this.#waiting === 0
  }

  /**
   * Starts the request at once if a connection has room, else queues it. Returns its place in the queue for
   * `leave`, or null when it has started.
   * @throws LimitError `ERR_TRUNKLINE_QUEUE_FULL`
   */
  enter(waiter: Waiter): Entry<Waiter> | null {
    if (this.#queue.size === 0) {
      const connection = withRoom(this.#connections)
      if (connection !== null) {
        waiter.start(connection)
        return null
      }
    }
    if (this.#queue.size >= this.#context.limits.queued)
      throw queueFull(this.origin, this.#context.limits.queued)
    const entry = this.#queue.push(waiter, waiter.urgency, ++this.#arrivals)
    this.#pump()
    return entry.queued ? entry : null
  }

  /** Leaves the queue: the request was aborted. Dials that nobody waits for any more are given up. */
  leave(entry: Entry<Waiter>): void {
    this.#queue.remove(entry)
    this.#abandonDials()
  }

  /** Waits for any usable connection. */
  preconnect(waiter: Waiter): Entry<Waiter> {
    const entry = this.#preconnects.push(waiter, waiter.urgency, ++this.#arrivals)
    this.#pump()
    return entry
  }

  leavePreconnect(entry: Entry<Waiter>): void {
    this.#preconnects.remove(entry)
    this.#abandonDials()
  }

  /** The origin asked for HTTP/1.1: its HTTP/2 connections finish, new ones offer nothing else. */
  requireHttp1(): void {
    this.#context.protocols.requireHttp1(this.origin.key)
    for (const each of [...this.#connections]) if (each.protocol === 'h2') each.retire('http1-required')
  }

  /**
   * A request on `connection` was answered 421. Whether another connection is worth a try: not soon again after one
   * that had carried nothing else gave the same answer.
   */
  leaveMisdirected(connection: PooledConnection): boolean {
    const now = this.#context.clock.now()
    if (now < this.#misdirectedUntil) return false
    if (connection.served === 1) this.#misdirectedUntil = now + MISDIRECTED_MEMORY
    connection.retire('misdirected')
    return true
  }

  resume(): void {
    this.#pump()
  }

  /** Closes the idle connection that was idle longest, to make room for another origin. */
  evictIdle(http1 = false): boolean {
    const idle = this.idlest(http1)
    idle?.retire('idle')
    return idle !== null
  }

  idlest(http1 = false): PooledConnection | null {
    return idlestOf(this.#connections, http1)
  }

  /** Connections are made otherwise from now on: those that stand or come up finish what they have. */
  renew(): void {
    for (const dial of this.#dials) dial.controller.abort()
    for (const connection of [...this.#connections]) connection.retire('renewed')
  }

  /** Finishes what is queued and open, then closes the connections. */
  close(): void {
    this.#closing = true
    this.#abandonDials()
    this.#pump()
  }

  /** Ends everything now with `error`. */
  destroy(error: ClientError): void {
    this.#closing = true
    this.#cancelRedial()
    for (const dial of this.#dials) dial.controller.abort(error)
    this.failWaiters(error)
    for (const connection of [...this.#connections]) connection.destroy(error)
  }

  onChange(connection: PooledConnection): void {
    this.#pump()
    if (connection.standing !== 'ready') return
    if (connection.wasReady) this.#earlyEnds = 0
    const idle = connection.idleSince !== null && this.#waiting === 0
    if (idle && this.#context.yieldIdle(this, isHttp1(connection))) connection.retire('idle')
  }

  onClosed(connection: PooledConnection): void {
    this.#connections.delete(connection)
    this.#context.release(this, isHttp1(connection))
    if (this.#waiting === 0) this.#cancelRedial()
    this.#pump()
  }

  /** Like a failed dial, though the first may be bad luck; of those who waited when it came up, not of later ones. */
  onEarlyEnd(connection: PooledConnection, cause: ClientError | null): void {
    this.#earlyEnds += 1
    if (this.#earlyEnds <= EARLY_ENDS_FORGIVEN) return
    this.#earlyEnds = 0
    this.failWaiters(connectionRefused(this.origin, cause), connection.order)
  }

  get #waiting(): number {
    return this.#queue.size + this.#preconnects.size
  }

  onAged(connection: PooledConnection): void {
    if (connection.openExchanges === 0 && this.#queue.size === 0) connection.retire('aged')
    else if (this.#dials.size === 0) this.#dial(true, isHttp1(connection))
  }

  onSentAway(goAway: GoAway): void {
    if (goAway.debug.includes('too_many_pings')) this.#pingBackoff *= 2
    this.#context.onSentAway(goAway, this.origin)
  }

  #pump(): void {
    // At the end of nearly every request nobody waits.
    if (this.#pumping || (this.#waiting === 0 && !this.#closing)) return
    this.#pumping = true
    try {
      this.#serve()
    } finally {
      this.#pumping = false
    }
    this.#dialMore()
    if (this.#waiting > 0) for (const connection of this.#connections) connection.hold()
    if (this.#closing) this.#retireIdle()
  }

  #serve(): void {
    for (
      let next = this.#queue.size > 0 ? withRoom(this.#connections) : null;
      next !== null;
      next = this.#queue.size > 0 ? withRoom(this.#connections) : null
    ) {
      ;(this.#queue.shift() as Waiter).start(next)
    }
    if (this.#preconnects.size === 0) return
    for (const connection of this.#connections) {
      if (connection.standing !== 'ready') continue
      for (let waiter = this.#preconnects.shift(); waiter !== undefined; waiter = this.#preconnects.shift())
        waiter.start(connection)
      return
    }
  }

  #dialMore(): void {
    if (this.#redial !== null) return
    for (let wanted = this.#dialsWanted(); wanted > 0; wanted -= 1) {
      if (this.#connections.size + this.#dials.size >= this.#context.limits.connectionsPerOrigin) return
      if (!this.#dial(false, expectsHttp1(this.origin, this.#context))) return
    }
  }

  #dialsWanted(): number {
    const { maxSessions, maxSockets } = this.#context.limits
    return dialsWanted({
      waiting: Math.max(this.#queue.size, Math.min(1, this.#preconnects.size)),
      dialling: this.#dials.size,
      ...census(this.#connections),
      expected: expectedOf(this.origin, this.#context),
      maxSessions,
      // Tunnels last; they would leave no socket to requests.
      maxSockets: this.origin.upgrade ? Number.POSITIVE_INFINITY : maxSockets,
    })
  }

  /** Whether there was room for one. */
  #dial(handover: boolean, http1: boolean): boolean {
    if (!this.#context.reserve(this, http1)) return false
    const dial = new PoolDial(this.origin, this.#context.clock, handover, http1)
    this.#dials.add(dial)
    this.#context.connector
      .connect(this.origin, offerOf(this.origin, this.#context), dial.controller.signal, dial.progress)
      .then(
        (connected) => this.#onConnected(dial, connected),
        (error) => this.#onDialFailed(dial, error),
      )
      // A fault of our own; nobody shall wait for ever because of it.
      .catch((fault) => this.failWaiters(fault))
    return true
  }

  #onConnected(dial: PoolDial, connected: Connected): void {
    this.#dials.delete(dial)
    const { signal } = dial.controller
    if (signal.aborted) return this.#drop(dial, connected)
    this.#context.onHandshake(connected, this.origin)
    this.#context.protocols.spoke(this.origin.key, connected.protocol)
    // Unforeseen, and one too many: its successor is dialled when there is room for it.
    if (!this.#context.recount(dial.http1, isHttp1(connected))) return this.#drop(dial, connected)
    const connection = this.#attach(dial, connected)
    if (connection === null) return
    this.#connections.add(connection)
    this.#makeWay(connection, dial.handover)
    this.#pump()
  }

  #drop(dial: PoolDial, { socket, protocol }: Connected): void {
    dial.failed(dial.controller.signal.reason, protocol)
    socket.destroy()
    this.#context.release(this, dial.http1)
    this.#pump()
  }

  #attach(dial: PoolDial, connected: Connected): PooledConnection | null {
    const { clock, engines, nextConnectionId, clientId } = this.#context
    const policy = this.#policy(connected.protocol)
    try {
      const connection = new PooledConnection(
        nextConnectionId(),
        this.origin,
        connected,
        engines[connected.protocol],
        clock,
        policy,
        this,
        this.#arrivals,
      )
      dial.became(connected.protocol, connection.id)
      tellOpen(connection, clientId, dial.id)
      return connection
    } catch (cause) {
      // The socket ended between its handshake and this turn.
      connected.socket.destroy()
      this.#context.release(this, isHttp1(connected))
      const error = connectionRefused(this.origin, cause)
      dial.failed(error, connected.protocol)
      this.#giveUpOrWait(error)
      return null
    }
  }

  #policy(protocol: AlpnProtocol): ConnectionPolicy {
    const policy = this.#context.policies[protocol]
    const { keepAlive } = policy
    return { ...policy, keepAlive: { ...keepAlive, interval: keepAlive.interval * this.#pingBackoff } }
  }

  #makeWay(fresh: PooledConnection, handover: boolean): void {
    const leaving = superfluous(this.#connections, fresh, this.#context.limits.maxSessions, handover)
    if (fresh.protocol === 'h2') for (const dial of this.#dials) dial.controller.abort()
    for (const connection of leaving) connection.retire('replaced')
  }

  #onDialFailed(dial: PoolDial, error: unknown): void {
    this.#dials.delete(dial)
    dial.failed(error)
    this.#context.release(this, dial.http1)
    if (dial.controller.signal.aborted) return this.#pump()
    this.#context.onDialFailed(this.origin)
    const narrowed = offerOf(this.origin, this.#context).length < this.#context.offer.length
    this.#context.protocols.forget(this.origin.key)
    // An origin that refuses the one protocol it asked for (alert no_application_protocol) is not what it was.
    if (narrowed && (error as ClientError).code === 'ERR_TRUNKLINE_ALPN_REJECTED') return this.#pump()
    // Nobody may have waited for a handover; whoever did has it as their dial.
    if (this.#waiting > 0) this.#giveUpOrWait(error)
  }

  #giveUpOrWait(error: unknown): void {
    if (this.#dials.size > 0) return
    if (anyLiving(this.#connections)) this.#redialLater()
    else this.failWaiters(error)
  }

  #redialLater(): void {
    this.#redial ??= this.#context.clock.setTimeout(() => {
      this.#redial = null
      this.#pump()
    }, REDIAL_DELAY)
  }

  #cancelRedial(): void {
    this.#redial?.cancel()
    this.#redial = null
  }

  /** Fails those who arrived until now, and says how many; who enters while they are told is not of this failure. */
  failWaiters(error: unknown, arrivedBy = this.#arrivals): number {
    let failed = 0
    for (const queue of [this.#preconnects, this.#queue])
      for (let next = queue.shift(arrivedBy); next !== undefined; next = queue.shift(arrivedBy)) {
        next.fail(error)
        failed += 1
      }
    return failed
  }

  #abandonDials(): void {
    if (this.#waiting > 0) return
    this.#cancelRedial()
    for (const connection of this.#connections) connection.release()
    for (const dial of this.#dials) if (!dial.handover) dial.controller.abort()
    this.#context.vacate(this)
  }

  #retireIdle(): void {
    if (this.#waiting > 0) return
    for (const connection of [...this.#connections]) connection.retire('closing')
  }
}
