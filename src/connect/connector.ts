import * as net from 'node:net'
import * as tls from 'node:tls'
import type { Clock, Timer } from '../core/clock.ts'
import { ClientError } from '../core/errors.ts'
import { isError } from '../core/is-error.ts'
import { type Origin, placeOf } from '../core/origin.ts'
import type { AlpnProtocol } from '../wire/contract.ts'
import type { AddressBook } from './address-book.ts'
import type { AddressGuard } from './address-guard.ts'
import { keepCertificate } from './certificate-cover.ts'
import { inadequateSecurity, isInadequate } from './cipher-suites.ts'
import {
  addressBlocked,
  alpnRejected,
  type DialFacts,
  dialFailure,
  dialTimeout,
  isNodeError,
  isUnreachable,
  worthAnother,
} from './connect-failure.ts'
import { dialLookup, type Futile } from './dial-lookup.ts'
import { DialProgress, type DialTimings } from './dial-progress.ts'
import { tlsOptions } from './tls-handshake.ts'
import { serverNameOf, type TlsPolicy } from './tls-identity.ts'
import { offerSession, type SessionOffer } from './tls-resumption.ts'
import type { TlsSessionStore } from './tls-session-store.ts'
import { secured, type Tunnel, type Underlay, untouched } from './tunnel.ts'

/** A connected socket, ready for a wire engine. */
export interface Connected {
  readonly socket: net.Socket
  readonly protocol: AlpnProtocol
  readonly timings: DialTimings
  /** null without TLS. */
  readonly tls: { readonly version: string; readonly resumed: boolean } | null
  readonly remoteAddress: string
}

/** Whatever makes connected sockets: this module directly, proxies in between. */
export interface Connector {
  /**
   * Rejects with a `ConnectError` or `TimeoutError`, or with the reason of `signal`.
   * `offer`: ALPN names in order of preference; over `http:` its first entry is what will be spoken.
   * `progress` is kept up to date; by `underlay` while that is at work.
   */
  connect(
    origin: Origin,
    offer: readonly AlpnProtocol[],
    signal: AbortSignal,
    progress?: DialProgress,
    underlay?: Underlay,
  ): Promise<Connected>
}

export interface ConnectorOptions {
  readonly clock: Clock
  readonly policy: TlsPolicy
  /** null: no TLS session is stored or resumed. */
  readonly sessions: TlsSessionStore | null
  /** ms for DNS, TCP and TLS together; without TLS if that has its own limit. */
  readonly timeout: number
  /** ms for the look-up alone. */
  readonly dnsTimeout: number
  /** ms for the TLS handshake alone; Infinity: it has no limit of its own. */
  readonly tlsTimeout: number
  readonly addresses: AddressBook
  /** null: any address will do. */
  readonly guard: AddressGuard | null
  /** ms before the next address is tried (RFC 8305). */
  readonly attemptTimeout: number
  /** Keep what servers show, for `certificateCovers`. */
  readonly keepCertificates: boolean
}

/** Idle seconds before the kernel probes the TCP connection; a last resort below HTTP/2's own PING. */
const TCP_KEEPALIVE_MS = 30_000

export function createConnector(options: ConnectorOptions): Connector {
  return {
    async connect(origin, offer, signal, progress = new DialProgress(), underlay) {
      const target = { origin, offer, signal, progress, underlay }
      try {
        return await connectOnce(options, target, null)
      } catch (error) {
        if (!isUnreachable(error) || signal.aborted) throw error
        const tried = options.addresses.doubt(placeOf(origin).host)
        if (tried === null) throw error
        // The answer was a cached one and may be out of date: once more with a fresh one, if that knows other addresses.
        return connectOnce(options, target, { addresses: tried, error })
      }
    },
  }
}

/** What was asked of the connector. */
interface DialTarget {
  readonly origin: Origin
  readonly offer: readonly AlpnProtocol[]
  readonly signal: AbortSignal
  readonly progress: DialProgress
  readonly underlay: Underlay | undefined
}

async function connectOnce(
  options: ConnectorOptions,
  target: DialTarget,
  futile: Futile | null,
): Promise<Connected> {
  const { origin, offer, signal } = target
  if (origin.scheme === 'http') return dial(options, target, null, futile)
  const resumption = await offerSession(options.policy, options.sessions, origin, offer, options.clock)
  try {
    return await dial(options, target, resumption, futile)
  } catch (error) {
    if (!resumption.suspect || signal.aborted) throw error
    // A server may refuse a ticket and go on (RFC 8446 section 4.6.1), but some break on one. Never twice.
    await resumption.forget()
    if (!worthAnother(error)) throw error
    const none = await offerSession(options.policy, null, origin, offer, options.clock)
    return dial(options, target, none, futile)
  }
}

async function dial(
  options: ConnectorOptions,
  target: DialTarget,
  resumption: SessionOffer | null,
  futile: Futile | null,
): Promise<Connected> {
  const { origin, offer, signal, underlay } = target
  const tunnel = (await underlay?.()) ?? null
  if (tunnel !== null && origin.scheme === 'http') {
    await untouched(tunnel.socket)
    return inCleartext(tunnel, target, options.clock.now())
  }
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      tunnel?.socket.destroy()
      return reject(signal.reason)
    }
    const { host } = placeOf(origin)
    // A literal is not looked up, so this is where it is seen.
    if (tunnel === null && net.isIP(host) !== 0 && options.guard?.blocks(host))
      return reject(addressBlocked(origin, [host]))
    try {
      new Dial(options, target, resumption, futile, tunnel, resolve, reject)
    } catch (cause) {
      tunnel?.socket.destroy()
      if (cause instanceof ClientError) return reject(cause)
      reject(dialFailure({ origin, phase: 'connect', rejectedCertificate: false, offer }, cause as Error))
    }
  })
}

/** Over `http:` the tunnel is all there is. */
function inCleartext(tunnel: Tunnel, { offer, progress }: DialTarget, now: number): Connected {
  const { socket, remoteAddress } = tunnel
  // Whoever takes the socket over does so in a later turn.
  socket.on('error', () => {})
  return {
    socket,
    protocol: offer[0] as AlpnProtocol,
    timings: { ...progress.timings(now), tls: 0 },
    tls: null,
    remoteAddress,
  }
}

/** One attempt, from the look-up to the end of the handshake; in a tunnel, the handshake alone. */
class Dial {
  readonly #clock: Clock
  readonly #addresses: AddressBook
  readonly #guard: AddressGuard | null
  readonly #keepsCertificate: boolean
  readonly #origin: Origin
  readonly #offer: readonly AlpnProtocol[]
  readonly #resumption: SessionOffer | null
  readonly #signal: AbortSignal
  readonly #resolve: (connected: Connected) => void
  readonly #reject: (error: unknown) => void
  readonly #socket: net.Socket
  readonly #progress: DialProgress
  readonly #tlsTimeout: number
  readonly #servername: string
  readonly #lookupDeadline: Timer | null
  readonly #tunnel: Tunnel | null
  readonly #onAbort: () => void
  #deadline: Timer

  constructor(
    options: ConnectorOptions,
    { origin, offer, signal, progress }: DialTarget,
    resumption: SessionOffer | null,
    futile: Futile | null,
    tunnel: Tunnel | null,
    resolve: (connected: Connected) => void,
    reject: (error: unknown) => void,
  ) {
    this.#clock = options.clock
    this.#addresses = options.addresses
    this.#guard = options.guard
    this.#keepsCertificate = options.keepCertificates
    this.#origin = origin
    this.#offer = offer
    this.#resumption = resumption
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    this.#tlsTimeout = options.tlsTimeout
    this.#servername = serverNameOf(options.policy, origin)
    this.#progress = progress
    this.#tunnel = tunnel
    if (tunnel === null) progress.begin(options.clock.now(), net.isIP(placeOf(origin).host) !== 0)
    // First of all, since it may throw: nothing may be left armed behind it.
    this.#socket = this.#open(options, futile)
    this.#onAbort = () => this.#fail(signal.reason)
    signal.addEventListener('abort', this.#onAbort)
    this.#deadline = this.#limitStart(options.timeout)
    this.#lookupDeadline = this.#limitLookup(options.dnsTimeout)
    this.#listen()
    // Nobody tells that a tunnel is connected: it is when it comes here.
    if (tunnel !== null) this.#tellHandshake()
  }

  #limitStart(timeout: number): Timer {
    if (this.#tunnel === null) return this.#limit(timeout, 'connect')
    if (this.#tlsTimeout !== Number.POSITIVE_INFINITY) return this.#limit(this.#tlsTimeout, 'tls')
    return this.#limit(this.#tunnel.timeLeft, 'connect')
  }

  #limit(ms: number, option: 'connect' | 'tls'): Timer {
    return this.#clock.setTimeout(() => this.#fail(dialTimeout(this.#facts(), ms, option)), ms)
  }

  #limitLookup(ms: number): Timer | null {
    if (this.#progress.phase !== 'dns' || ms === Number.POSITIVE_INFINITY) return null
    const onTime = () => {
      if (this.#progress.phase === 'dns') this.#fail(dialTimeout(this.#facts(), ms, 'dns'))
    }
    return this.#clock.setTimeout(onTime, ms)
  }

  #open(options: ConnectorOptions, futile: Futile | null): net.Socket {
    const address = {
      ...placeOf(this.#origin),
      // Which versions are tried is a matter of what the address book gives; Node tries them in turn (RFC 8305).
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: options.attemptTimeout,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
      lookup: dialLookup(options, this.#origin, futile, this.#onAnswer, this.#progress.trace),
    }
    if (this.#origin.scheme === 'http') return net.connect(address)
    const security = tlsOptions(options.policy, this.#origin, this.#offer, this.#resumption)
    if (this.#tunnel !== null) return secured(this.#tunnel, { host: address.host, ...security })
    return tls.connect({ ...address, ...security })
  }

  #listen(): void {
    const socket = this.#socket
    socket.on('lookup', this.#onAnswer)
    if (this.#progress.trace !== null) socket.on('connectionAttempt', this.#onAttempt)
    socket.on('connectionAttemptFailed', this.#onAttemptFailed)
    socket.on('connectionAttemptTimeout', this.#onAttemptFailed)
    socket.on('connect', this.#onConnect)
    socket.on('secureConnect', this.#onSecureConnect)
    socket.on('close', this.#onClose)
    socket.on('error', this.#onError)
    if (this.#resumption !== null) this.#resumption.watch(socket as tls.TLSSocket)
  }

  /** The socket outlives the dial by far: nothing of the dial may hang on it. */
  #unlisten(): void {
    const socket = this.#socket
    socket.on('error', () => {})
    socket.off('lookup', this.#onAnswer)
    socket.off('connectionAttempt', this.#onAttempt)
    socket.off('connectionAttemptFailed', this.#onAttemptFailed)
    socket.off('connectionAttemptTimeout', this.#onAttemptFailed)
    socket.off('connect', this.#onConnect)
    socket.off('secureConnect', this.#onSecureConnect)
    socket.off('close', this.#onClose)
    socket.off('error', this.#onError)
  }

  /** Also called by a look-up that answers before anybody can listen to the socket. */
  readonly #onAnswer = (error: Error | null): void => {
    if (error === null) this.#progress.lookedUp(this.#clock.now())
  }

  readonly #onAttempt = (address: string, port: number) => this.#progress.trace?.connectStarted(address, port)

  readonly #onAttemptFailed = (address: string, port: number, _family: number, error?: Error): void => {
    this.#addresses.failed(address)
    this.#progress.trace?.connectFailed(address, port, error)
  }

  readonly #onConnect = (): void => {
    const { remoteAddress } = this.#socket
    this.#progress.connected(this.#clock.now())
    this.#progress.trace?.connected(remoteAddress)
    if (remoteAddress !== undefined) {
      this.#addresses.worked(remoteAddress)
      // What counts in the end is where the socket really went.
      if (this.#guard?.blocks(remoteAddress)) return this.#fail(addressBlocked(this.#origin, [remoteAddress]))
    }
    if (this.#origin.scheme === 'http') return this.#succeed()
    this.#tellHandshake()
    if (this.#tlsTimeout === Number.POSITIVE_INFINITY) return
    this.#deadline.cancel()
    this.#deadline = this.#limit(this.#tlsTimeout, 'tls')
  }

  #tellHandshake(): void {
    const { trace } = this.#progress
    trace?.handshakeStarted(this.#servername, this.#offer, this.#resumption?.session !== undefined)
  }

  readonly #onSecureConnect = (): void => {
    // Before anybody asks for the certificate as an object of `crypto`: Node 22 and 24 show it no more after that.
    if (this.#keepsCertificate) keepCertificate(this.#socket)
    this.#succeed()
  }
  readonly #onClose = (): void =>
    this.#fail(new Error('the server closed the connection during the handshake'))
  readonly #onError = (error: Error): void => this.#fail(error)

  #succeed(): void {
    const socket = this.#socket
    const protocol = this.#protocol()
    if (protocol === null) return this.#fail(alpnRejected(this.#origin, this.#offer))
    if (protocol === 'h2' && isInadequate(socket)) return this.#fail(inadequateSecurity(this.#origin, socket))
    this.#settle()
    this.#unlisten()
    const handshake = handshakeOf(socket)
    if (handshake !== null) this.#progress.trace?.handshakeEnded({ ...handshake, alpn: protocol }, null)
    this.#resolve({
      socket,
      protocol,
      timings: this.#timings(),
      tls: handshake,
      remoteAddress: this.#tunnel?.remoteAddress ?? socket.remoteAddress ?? '',
    })
  }

  /** RFC 7301: what the server chose; a server without ALPN speaks HTTP/1.1. null: nothing that was offered. */
  #protocol(): AlpnProtocol | null {
    if (this.#origin.scheme === 'http') return this.#offer[0] ?? null
    const chosen = (this.#socket as tls.TLSSocket).alpnProtocol || 'http/1.1'
    return this.#offer.includes(chosen as AlpnProtocol) ? (chosen as AlpnProtocol) : null
  }

  #fail(error: unknown): void {
    if (!this.#settle()) return
    const facts = this.#facts()
    if (facts.phase === 'dns') this.#addresses.abandon(placeOf(this.#origin).host)
    this.#resumption?.failed(facts.phase)
    this.#unlisten()
    this.#socket.destroy()
    const wrapped = isError(error) && isNodeError(error) && error !== this.#signal.reason
    const told = wrapped ? dialFailure(facts, error) : error
    this.#progress.trace?.failed(told)
    this.#reject(told)
  }

  #settled = false

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    this.#deadline.cancel()
    this.#lookupDeadline?.cancel()
    this.#signal.removeEventListener('abort', this.#onAbort)
    return true
  }

  #facts(): DialFacts {
    const socket = this.#socket as tls.TLSSocket
    return {
      origin: this.#origin,
      phase: this.#progress.phase,
      timings: this.#progress.ended,
      rejectedCertificate: Boolean(socket.authorizationError),
      offer: this.#offer,
    }
  }

  #timings(): DialTimings {
    const timings = this.#progress.timings(this.#clock.now())
    return this.#origin.scheme === 'https' ? timings : { ...timings, tls: 0 }
  }
}

function handshakeOf(socket: net.Socket): Connected['tls'] {
  if (!(socket instanceof tls.TLSSocket)) return null
  return { version: socket.getProtocol() ?? '', resumed: socket.isSessionReused() }
}
