/** A dialled connection that watches its own contract. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect } from 'vitest'
import { type ClientError, ConnectionError } from '../../src/core/errors.ts'
import type { HeaderList } from '../../src/core/headers.ts'
import { type Origin, parseTarget } from '../../src/core/origin.ts'
import type { AlpnProtocol, BodyShape, Connection, Engine, GoAway } from '../../src/wire/contract.ts'
import { ensureCertificates } from '../support/certificates.ts'
import { waitFor } from '../support/wait-for.ts'
import { type Hooks, Recording } from './recording.ts'

export interface RequestParts {
  readonly method?: string
  readonly path?: string
  readonly headers?: HeaderList
  readonly body?: BodyShape
  readonly protocol?: string
}

type ListenerCall = 'ready' | 'slots' | 'draining' | 'closed'
type OwnCall = 'attach' | 'open' | 'drain' | 'destroy'

let nextId = 1

/** A connected socket with TLS and ALPN done, as an engine gets it. */
export async function dial(origin: string, protocol: AlpnProtocol): Promise<Socket> {
  const { port, scheme } = parseTarget(origin).origin
  if (scheme === 'http') {
    const socket = connectTcp({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    return socket
  }
  const { ca } = await ensureCertificates()
  const names = { host: '127.0.0.1', port, servername: 'localhost' }
  const socket = connectTls({ ...names, ca, ALPNProtocols: [protocol] })
  await once(socket, 'secureConnect')
  expect(socket.alpnProtocol).toBe(protocol)
  return socket.setNoDelay(true)
}

/**
 * One connection, and everything that was ever called on its listener and its handlers. The rules of the contract
 * that hold in every case are checked by `verify()`, after every case.
 */
export class Wire {
  readonly connection: Connection
  readonly socket: Socket
  readonly recordings: Recording[] = []
  /** The listener's calls, in order. */
  readonly calls: ListenerCall[] = []
  /** What `onClosed` was given; undefined before. */
  closedBy: ClientError | null | undefined
  goAway: GoAway | null = null
  /** What `onGoAway` was given. */
  readonly goAways: GoAway[] = []
  /** What a case does from inside `onSlots`. */
  onSlots: (() => void) | null = null
  readonly #origin: Origin
  readonly #breaches: string[] = []
  #onCall: (() => void) | null = null
  /** Which of our calls is running: the listener's must not come from inside one. */
  #inside: OwnCall | null = null

  constructor(engine: Engine, socket: Socket, origin: string) {
    this.socket = socket
    this.#origin = parseTarget(origin).origin
    const context = { id: nextId++, origin: this.#origin }
    this.connection = this.#within('attach', () =>
      engine.attach(socket, context, {
        onReady: () => this.#called('ready'),
        onSlots: () => {
          this.#called('slots')
          this.onSlots?.()
        },
        onGoAway: (goAway) => this.goAways.push(goAway),
        onDraining: (goAway) => {
          this.goAway = goAway
          this.#called('draining')
        },
        onClosed: (error) => {
          this.closedBy = error
          this.#called('closed')
        },
      }),
    )
  }

  /** Dials, attaches, and waits for `onReady`. */
  static async connect(engine: Engine, origin: string): Promise<Wire> {
    const wire = new Wire(engine, await dial(origin, engine.protocol), origin)
    await waitFor(() => wire.calls.includes('ready'), { message: 'onReady' })
    return wire
  }

  get authority(): string {
    return this.#origin.authority
  }

  /** Starts an exchange. A body of `none`, the default, needs nothing more. */
  open(parts: RequestParts = {}, hooks: Hooks = {}): Recording {
    const watch = { inside: () => this.#inside, breach: (what: string) => void this.#breaches.push(what) }
    const recording = new Recording(watch, hooks)
    const head = {
      method: parts.method ?? 'GET',
      scheme: this.#origin.scheme,
      authority: this.#origin.authority,
      path: parts.path ?? '/',
      headers: parts.headers ?? [],
      ...(parts.protocol === undefined ? {} : { protocol: parts.protocol }),
    }
    recording.exchange = this.#within('open', () =>
      this.connection.open(head, parts.body ?? 'none', recording),
    )
    this.recordings.push(recording)
    return recording
  }

  /** A whole exchange, one after the other. */
  async request(parts: RequestParts = {}): Promise<Recording> {
    await this.untilFree()
    return this.open(parts).complete()
  }

  /** What `open` throws; fails when it does not. */
  openError(parts: RequestParts = {}): ClientError {
    try {
      this.open(parts).reset()
    } catch (error) {
      return error as ClientError
    }
    throw new Error('open() was expected to throw')
  }

  drain(): void {
    this.#within('drain', () => this.connection.drain())
  }

  /** Returns the error that it destroyed the connection with. */
  destroy(): ClientError {
    const message = `destroyed by the test, connection ${this.connection.id}`
    const cause = new Error('the reason')
    const error = new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', message, { cause })
    this.#within('destroy', () => this.connection.destroy(error))
    return error
  }

  /** Resolves when one more exchange may start; says so without polling, for those who ask a thousand times. */
  async untilFree(): Promise<void> {
    while (this.connection.slots === 0) {
      const slots = Promise.withResolvers<void>()
      const timer = setTimeout(() => slots.reject(new Error('waited 4 s for a free slot')), 4000)
      this.#onCall = slots.resolve
      await slots.promise.finally(() => clearTimeout(timer))
    }
  }

  /** Waits for `onClosed`, and returns what it was given. */
  async untilClosed(timeout?: number): Promise<ClientError | null> {
    const message = () => `onClosed; calls so far: ${this.calls.join(', ')}`
    await waitFor(
      () => this.closedBy !== undefined,
      timeout === undefined ? { message } : { message, timeout },
    )
    return this.closedBy ?? null
  }

  count(call: ListenerCall): number {
    return this.calls.filter((one) => one === call).length
  }

  /** Ends it, and checks the rules that hold whatever happened. */
  async verify(): Promise<void> {
    this.destroy()
    await this.untilClosed()
    expect(this.#breaches).toEqual([])
    expect(this.recordings.filter((recording) => !recording.isOver)).toEqual([])
    expect(this.count('ready')).toBeLessThanOrEqual(1)
    expect(this.connection.state).toBe('closed')
    expect(this.connection.slots).toBe(0)
    expect(this.connection.openExchanges).toBe(0)
    expect(this.socket.destroyed).toBe(true)
  }

  #called(call: ListenerCall): void {
    if (this.#inside !== null) this.#breaches.push(`${call} was called from inside ${this.#inside}`)
    if (this.calls.includes('closed')) this.#breaches.push(`${call} was called after closed`)
    if (call === 'slots' && !this.calls.includes('ready'))
      this.#breaches.push('slots was called before ready')
    const open = this.recordings.some((recording) => !recording.isOver)
    if (call === 'closed' && open) this.#breaches.push('closed was called with an exchange still open')
    this.calls.push(call)
    this.#onCall?.()
  }

  #within<T>(call: OwnCall, run: () => T): T {
    const outer = this.#inside
    this.#inside = call
    try {
      return run()
    } finally {
      this.#inside = outer
    }
  }
}
