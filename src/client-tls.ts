import type { SettledOptions } from './client-options.ts'
import type { Connector, ConnectorOptions } from './connect/connector.ts'
import type { KeyLog } from './connect/key-log.ts'
import { createOriginConnector } from './connect/origin-connector.ts'
import { guardOf, type TlsStoreStats } from './connect/store-guard.ts'
import { type TlsOptions, type TlsPolicy, verifiesUnless } from './connect/tls-identity.ts'
import { TlsPolicies, updated } from './connect/tls-policies.ts'
import { processTlsSessions, type TlsSessionStore } from './connect/tls-session-store.ts'
import type { Clock } from './core/clock.ts'
import type { Origin } from './core/origin.ts'
import { checkOriginTls } from './tls-checks.ts'
import { type ReloadStats, readFilesNow, TlsReload } from './tls-reload.ts'

/** A client's TLS: the options in force, what replaces them, and its sessions. */
export class ClientTls {
  readonly sessions: TlsSessionStore | null
  readonly #onChange: (concerns: (origin: Origin) => boolean) => void
  readonly #reload: TlsReload | null
  #options: TlsOptions
  #policies: TlsPolicies

  /**
   * `onChange` is called with the origins whose connections were made under options that are no longer in force.
   * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for files that cannot be read, or what node:tls cannot use
   */
  constructor(
    { tls: options, tlsSessions }: Pick<SettledOptions, 'tls' | 'tlsSessions'>,
    clock: Clock,
    onChange: (concerns: (origin: Origin) => boolean) => void,
  ) {
    this.#onChange = onChange
    this.sessions = tlsSessions === false ? null : (tlsSessions ?? processTlsSessions)
    const { reload } = options
    // Said once, since a policy may be made at any time, and the environment may change.
    const rejectUnauthorized = verifiesUnless(options.rejectUnauthorized)
    this.#options = updated({ ...options, rejectUnauthorized }, readFilesNow(reload?.files))
    this.#policies = new TlsPolicies(this.#options, checkOriginTls)
    this.#reload =
      reload === undefined
        ? null
        : new TlsReload({ clock, options: reload, apply: (material) => this.update(material) })
  }

  /** Of the options in force. */
  get keyLog(): KeyLog | null {
    return this.#policies.base.keyLog
  }

  readonly policyOf = (origin: Origin): TlsPolicy => this.#policies.of(origin)

  connector(options: Omit<ConnectorOptions, 'policy' | 'sessions'>): Connector {
    const { sessions } = this
    return createOriginConnector({ ...options, policy: this.#policies.base, sessions }, this.policyOf)
  }

  /**
   * Puts other options in force; those that are not named stay. Says whether that changes anything.
   * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`; then nothing changes.
   */
  update(update: TlsOptions): boolean {
    const options = updated(this.#options, update)
    const before = this.#policies
    const after = new TlsPolicies(options, checkOriginTls)
    this.#options = options
    this.#policies = after
    const concerns = (origin: Origin) => origin.scheme === 'https' && !agree(before, after, origin)
    this.#onChange(concerns)
    return before.base.digest !== after.base.digest
  }

  stats(now: number): { readonly tlsSessions: TlsStoreStats | null; readonly tlsReload: ReloadStats | null } {
    return {
      tlsSessions: this.sessions === null ? null : guardOf(this.sessions).stats(now),
      tlsReload: this.#reload?.stats ?? null,
    }
  }

  stop(): void {
    this.#reload?.stop()
  }
}

/** A function of the user's may throw; what it says then is for the next dial to tell. */
function agree(before: TlsPolicies, after: TlsPolicies, origin: Origin): boolean {
  try {
    return before.last(origin).digest === after.of(origin).digest
  } catch {
    return false
  }
}
