import { Keepalive, type KeepalivePolicy, type KeepaliveTarget } from '../../../src/pool/keepalive.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const POLICY: KeepalivePolicy = { interval: 1000, timeout: 400, whenIdle: false, drainInterval: 0 }

/** A connection as keepalive sees it. */
export class Peer implements KeepaliveTarget {
  bytes = 0
  busy = true
  draining = false
  acknowledged = true
  severed = false
  pings: { answer(roundTrip: number): void; fail(error: Error): void }[] = []
  deaths: { silentMs: number; cause: unknown }[] = []

  bytesReceived = () => this.bytes
  isBusy = () => this.busy
  isDraining = () => this.draining
  isSevered = () => this.severed
  ping = () =>
    new Promise<number>((resolve, reject) => void this.pings.push({ answer: resolve, fail: reject }))
  onDead = (silentMs: number, cause: unknown) => {
    this.deaths.push({ silentMs, cause })
    queueMicrotask(this.onClosed)
  }
  onClosed = () => {}

  /** Over the wire, that is: with bytes. */
  answer(roundTrip: number): void {
    this.bytes += 17
    this.pings.at(-1)?.answer(roundTrip)
  }
}

export function watchedPeer(policy: Partial<KeepalivePolicy> = {}) {
  const clock = new FakeClock()
  const peer = new Peer()
  const keepalive = new Keepalive(clock, { ...POLICY, ...policy }, peer)
  // A dead connection is destroyed, and with it the keepalive stopped.
  peer.onClosed = () => keepalive.stop()
  return { clock, peer, keepalive }
}
