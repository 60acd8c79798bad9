import type { ClientError } from '../../../src/core/errors.ts'
import type { ConnectionPolicy } from '../../../src/pool/connection-policy.ts'
import { PooledConnection, type PoolMember } from '../../../src/pool/pooled-connection.ts'
import type { AlpnProtocol, GoAway } from '../../../src/wire/contract.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { DIAL_TIMINGS } from './connector.ts'
import { Guest, HEAD, KEEPALIVE, ORIGIN, POLICY } from './pools.ts'
import { FakeEngine, FakeSocket } from './wire.ts'

/** What a pooled connection told its pool. */
export class Pool implements PoolMember {
  changes = 0
  aged = 0
  tooManyPings = 0
  closed = 0
  readonly earlyEnds: (ClientError | null)[] = []
  onChange = () => {
    this.changes += 1
  }
  onClosed = () => {
    this.closed += 1
  }
  onEarlyEnd = (_connection: PooledConnection, cause: ClientError | null) => void this.earlyEnds.push(cause)
  onAged = () => {
    this.aged += 1
  }
  onSentAway = ({ debug }: GoAway) => {
    if (debug === 'too_many_pings') this.tooManyPings += 1
  }
}

/** A connection that has just been dialled. */
export function pooledConnection(part: Partial<ConnectionPolicy> = {}, protocol: AlpnProtocol = 'h2') {
  const clock = new FakeClock(1000)
  const engine = new FakeEngine(protocol)
  const pool = new Pool()
  const dialled = {
    socket: new FakeSocket().asSocket(),
    protocol,
    timings: DIAL_TIMINGS,
    tls: null,
    remoteAddress: '192.0.2.1',
  }
  const pooled = new PooledConnection(7, ORIGIN, dialled, engine, clock, { ...POLICY, ...part }, pool)
  const wire = engine.last
  const open = () => {
    const guest = new Guest()
    pooled.open(HEAD, 'none', guest)
    return guest
  }
  /** One request, answered. */
  const serve = async () => {
    open()
    wire.lastExchange.answer()
    await clock.flush()
  }
  return { clock, pool, pooled, wire, open, serve }
}

/** Ready, and its first PING answered: 10 ms away. */
export async function establishedConnection(part: Partial<ConnectionPolicy> = KEEPALIVE) {
  const world = pooledConnection(part)
  world.wire.ready()
  world.wire.answerPing(10)
  await world.clock.flush()
  return world
}
