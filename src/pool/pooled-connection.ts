import type { Connected } from '../connect/connector.ts'
import type { Clock, Timer } from '../core/clock.ts'
import { type ClientError, ConnectionError, TimeoutError } from '../core/errors.ts'
import type { DrainReason } from '../core/events.ts'
import type { Origin } from '../core/origin.ts'
import { toldBefore } from '../core/phase-timings.ts'
import type {
  BodyShape,
  Connection,
  ConnectionListener,
  ConnectionStats,
  Engine,
  Exchange,
  ExchangeHandler,
  GoAway,
  RequestHead,
} from '../wire/contract.ts'
import { tellClosed, tellDraining, tellGoAway, toldPing } from './connection-events.ts'
import type { ConnectionPolicy } from './connection-policy.ts'
import { Keepalive } from './keepalive.ts'

/**
 * How a connection stands towards new requests.
 * `starting`: the peer's SETTINGS have not come. `ready`: takes requests. `suspect`: silent when it should not have
 * been, or idle for long; a PING is out and nothing new goes there until it is answered. `draining`, `closed`.
 */
export type Standing = 'starting' | 'ready' | 'suspect' | 'draining' | 'closed'

/** Silence in the middle of a response that makes a connection doubtful when the caller gives up on it, ms. */
const LONG_SILENCE = 500

/** What a pooled connection tells its pool. */
export interface PoolMember {
  /** Something changed that may let waiting requests start, or need a dial. */
  onChange(connection: PooledConnection): void
  onClosed(connection: PooledConnection): void
  /** The peer ended it before it could be used. */
  onEarlyEnd(connection: PooledConnection, cause: ClientError | null): void
  /** It reached its maximum lifetime. */
  onAged(connection: PooledConnection): void
  /** The peer's GOAWAY ends it; its debug data may ask for fewer PINGs (gRPC's `too_many_pings`). */
  onSentAway(goAway: GoAway): void
}

const TRANSITIONS: Record<Standing, readonly Standing[]> = {
  starting: ['ready', 'suspect', 'draining', 'closed'],
  ready: ['suspect', 'draining', 'closed'],
  suspect: ['ready', 'draining', 'closed'],
  draining: ['closed'],
  closed: [],
}

/** A connection as its pool keeps it: the wire's connection, its timers and its standing. */
export class PooledConnection implements ConnectionListener {
  readonly id: number
  /** Its place in the pool's order of arrivals. */
  readonly order: number
  readonly dialled: Connected
  readonly connectedAt: number
  readonly keepalive: Keepalive
  readonly origin: Origin
  readonly #clock: Clock
  readonly #policy: ConnectionPolicy
  readonly #pool: PoolMember
  readonly #connection: Connection
  #standing: Standing = 'starting'
  #idleSince: number
  #served = 0
  #wasReady = false
  #late = false
  #referenced = true
  #settingsTimer: Timer | null = null
  #idleTimer: Timer | null = null
  #lifeTimer: Timer | null = null
  #drainTimer: Timer | null = null
  #lateTimer: Timer | null = null

  constructor(
    id: number,
    origin: Origin,
    dialled: Connected,
    engine: Engine,
    clock: Clock,
    policy: ConnectionPolicy,
    pool: PoolMember,
    order = 0,
  ) {
    this.id = id
    this.order = order
    this.dialled = dialled
    this.origin = origin
    this.#clock = clock
    this.#policy = policy
    this.#pool = pool
    this.connectedAt = clock.now()
    this.#idleSince = this.connectedAt
    this.#connection = engine.attach(dialled.socket, { id, origin }, this)
    this.keepalive = new Keepalive(clock, policy.keepAlive, {
      bytesReceived: () => this.#connection.bytesReceived,
      isBusy: () => this.#connection.openExchanges > 0,
      isDraining: () => this.#standing === 'draining',
      isSevered: () => this.#connection.severed,
      ping: () => toldPing(this, clock, () => this.#connection.ping()),
      onDead: (silentMs, cause) => this.#onDead(silentMs, cause),
    })
    this.#settingsTimer = clock.setTimeout(() => this.#onSettingsDue(), policy.settingsTimeout)
    if (Number.isFinite(policy.maxLifetime)) this.#watchAge(policy.maxLifetime)
  }

  get protocol(): Connection['protocol'] {
    return this.#connection.protocol
  }

  get standing(): Standing {
    return this.#standing
  }

  get bytesReceived(): number {
    return this.#connection.bytesReceived
  }

  get openExchanges(): number {
    return this.#connection.openExchanges
  }

  get takesTunnels(): boolean {
    return this.#connection.takesTunnels
  }

  /** The peer's SETTINGS came at some time. */
  get wasReady(): boolean {
    return this.#wasReady
  }

  /** Over HTTP/1.1: it has just begun, or its exchange is over, and its slot will be free within a turn or two. */
  get resting(): boolean {
    const { protocol, openExchanges, slots } = this.#connection
    if (protocol !== 'http/1.1' || openExchanges > 0) return false
    return this.#standing === 'starting' || (this.#standing === 'ready' && slots === 0)
  }

  /** How many requests it has carried. */
  get served(): number {
    return this.#served
  }

  /** Suspect for longer than its answer usually takes: time to dial another one. */
  get late(): boolean {
    return this.#standing === 'suspect' && this.#late
  }

  /** Since when no exchange is open; null while one is. */
  get idleSince(): number | null {
    return this.#connection.openExchanges === 0 ? this.#idleSince : null
  }

  /**
   * Requests that may start now. A connection that was idle for longer than the keepalive interval is asked by a
   * PING first: the machine may have slept, or a middlebox forgotten it.
   */
  slots(): number {
    if (this.#mustVerify()) {
      this.suspect()
      return 0
    }
    return this.#standing === 'ready' || this.#standing === 'starting' ? this.#connection.slots : 0
  }

  /** @throws ClientError with `processed: 'no'`; the connection is then left. */
  open(head: RequestHead, body: BodyShape, handler: ExchangeHandler): Exchange {
    try {
      const exchange = this.#connection.open(head, body, handler)
      this.#served += 1
      this.#reference(true)
      this.keepalive.wake()
      return exchange
    } catch (error) {
      if ((error as ClientError).code === 'ERR_TRUNKLINE_CONNECTION_UNUSABLE') this.retire('refused')
      throw error
    }
  }

  /**
   * Its exchange was given up by the caller. If nothing came since (`bytesBefore` is what had come when the request
   * went out), or for a while, it is not known whether the peer was slow or the connection is dead. `quietFor`: ms in
   * which no more of a response that had begun came.
   */
  onGivenUp(bytesBefore: number, quietFor = 0): void {
    const { silence, lateAfter } = this.keepalive
    if (this.bytesReceived === bytesBefore || silence >= LONG_SILENCE || quietFor >= lateAfter) this.suspect()
  }

  /** Doubts the connection: no new request until a PING is answered, and its end if none is. */
  suspect(): void {
    if (this.protocol !== 'h2' || !this.#move('suspect')) return
    this.#late = false
    this.#reference(true)
    this.#lateTimer = this.#clock.setTimeout(() => this.#onLate(), this.keepalive.lateAfter)
    this.keepalive.probe(this.keepalive.probeDeadline).then((alive) => this.#onProbed(alive))
  }

  /** Someone waits for room on it: the process must not end for lack of anything else to do. */
  hold(): void {
    this.#reference(true)
  }

  /** Nobody waits any more. */
  release(): void {
    if (this.#standing === 'ready' && this.#connection.openExchanges === 0) this.#reference(false)
  }

  /** Takes no new requests, finishes what it has, closes. */
  retire(reason: DrainReason): void {
    if (!this.#move('draining')) return
    tellDraining(this, this.#clock, reason)
    this.#stopTimers()
    this.#connection.drain()
    this.#watchDrain()
    this.#pool.onChange(this)
  }

  destroy(error: ClientError): void {
    this.#move('draining')
    this.#connection.destroy(error)
  }

  stats(): ConnectionStats {
    return this.#connection.stats()
  }

  onReady(): void {
    this.#wasReady = true
    if (this.#standing !== 'starting') return
    this.#move('ready')
    // One PING at the start tells how far away the peer is, which is what later deadlines are made from. Not with the
    // preface: its answer might overtake the SETTINGS of a peer that is late with them.
    const { interval, timeout } = this.#policy.keepAlive
    if (this.protocol === 'h2' && interval > 0) this.keepalive.probe(timeout)
    this.onSlots()
  }

  onSlots(): void {
    if (this.#connection.openExchanges === 0) this.#onIdle()
    this.#pool.onChange(this)
  }

  onGoAway(goAway: GoAway): void {
    tellGoAway(this, this.#clock, goAway)
  }

  onDraining(goAway: GoAway | null): void {
    if (goAway !== null) this.#pool.onSentAway(goAway)
    if (!this.#move('draining')) return
    const ours = this.protocol === 'h2' ? 'distrusted' : 'peer-closed'
    tellDraining(this, this.#clock, goAway === null ? ours : 'goaway')
    this.#stopTimers()
    this.#watchDrain()
    if (!this.#wasReady) this.#pool.onEarlyEnd(this, null)
    this.#pool.onChange(this)
  }

  onClosed(error: ClientError | null): void {
    const early = !this.#wasReady && this.#standing !== 'draining'
    this.#move('closed')
    if (early) this.#pool.onEarlyEnd(this, error)
    this.#stopTimers()
    this.#drainTimer?.cancel()
    this.keepalive.stop()
    tellClosed(this, this.#clock, error)
    this.#pool.onClosed(this)
  }

  #move(to: Standing): boolean {
    if (!TRANSITIONS[this.#standing].includes(to)) return false
    this.#standing = to
    return true
  }

  #mustVerify(): boolean {
    const { interval } = this.#policy.keepAlive
    if (this.#standing !== 'ready' || this.protocol !== 'h2' || interval <= 0 || this.#served === 0)
      return false
    return this.#connection.openExchanges === 0 && this.#clock.now() - this.#idleSince > interval
  }

  #onProbed(alive: boolean): void {
    this.#lateTimer?.cancel()
    this.#lateTimer = null
    if (!alive || !this.#move('ready')) return
    this.#idleSince = this.#clock.now()
    this.onSlots()
  }

  #onLate(): void {
    if (this.#standing !== 'suspect') return
    this.#late = true
    this.#pool.onChange(this)
  }

  #onDead(silentMs: number, cause: unknown): void {
    const { severed, openExchanges } = this.#connection
    // It is closing, and takes its PINGs with it: the peer is not to blame, and its end comes by itself. Not that of one
    // whose silence another connection was made for.
    const ends = this.#standing === 'draining' && openExchanges === 0 && !this.#late
    if (ends && cause !== null && !severed) return
    const unanswered = `the peer did not answer a PING within ${Math.round(silentMs)} ms`
    const sign = severed
      ? 'its TCP connection was cut'
      : cause === null
        ? unanswered
        : 'it takes no more PINGs'
    this.destroy(
      new ConnectionError(
        severed ? 'ERR_TRUNKLINE_CONNECTION_LOST' : 'ERR_TRUNKLINE_PING_TIMEOUT',
        `The connection to ${this.origin.key} is dead: ${sign}. The next request opens a new one.`,
        { origin: this.origin.key, connectionId: this.id, cause },
      ),
    )
  }

  /** RFC 9113 sections 3.4 and 6.5.3: the peer owes us its SETTINGS, and the acknowledgement of ours. */
  #onSettingsDue(): void {
    if (this.#wasReady && this.#connection.acknowledged) return
    const { settingsTimeout } = this.#policy
    const { timings } = this.dialled
    const owed = this.#wasReady ? 'did not acknowledge our SETTINGS' : 'sent no SETTINGS'
    this.destroy(
      new TimeoutError(
        'ERR_TRUNKLINE_SETTINGS_TIMEOUT',
        `${this.origin.key} agreed to HTTP/2 but ${owed} within ${settingsTimeout} ms${toldBefore(timings)}. ` +
          "If it really speaks only HTTP/1.1, set the client's `protocols` to ['http/1.1'].",
        { origin: this.origin.key, connectionId: this.id, phase: 'settings', processed: 'maybe', timings },
      ),
    )
  }

  #onIdle(): void {
    this.#idleSince = this.#clock.now()
    if (this.#standing === 'ready') this.#reference(false)
    if (this.#idleTimer === null && this.#standing === 'ready') this.#watchIdle(this.#policy.idleTimeout)
  }

  /** One timer, moved on when it fires early, instead of one per request. */
  #watchIdle(ms: number): void {
    if (!Number.isFinite(ms)) return
    this.#idleTimer = this.#clock.setTimeout(() => {
      this.#idleTimer = null
      const idleSince = this.idleSince
      if (idleSince === null || this.#standing !== 'ready') return
      const left = idleSince + this.#policy.idleTimeout - this.#clock.now()
      if (left <= 0) this.retire('idle')
      else this.#watchIdle(left)
    }, ms)
  }

  #watchAge(ms: number): void {
    this.#lifeTimer = this.#clock.setTimeout(() => {
      if (this.#standing === 'draining' || this.#standing === 'closed') return
      this.#pool.onAged(this)
      // The successor may fail to come; this one goes on until there is one.
      this.#watchAge(Math.max(1000, this.#policy.maxLifetime / 10))
    }, ms)
  }

  #watchDrain(): void {
    const { drainTimeout } = this.#policy
    this.#drainTimer ??= this.#clock.setTimeout(() => {
      this.#connection.destroy(
        new ConnectionError(
          'ERR_TRUNKLINE_CONNECTION_LOST',
          `The connection to ${this.origin.key} was closing and did not finish within ${drainTimeout} ms.`,
          { origin: this.origin.key, connectionId: this.id },
        ),
      )
    }, drainTimeout)
  }

  #reference(on: boolean): void {
    if (this.#referenced === on) return
    this.#referenced = on
    if (on) this.#connection.ref()
    else this.#connection.unref()
  }

  #stopTimers(): void {
    for (const timer of [this.#settingsTimer, this.#idleTimer, this.#lifeTimer, this.#lateTimer])
      timer?.cancel()
    this.#settingsTimer = null
    this.#idleTimer = null
    this.#lifeTimer = null
    this.#lateTimer = null
  }
}
