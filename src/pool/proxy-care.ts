import type { ProxySession, SessionCare } from '../connect/proxy/proxy-session.ts'
import type { Clock } from '../core/clock.ts'
import { type ClientError, ConnectionError, TimeoutError } from '../core/errors.ts'
import type { DrainReason } from '../core/events.ts'
import { toldBefore } from '../core/phase-timings.ts'
import type { Connection, GoAway } from '../wire/contract.ts'
import { tellClosed, tellDraining, tellGoAway, tellOpen, toldPing } from './connection-events.ts'
import type { ConnectionPolicy } from './connection-policy.ts'
import { Keepalive } from './keepalive.ts'

export interface ProxyCareContext {
  readonly clock: Clock
  readonly clientId: number
  /** As for connections to origins; of it the keepalive and the wait for SETTINGS. */
  readonly policy: Pick<ConnectionPolicy, 'keepAlive' | 'settingsTimeout'>
}

/** Makes who looks after a connection to a proxy: what a pool does for one to an origin. */
export function proxyCare({ clock, clientId, policy }: ProxyCareContext) {
  return (session: ProxySession, connection: Connection, dialId: number): SessionCare => {
    tellOpen(session, clientId, dialId)
    return new ProxyCare(session, connection, clock, policy)
  }
}

class ProxyCare implements SessionCare {
  readonly #session: ProxySession
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #policy: ProxyCareContext['policy']
  readonly #keepalive: Keepalive
  readonly #settings: { cancel(): void }
  #isReady = false
  #isDraining = false

  constructor(
    session: ProxySession,
    connection: Connection,
    clock: Clock,
    policy: ProxyCareContext['policy'],
  ) {
    this.#session = session
    this.#connection = connection
    this.#clock = clock
    this.#policy = policy
    this.#keepalive = new Keepalive(clock, policy.keepAlive, {
      bytesReceived: () => connection.bytesReceived,
      isBusy: () => connection.openExchanges > 0,
      isDraining: () => this.#isDraining,
      isSevered: () => connection.severed,
      ping: () => toldPing(session, clock, () => connection.ping()),
      onDead: (silentMs, cause) => this.#onDead(silentMs, cause),
    })
    this.#settings = clock.setTimeout(() => this.#onSettingsDue(), policy.settingsTimeout)
  }

  get roundTrip() {
    return this.#keepalive.roundTrip
  }

  onReady(): void {
    this.#isReady = true
    const { interval, timeout } = this.#policy.keepAlive
    if (interval > 0) void this.#keepalive.probe(timeout)
  }

  onBusy(): void {
    this.#keepalive.wake()
  }

  onGoAway(goAway: GoAway): void {
    tellGoAway(this.#session, this.#clock, goAway)
  }

  onDraining(reason: DrainReason): void {
    this.#isDraining = true
    tellDraining(this.#session, this.#clock, reason)
  }

  onClosed(error: ClientError | null): void {
    this.#settings.cancel()
    this.#keepalive.stop()
    tellClosed(this.#session, this.#clock, error)
  }

  #onDead(silentMs: number, cause: unknown): void {
    const { id, origin } = this.#session
    const { severed } = this.#connection
    const unanswered =
      cause === null ? `it did not answer a PING within ${Math.round(silentMs)} ms` : 'it takes no more PINGs'
    this.#session.destroy(
      new ConnectionError(
        severed ? 'ERR_TRUNKLINE_CONNECTION_LOST' : 'ERR_TRUNKLINE_PING_TIMEOUT',
        `The connection to the proxy ${origin.key} is dead: ${severed ? 'its TCP connection was cut' : unanswered}. Its tunnels are lost; the next ones use a new connection.`,
        { origin: origin.key, connectionId: id, cause },
      ),
    )
  }

  /** RFC 9113 sections 3.4 and 6.5.3: a proxy that stays silent must not hold up all tunnels that come after. */
  #onSettingsDue(): void {
    if (this.#isReady && this.#connection.acknowledged) return
    const { id, origin, dialled } = this.#session
    const { timings } = dialled
    const owed = this.#isReady ? 'did not acknowledge our SETTINGS' : 'sent no SETTINGS'
    this.#session.destroy(
      new TimeoutError(
        'ERR_TRUNKLINE_SETTINGS_TIMEOUT',
        `The proxy ${origin.key} agreed to HTTP/2 but ${owed} within ${this.#policy.settingsTimeout} ms${toldBefore(timings)}. ` +
          "If it really speaks only HTTP/1.1, set its `protocols` to ['http/1.1'].",
        { origin: origin.key, connectionId: id, phase: 'settings', processed: 'maybe', timings },
      ),
    )
  }
}
