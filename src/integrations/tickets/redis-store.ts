import type { TlsSession, TlsSessionStore } from '../../connect/tls-session-store.ts'
import {
  anything,
  boolean,
  type Check,
  checkGroup,
  duration,
  func,
  text,
  whole,
} from '../../option-checks.ts'
import { ADD, DROP, FORGET, TAKE } from './redis-scripts.ts'
import { type Label, MOST_SEALED_BYTES, Sealer } from './sealed-session.ts'
import { settledWithin } from './settled-within.ts'
import type { TicketKeys } from './ticket-keys.ts'

/** A connected client, cluster or pool of the `redis` package: what is used of it. */
export interface RedisScripts {
  /** `EVAL`: runs a Lua script. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** Options of `RedisTlsSessionStore`. */
export interface RedisTlsSessionStoreOptions {
  /** Yours to connect, to listen to for `error`, and to close. */
  readonly client: RedisScripts
  /** What sessions are encrypted with: 32 bytes, or a list of keys of which the first one encrypts. */
  readonly key: TicketKeys
  /** Of the names of Redis keys. Default `trunkline:tls:`. */
  readonly prefix?: string
  /** Sessions to keep per identity, newest first. Default 4. */
  readonly maxPerIdentity?: number
  /** Offer each TLS 1.3 session at most once, even when it is the last. Default false. */
  readonly singleUse?: boolean
  /** How long a dial waits for Redis, ms. Default 50. */
  readonly timeout?: number
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

const client: Check = (value) =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'eval') === 'function'
    ? null
    : "a client of the package redis (createClient() from 'redis'), connected"
const CHECKS = {
  client,
  // Says more about keys where it takes them apart.
  key: anything,
  prefix: text,
  maxPerIdentity: whole(1),
  singleUse: boolean,
  timeout: duration(0),
  now: func,
}

/** TLS sessions in Redis, for processes anywhere. No two get the same session for single use. */
export class RedisTlsSessionStore implements TlsSessionStore {
  readonly timeout: number
  readonly #client: RedisScripts
  readonly #sealer: Sealer
  readonly #prefix: string
  readonly #maxPerIdentity: number
  readonly #singleUse: boolean
  readonly #now: () => number
  readonly #writing = new Set<Promise<unknown>>()

  /** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` */
  constructor(options: RedisTlsSessionStoreOptions) {
    checkGroup('RedisTlsSessionStore', CHECKS, options)
    checkGroup('RedisTlsSessionStore', { client }, { client: options.client ?? null })
    this.#client = options.client
    this.#sealer = new Sealer(options.key)
    // With the version of what is kept there.
    this.#prefix = `${options.prefix ?? 'trunkline:tls:'}1:`
    this.#maxPerIdentity = options.maxPerIdentity ?? 4
    this.#singleUse = options.singleUse ?? false
    this.#now = options.now ?? Date.now
    this.timeout = options.timeout ?? 50
  }

  async take(identity: string): Promise<TlsSession | undefined> {
    // Each key has a list of its own. One after the other: those of a cluster may be on different machines.
    for (const place of this.#sealer.placesOf(identity).values()) {
      const session = await this.#takeFrom(place, identity)
      if (session !== undefined) return session
    }
    return undefined
  }

  async add(identity: string, session: TlsSession): Promise<void> {
    const { label, bytes } = this.#sealer.seal(identity, session)
    if (bytes.length > MOST_SEALED_BYTES) return
    const entry = `${headOf(label)}:${bytes.toString('base64')}`
    const added = this.#run(
      ADD,
      label.place,
      String(this.#now()),
      entry,
      label.tag,
      String(this.#maxPerIdentity),
    )
    this.#writing.add(added)
    await added.finally(() => this.#writing.delete(added))
  }

  async forget(identity: string): Promise<void> {
    const places = [...this.#sealer.placesOf(identity).values()]
    await Promise.all(places.map((place) => this.#run(FORGET, place)))
  }

  /**
   * Resolves when Redis has all that was added: before `process.exit()`, or before a function is frozen. After
   * `timeout` ms, 1,000 unless told otherwise, it resolves anyway: a Redis that hangs holds nobody up.
   */
  flush(timeout?: number): Promise<void> {
    return settledWithin([...this.#writing], timeout)
  }

  async #takeFrom(place: string, identity: string): Promise<TlsSession | undefined> {
    // An entry that does not open is dropped, and the next one tried.
    for (let attempt = 0; attempt < this.#maxPerIdentity; attempt += 1) {
      const entry = await this.#run(TAKE, place, String(this.#now()), this.#singleUse ? '1' : '0')
      if (entry === null) return undefined
      const session = this.#open(identity, entry)
      if (session !== null) return session
      await this.#run(DROP, place, entry)
    }
    return undefined
  }

  async #run(script: string, place: string, ...values: string[]): Promise<string | null> {
    const keys = [this.#prefix + place]
    const answer = await this.#client.eval(script, { keys, arguments: values })
    // Text, or bytes where the client was told to give those.
    return answer === null || answer === undefined ? null : String(answer)
  }

  #open(identity: string, entry: string): TlsSession | null {
    const [, , keyId = '', , sealed = ''] = entry.split(':')
    return this.#sealer.open(identity, keyId, Buffer.from(sealed, 'base64'))
  }
}

function headOf({ expiresAt, singleUse, keyId, tag }: Label): string {
  return `${Math.floor(expiresAt)}:${singleUse ? 1 : 2}:${keyId}:${tag}`
}
