import { isIP, isIPv4, type Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { ClientError } from '../../core/errors.ts'
import type { HeaderList } from '../../core/headers.ts'
import { orAborted } from '../../core/or-aborted.ts'
import { type Origin, type Place, placeOf } from '../../core/origin.ts'
import type { AddressBook } from '../address-book.ts'
import type { AddressGuard } from '../address-guard.ts'
import { addressBlocked, dialFailure, dialTimeout } from '../connect-failure.ts'
import type { Connected } from '../connector.ts'
import { DialProgress } from '../dial-progress.ts'
import type { ProxyLeg } from '../dial-trace.ts'
import type { Tunnel } from '../tunnel.ts'
import { schemeNames } from './connect-answer.ts'
import { Gate } from './gate.ts'
import type { HopPools } from './hop-pools.ts'
import { askByHttp1 } from './http1-tunnel.ts'
import { proxyBroke, proxyRefused, proxyUnreached } from './proxy-failure.ts'
import type { ProxyServer } from './proxy-server.ts'
import type { ProxySession } from './proxy-session.ts'
import { askBySocks, SocksMissing, SocksRefusal } from './socks-tunnel.ts'

export interface TunnelsContext {
  readonly clock: Clock
  readonly hops: HopPools
  readonly addresses: AddressBook
  /** Of origins that are looked up here. */
  readonly guard: AddressGuard | null
  /** ms; `connect` is for all of a dial but the handshakes when `tls` is finite. */
  readonly timeouts: {
    readonly connect: number
    readonly dns: number
    readonly proxy: number
    readonly tls: number
  }
}

/** One wish for a tunnel. */
interface Wish {
  readonly server: ProxyServer
  readonly origin: Origin
  /** Where the tunnel is to lead. */
  readonly place: Place
  readonly gate: Gate
  readonly progress: DialProgress
  readonly timeLeft: () => number
}

type OpenTunnel = Omit<Tunnel, 'timeLeft'> & { readonly leg: ProxyLeg }

/** A proxy may close its connection just when a tunnel is asked for: then once more, over another one. */
const MOST_TRIES = 2

/** Opens tunnels through proxies. */
export class Tunnels {
  readonly #context: TunnelsContext

  constructor(context: TunnelsContext) {
    this.#context = context
  }

  /** Rejects with `ConnectError`, `TimeoutError` or the reason of `signal`; then nothing of it is left open. */
  async open(
    server: ProxyServer,
    origin: Origin,
    signal: AbortSignal,
    progress: DialProgress,
  ): Promise<Tunnel> {
    const { clock, timeouts } = this.#context
    const startedAt = clock.now()
    const handshake = server.origin.scheme === 'https' && Number.isFinite(timeouts.tls) ? timeouts.tls : 0
    const timeLeft = () => Math.max(1, timeouts.connect + handshake - (clock.now() - startedAt))
    const gate = new Gate(clock, signal)
    const facts = () => ({ origin, phase: progress.phase, timings: progress.ended })
    gate.limit(timeLeft(), () => dialTimeout(facts(), timeouts.connect, 'connect'))
    progress.trace?.tunnelStarted(server.name)
    try {
      const place = await this.#place(server, origin, gate, progress)
      const { leg, ...tunnel } = await this.#tunnel({ server, origin, place, gate, progress, timeLeft }, 1)
      progress.tunnelled(clock.now())
      progress.trace?.tunnelEnded(leg, null)
      return { ...tunnel, timeLeft: timeLeft() }
    } catch (error) {
      progress.trace?.tunnelEnded(null, error)
      throw error
    } finally {
      gate.close()
    }
  }

  /** A connection to the proxy itself, which takes requests for the origin as they are. */
  async forward(
    server: ProxyServer,
    origin: Origin,
    signal: AbortSignal,
    progress: DialProgress,
  ): Promise<Connected> {
    const { clock, hops } = this.#context
    // All of the dial is the one of the proxy, and told as that of the origin.
    const hop = new DialProgress(progress.trace?.towardsProxy() ?? null)
    progress.follow(hop, clock.now())
    try {
      const connected = await hops.connect(server, signal, hop)
      progress.tunnelled(clock.now())
      return { ...connected, tls: null, timings: progress.timings(clock.now()) }
    } catch (error) {
      throw signal.aborted ? signal.reason : proxyUnreached(server, origin, error)
    }
  }

  async #place(server: ProxyServer, origin: Origin, gate: Gate, progress: DialProgress): Promise<Place> {
    const { clock, addresses, guard, timeouts } = this.#context
    const { host, port } = placeOf(origin)
    const isHere = server.resolvesHere && isIP(host) === 0
    progress.begin(clock.now(), !isHere)
    if (!isHere) return { host, port }
    const done = gate.limit(timeouts.dns, () => dialTimeout({ origin, phase: 'dns' }, timeouts.dns, 'dns'))
    const { trace } = progress
    trace?.lookupStarted(host, addresses.isCached(host))
    try {
      const found = await orAborted(addresses.find(host), gate.signal)
      trace?.lookupEnded(
        found.map(({ address }) => address),
        null,
      )
      const fit = server.kind === 'socks4' ? found.filter(({ address }) => isIPv4(address)) : found
      const [first] = fit.filter(({ address }) => !guard?.blocks(address))
      if (first !== undefined) return { host: first.address, port }
      if (fit.length === 0)
        throw proxyBroke(server, origin, 'SOCKS 4 takes IPv4 addresses, and the host has none')
      throw addressBlocked(
        origin,
        fit.map(({ address }) => address),
      )
    } catch (error) {
      trace?.lookupEnded([], gate.signal.aborted ? gate.signal.reason : error)
      if (gate.signal.aborted) throw gate.signal.reason
      if (error instanceof ClientError) throw error
      throw dialFailure({ origin, phase: 'dns', rejectedCertificate: false, offer: [] }, error as Error)
    } finally {
      done()
    }
  }

  #tunnel(wish: Wish, tries: number): Promise<OpenTunnel> {
    const { server, origin, gate, progress } = wish
    const { signal } = gate
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      let giveUp: (() => void) | null = null
      const onAbort = () => {
        giveUp?.()
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort)
      const end = () => signal.removeEventListener('abort', onAbort)
      const succeed = (tunnel: OpenTunnel) => {
        end()
        resolve(tunnel)
      }
      const fail = (error: unknown) => {
        end()
        if (mayTryAgain(error, tries) && !signal.aborted) this.#tunnel(wish, tries + 1).then(resolve, reject)
        else reject(signal.aborted ? signal.reason : this.#asFailure(wish, error))
      }
      const leave = this.#context.hops.enter(server, {
        progress,
        fail: (error) => {
          end()
          reject(proxyUnreached(server, origin, error))
        },
        useSocket: (connected, dialId) => {
          giveUp = () => connected.socket.destroy()
          this.#askOver(connected, dialId, wish).then(succeed, (error) => {
            connected.socket.destroy()
            fail(error)
          })
        },
        useSession: (session) => {
          giveUp = this.#askThrough(session, wish, succeed, fail)
        },
      })
      giveUp ??= leave
    })
  }

  /** By HTTP/1.1 or SOCKS, on a connection that then is the tunnel. */
  async #askOver({ socket, remoteAddress }: Connected, dialId: number, wish: Wish): Promise<OpenTunnel> {
    const { server, origin, place, gate } = wish
    const onTime = this.#limitAnswer(wish)
    try {
      if (server.kind !== 'http') await askBySocks(socket, server, place, gate.signal, wish.timeLeft())
      else {
        const answer = await askByHttp1(socket, authorityOf(place), server.fields, gate.signal)
        if (answer.kind === 'garbage') throw proxyBroke(server, origin, answer.why)
        if (!isSuccess(answer.refusal.status)) throw proxyRefused(server, origin, answer.refusal)
      }
      return { socket, remoteAddress, leg: { dialId, connectionId: null } }
    } finally {
      onTime()
    }
  }

  /** By HTTP/2, in a stream of a connection that has others. Returns what gives it up. */
  #askThrough(
    session: ProxySession,
    wish: Wish,
    succeed: (tunnel: OpenTunnel) => void,
    fail: (error: unknown) => void,
  ): () => void {
    const { server, origin, place } = wish
    const before = session.bytesReceived
    const onTime = this.#limitAnswer(wish)
    try {
      const giveUp = session.open(authorityOf(place), server.fields, {
        onAnswer: (status, headers, stream) => {
          onTime()
          if (isSuccess(status)) {
            const socket = stream as unknown as Socket
            const { id: connectionId, dialId, remoteAddress } = session
            const leg = { dialId, connectionId }
            succeed({ socket, remoteAddress, leg, hold: (alive) => hold(stream, alive) })
            return
          }
          fail(proxyRefused(server, origin, { status, schemes: schemeNames(authenticateOf(headers)) }))
          stream.destroy()
        },
        onFailure: (error) => {
          onTime()
          fail(error)
        },
      })
      return () => {
        onTime()
        giveUp()
        // It said nothing at all: the next tunnel shall not depend on whether it ever will.
        if (session.bytesReceived === before) session.retire('replaced')
      }
    } catch (error) {
      onTime()
      fail(error)
      return () => {}
    }
  }

  #limitAnswer({ gate, origin, progress }: Wish): () => void {
    const { proxy } = this.#context.timeouts
    const late = () => dialTimeout({ origin, phase: 'proxy', timings: progress.ended }, proxy, 'proxy')
    return gate.limit(proxy, late)
  }

  #asFailure({ server, origin, place }: Wish, error: unknown): unknown {
    // Another address of the host may do.
    if (server.resolvesHere) this.#context.addresses.failed(place.host)
    if (error instanceof SocksRefusal) return proxyBroke(server, origin, error.message)
    if (error instanceof SocksMissing) {
      return proxyBroke(
        server,
        origin,
        'SOCKS proxies need the package socks; install it beside this one',
        error.cause,
      )
    }
    if (error instanceof ClientError) {
      if (error.code === 'ERR_TRUNKLINE_PROXY_FAILED') return error
      return proxyBroke(
        server,
        origin,
        `the connection to it failed (${error.message.replace(/\.$/, '')})`,
        error,
      )
    }
    const { code, message } = error as NodeJS.ErrnoException
    return proxyBroke(server, origin, `the connection to it was lost (${code ?? message})`, error)
  }
}

function hold(stream: { ref(): unknown; unref(): unknown }, alive: boolean): void {
  if (alive) stream.ref()
  else stream.unref()
}

function mayTryAgain(error: unknown, tries: number): boolean {
  return (
    tries < MOST_TRIES &&
    error instanceof ClientError &&
    error.processed === 'no' &&
    error.code !== 'ERR_TRUNKLINE_PROXY_FAILED'
  )
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299
}

function authenticateOf(headers: HeaderList): readonly string[] {
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === 'proxy-authenticate')
}

function authorityOf({ host, port }: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
