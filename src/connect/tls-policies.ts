import { LRUCache } from 'lru-cache'
import { noOptions } from '../core/no-options.ts'
import type { Origin } from '../core/origin.ts'
import { HostTable } from './host-table.ts'
import { createKeyLog, type KeyLog } from './key-log.ts'
import { pinTable } from './pins.ts'
import {
  type OriginTlsOptions,
  type PerOriginTls,
  type TlsOptions,
  TlsPolicy,
  usesMaterial,
} from './tls-identity.ts'

/** Policies to keep made. One costs a digest, and a context of its own when its certificates differ. */
const MOST_ORIGINS = 1000

/** What belongs together: half of one client certificate with half of another is none. */
const CLIENT_CERTIFICATE = ['cert', 'key', 'pfx', 'passphrase'] as const

interface Known {
  readonly own: OriginTlsOptions | undefined
  readonly policy: TlsPolicy
}

/** The TLS policy of each origin, from the options of one client. */
export class TlsPolicies {
  /** That of origins without options of their own, and without pins. */
  readonly base: TlsPolicy
  readonly #options: OriginTlsOptions
  readonly #own: (origin: Origin) => OriginTlsOptions | undefined
  readonly #pins: HostTable<readonly string[]>
  readonly #keyLog: KeyLog | null
  readonly #known = new LRUCache<string, Known>({ max: MOST_ORIGINS })

  /**
   * `check` throws for what a function of the user's gives and is no set of options.
   * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`
   */
  constructor(options: TlsOptions, check: (own: unknown) => void) {
    const { pins = {}, perOrigin = {}, keyLog, reload: _, ...rest } = options
    this.#options = rest
    this.#pins = pinTable(pins)
    this.#own = ownOptions(perOrigin, check)
    this.#keyLog = createKeyLog(keyLog, process.env)
    // Pins that nothing would look at are refused here, not at the first request.
    this.base = new TlsPolicy(rest, { keyLog: this.#keyLog })
    if (this.#pins.size > 0) new TlsPolicy(rest, { pins: [] })
    const own = typeof perOrigin === 'function' ? [] : Object.values(perOrigin)
    for (const options of [rest, ...own.map((each) => merged(rest, each))]) checkMaterial(options)
  }

  /** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` when it is a function that gave something unusable */
  of(origin: Origin): TlsPolicy {
    const own = this.#own(origin)
    const known = this.#known.get(origin.key, noOptions())
    if (known !== undefined && known.own === own) return known.policy
    const policy = this.#make(own, this.#pins.find(origin) ?? null)
    this.#known.set(origin.key, { own, policy }, noOptions())
    return policy
  }

  /** What `of` said last. A function of the user's is not asked again. */
  last(origin: Origin): TlsPolicy {
    return this.#known.get(origin.key, noOptions())?.policy ?? this.of(origin)
  }

  #make(own: OriginTlsOptions | undefined, pins: readonly string[] | null): TlsPolicy {
    if (own === undefined && pins === null) return this.base
    const options = own === undefined ? this.#options : merged(this.#options, own)
    return new TlsPolicy(options, { pins, keyLog: this.#keyLog })
  }
}

/** What node:tls cannot use shall fail where it is given. Without any there is nothing to check, and no context to make. */
function checkMaterial(options: OriginTlsOptions): void {
  if (usesMaterial(options)) new TlsPolicy(options).secureContext()
}

function ownOptions(
  perOrigin: PerOriginTls,
  check: (own: unknown) => void,
): (origin: Origin) => OriginTlsOptions | undefined {
  if (typeof perOrigin !== 'function') {
    const table = new HostTable(Object.entries(perOrigin))
    return (origin) => table.find(origin)
  }
  const checked = new WeakSet<object>()
  return ({ scheme, authority }) => {
    const own = perOrigin(`${scheme}://${authority}`)
    if (own === undefined || checked.has(own)) return own
    check(own)
    checked.add(own)
    return own
  }
}

/** Nothing of the client's own certificate is left when an origin has another one. */
export function merged(base: OriginTlsOptions, over: OriginTlsOptions): OriginTlsOptions {
  const replaced = CLIENT_CERTIFICATE.some((field) => over[field] !== undefined) ? CLIENT_CERTIFICATE : []
  return { ...without(base, replaced), ...given(over) }
}

/** What is not named stays; but there is one certificate, as PEM or as PKCS #12. */
export function updated(base: TlsOptions, over: TlsOptions): TlsOptions {
  const { cert, key, pfx } = over
  const replaced = pfx !== undefined ? PEM : cert !== undefined || key !== undefined ? PKCS12 : []
  return { ...without(base, replaced), ...given(over) }
}

const PEM = ['cert', 'key']
const PKCS12 = ['pfx']

function without<T extends object>(options: T, fields: readonly string[]): T {
  return Object.fromEntries(Object.entries(options).filter(([field]) => !fields.includes(field))) as T
}

function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
