/** Everything one exchange called on its handler, and whether it kept to the contract. */
import { expect } from 'vitest'
import type { ClientError } from '../../src/core/errors.ts'
import { type HeaderList, headerValue } from '../../src/core/headers.ts'
import type { Exchange, ExchangeHandler } from '../../src/wire/contract.ts'
import { waitFor } from '../support/wait-for.ts'

export type Call = keyof {
  [K in keyof ExchangeHandler as K extends `on${infer Name}` ? Lowercase<Name> : never]: 1
}

export interface Interim {
  readonly status: number
  readonly headers: HeaderList
}

/** What a case wants to do from inside a callback. */
export type Hooks = { readonly [K in keyof ExchangeHandler]?: (recording: Recording) => void }

export interface Watch {
  /** Which of our own calls is running, if any. */
  inside(): string | null
  breach(what: string): void
}

export class Recording implements ExchangeHandler {
  /** Set when `open` returns. */
  exchange!: Exchange
  /** In order; runs of `data` and `drain` stand once. */
  readonly calls: Call[] = []
  readonly informational: Interim[] = []
  readonly chunks: Uint8Array[] = []
  status: number | null = null
  headers: HeaderList = []
  trailers: HeaderList | null = null
  error: ClientError | null = null
  drains = 0
  bytes = 0
  readonly #watch: Watch
  readonly #hooks: Hooks
  readonly #over = Promise.withResolvers<void>()
  #wasReset = false

  constructor(watch: Watch, hooks: Hooks) {
    this.#watch = watch
    this.#hooks = hooks
  }

  /** Settled by the engine, or given up by us. */
  get isOver(): boolean {
    return this.#wasReset || this.calls.includes('end') || this.calls.includes('error')
  }

  get body(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get text(): string {
    return this.body.toString()
  }

  header(name: string): string | null {
    return headerValue(this.headers, name)
  }

  /** Resolves at the end, whichever it is. */
  async settled(): Promise<this> {
    await within(
      this.#over.promise,
      () => `the end of an exchange; so far: ${this.calls.join(', ') || 'nothing'}`,
    )
    return this
  }

  /** Resolves at a complete response. */
  async complete(): Promise<this> {
    await this.settled()
    if (this.error !== null) throw this.error
    return this
  }

  /** Resolves with the error that ended it. */
  async failed(): Promise<ClientError> {
    await this.settled()
    expect(this.error, `an error, after ${this.calls.join(', ')}`).not.toBeNull()
    return this.error as ClientError
  }

  /** Resolves when that call has come. */
  async until(call: Call): Promise<this> {
    await waitFor(() => this.calls.includes(call), {
      message: () => `${call}; so far: ${this.calls.join(', ') || 'nothing'}`,
    })
    return this
  }

  reset(http2Code?: number): void {
    if (!this.isOver) this.#wasReset = true
    this.exchange.reset(http2Code)
  }

  onInformational(status: number, headers: HeaderList): void {
    this.informational.push({ status, headers })
    this.#called('informational')
    this.#hooks.onInformational?.(this)
  }

  onHeaders(status: number, headers: HeaderList): void {
    if (this.status !== null) this.#watch.breach('onHeaders was called twice')
    this.status = status
    this.headers = headers
    this.#called('headers')
    this.#hooks.onHeaders?.(this)
  }

  onData(chunk: Uint8Array): void {
    if (this.status === null) this.#watch.breach('onData was called before onHeaders')
    this.chunks.push(chunk)
    this.bytes += chunk.byteLength
    this.#called('data')
    this.#hooks.onData?.(this)
  }

  onTrailers(headers: HeaderList): void {
    this.trailers = headers
    this.#called('trailers')
    this.#hooks.onTrailers?.(this)
  }

  onDrain(): void {
    this.drains += 1
    this.#called('drain')
    this.#hooks.onDrain?.(this)
  }

  onEnd(): void {
    if (this.status === null) this.#watch.breach('onEnd was called before onHeaders')
    this.#called('end')
    this.#hooks.onEnd?.(this)
    this.#over.resolve()
  }

  onError(error: ClientError): void {
    this.error = error
    this.#called('error')
    this.#hooks.onError?.(this)
    this.#over.resolve()
  }

  #called(call: Call): void {
    const inside = this.#watch.inside()
    if (inside === 'open') this.#watch.breach(`${call} was called from inside open`)
    if (this.#wasReset) this.#watch.breach(`${call} was called after reset`)
    const last = this.calls.at(-1)
    if (last === 'end' || last === 'error') this.#watch.breach(`${call} was called after ${last}`)
    if (call !== last || (call !== 'data' && call !== 'drain')) this.calls.push(call)
  }
}

const DEADLINE = 15_000

async function within(promise: Promise<void>, awaited: () => string): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`waited ${DEADLINE} ms for ${awaited()}`)), DEADLINE)
  try {
    await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
