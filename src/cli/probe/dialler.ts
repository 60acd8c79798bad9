import type { TLSSocket } from 'node:tls'
import { checkProxyTls } from '../../client-options.ts'
import { createAddressBook } from '../../connect/address-book.ts'
import { keptCertificate } from '../../connect/certificate-cover.ts'
import { type Connected, type ConnectorOptions, createConnector } from '../../connect/connector.ts'
import { DNS_DEFAULTS } from '../../connect/dns-options.ts'
import { HopPools } from '../../connect/proxy/hop-pools.ts'
import { createProxiedConnector } from '../../connect/proxy/proxied-connector.ts'
import { createProxyChooser } from '../../connect/proxy/proxy-chooser.ts'
import type { ProxySetting } from '../../connect/proxy/proxy-options.ts'
import { Tunnels } from '../../connect/proxy/tunnels.ts'
import { type TlsOptions, TlsPolicy } from '../../connect/tls-identity.ts'
import { MemoryTlsSessionStore } from '../../connect/tls-session-store.ts'
import { systemClock } from '../../core/clock.ts'
import { ClientError } from '../../core/errors.ts'
import { type Origin, originVia } from '../../core/origin.ts'
import { nextId } from '../../core/process-record.ts'
import { proxyCare } from '../../pool/proxy-care.ts'
import type { AlpnProtocol } from '../../wire/contract.ts'
import { createHttp2Engine } from '../../wire/http2/engine.ts'
import type { CertificateFacts, Failed } from './report.ts'

/** Nothing is handed over to a proxy: a probe looks at the origin, through a tunnel. */
const READING = { checkTls: checkProxyTls, cleartext: 'h2' } as const

export interface DiallerOptions {
  readonly origin: Origin
  readonly tls: TlsOptions
  readonly hosts: Readonly<Record<string, string>> | null
  readonly proxy: ProxySetting
  /** ms for each dial. */
  readonly timeout: number
  readonly signal: AbortSignal
}

/** Makes connections to one origin as a client would, in every way that a probe wants to try. */
export class Dialler {
  readonly #options: DiallerOptions
  readonly sessions = new CountingStore()

  constructor(options: DiallerOptions) {
    this.#options = options
  }

  /** `tls` goes over the options of the user. Through a proxy each dial has a connection of its own to it. */
  async dial(offer: readonly AlpnProtocol[], tls: TlsOptions = {}): Promise<Connected> {
    const { origin, proxy, signal } = this.#options
    const dialling = this.#dialling()
    const policy = new TlsPolicy({ ...this.#options.tls, ...tls })
    const straight = createConnector({ ...dialling, policy })
    const choose = createProxyChooser(proxy, READING, process.env)
    const server = choose === null ? null : await choose(origin)
    if (server === null) return straight.connect(origin, offer, signal)
    const { hops, tunnels } = this.#tunnels(dialling)
    try {
      const through = createProxiedConnector(straight, tunnels, null)
      const connected = await through.connect(originVia(origin, server), offer, signal)
      connected.socket.once('close', () => void hops.close())
      return connected
    } catch (error) {
      void hops.close()
      throw error
    }
  }

  #dialling(): Omit<ConnectorOptions, 'policy'> {
    const { hosts, timeout } = this.#options
    const dns = { ...DNS_DEFAULTS, ...(hosts && { hosts }) }
    return {
      clock: systemClock,
      sessions: this.sessions,
      timeout,
      dnsTimeout: timeout,
      tlsTimeout: timeout,
      addresses: createAddressBook(dns, systemClock),
      guard: null,
      attemptTimeout: dns.attemptTimeout,
      keepCertificates: true,
    }
  }

  #tunnels(dialling: Omit<ConnectorOptions, 'policy'>): {
    readonly hops: HopPools
    readonly tunnels: Tunnels
  } {
    const { timeout } = this.#options
    const { clock, addresses } = dialling
    const keepAlive = { interval: 0, timeout, whenIdle: false, drainInterval: 0 }
    const hops = new HopPools({
      clock,
      engine: createHttp2Engine({ clock }),
      idleTimeout: timeout,
      nextConnectionId: () => nextId('connection'),
      careFor: proxyCare({ clock, clientId: 0, policy: { keepAlive, settingsTimeout: timeout } }),
      // Tickets of the proxy are none of the origin's.
      dialling: { ...dialling, sessions: null },
      keyLog: () => null,
    })
    const timeouts = { connect: timeout, dns: timeout, proxy: timeout, tls: timeout }
    return { hops, tunnels: new Tunnels({ clock, hops, addresses, guard: null, timeouts }) }
  }
}

/** TLS sessions, counted as they come. */
class CountingStore extends MemoryTlsSessionStore {
  count = 0

  override add(...given: Parameters<MemoryTlsSessionStore['add']>): void {
    this.count += 1
    super.add(...given)
  }
}

export function failedOf(error: unknown): Failed {
  const { message, name } = error as Error
  return { code: error instanceof ClientError ? error.code : name, message }
}

/** The TLS socket of a connection; null in the clear. */
export function tlsSocketOf({ socket, tls }: Connected): TLSSocket | null {
  return tls === null ? null : (socket as TLSSocket)
}

export function keyExchangeOf(socket: TLSSocket): string | null {
  const info = socket.getEphemeralKeyInfo() as { type?: string; name?: string; size?: number } | null
  if (info?.type === undefined) return null
  // Node names no group that OpenSSL has no old name for, such as the hybrid ones.
  return info.name ?? `${info.type}${info.size === undefined ? '' : ` ${info.size} bit`}`
}

const DAY = 24 * 60 * 60 * 1000

export function certificateOf(socket: TLSSocket, now: number): CertificateFacts | null {
  // Node 22 and 24 show it no more once the TLS session was stored; one that is not trusted is neither kept nor stored.
  const certificate = keptCertificate(socket) ?? socket.getPeerCertificate()
  if (certificate === undefined || Object.keys(certificate).length === 0) return null
  const validTo = Date.parse(certificate.valid_to)
  const { bits, nistCurve, asn1Curve } = certificate as {
    bits?: number
    nistCurve?: string
    asn1Curve?: string
  }
  const curve = nistCurve ?? asn1Curve
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: (certificate.subjectaltname ?? '').split(', ').filter((name) => name !== ''),
    validFrom: new Date(certificate.valid_from).toISOString(),
    validTo: new Date(validTo).toISOString(),
    daysLeft: Math.floor((validTo - now) / DAY),
    fingerprint256: certificate.fingerprint256,
    key: curve !== undefined ? `EC ${curve}` : bits !== undefined ? `RSA ${bits} bit` : null,
  }
}

function nameOf(name: unknown): string {
  const { CN, O } = (name ?? {}) as { CN?: string | string[]; O?: string | string[] }
  return [CN ?? O ?? ''].flat().join(', ')
}
