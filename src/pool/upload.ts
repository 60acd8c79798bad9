import type { Clock, Timer } from '../core/clock.ts'
import { BodyError, type ClientError } from '../core/errors.ts'
import type { HeaderList } from '../core/headers.ts'
import { isError } from '../core/is-error.ts'
import { LengthMismatch } from '../core/length-mismatch.ts'
import type { RequestBody } from '../core/request-body.ts'
import { textOf } from '../core/text-of.ts'
import type { Exchange } from '../wire/contract.ts'

/** How long to wait for 100 (Continue) before the body goes out all the same, ms. */
const CONTINUE_PATIENCE_MS = 1000

export interface UploadOptions {
  /** Null: trailers alone. */
  readonly body: RequestBody | null
  /** What Content-Length said, bytes; null when it was not sent. */
  readonly declared: number | null
  readonly trailers: (() => HeaderList | Promise<HeaderList>) | null
  readonly origin: string
  readonly clock: Clock
  /** When the head went out. */
  readonly sentAt: number
  /** The source of the body failed; the exchange is to be given up. */
  onFailed(error: ClientError): void
}

/** Sends one request body over one exchange, as fast as the peer's flow control lets it. */
export class Upload {
  readonly #exchange: Exchange
  readonly #options: UploadOptions
  #source: AsyncIterator<Uint8Array> | null = null
  #drained: (() => void) | null = null
  /** It waits for 100 (Continue). */
  #patience: Timer | null = null
  #stopped = false
  #sent = 0
  /** It waited for 100 (Continue). */
  #late = false
  /** When the last of it was handed to the exchange, ms of the clock; null: not yet. */
  endedAt: number | null = null
  /** `sent` when it was last asked whether anything moved. */
  #sentThen = 0

  constructor(exchange: Exchange, options: UploadOptions) {
    this.#exchange = exchange
    this.#options = options
  }

  /** Bytes given to the exchange so far. */
  get sent(): number {
    return this.#sent
  }

  /** Whether more bytes went to the exchange since this was last asked. */
  moved(): boolean {
    const moved = this.#sent !== this.#sentThen
    this.#sentThen = this.#sent
    return moved
  }

  /** Starts when the server says that it wants the body, or says nothing (RFC 9110 section 10.1.1). */
  startLater(): void {
    this.#patience = this.#options.clock.setTimeout(() => this.goOn(), CONTINUE_PATIENCE_MS, true)
  }

  /** The server wants the body, or has answered without it. */
  goOn(): void {
    if (this.#patience === null) return
    this.#forgetPatience()
    this.#late = true
    this.start()
  }

  start(): void {
    const { trailers, declared } = this.#options
    const body = this.#options.body ?? NO_BODY
    if (body.kind === 'bytes' && trailers === null && body.bytes.length <= PIECE) {
      if (declared !== null && declared !== body.bytes.length) {
        return this.#fail(new LengthMismatch(declared, body.bytes.length))
      }
      this.#sent = body.bytes.length
      this.#exchange.write(body.bytes)
      this.#exchange.end()
      // Most go out with their head: no time has passed.
      this.endedAt = this.#late ? this.#options.clock.now() : this.#options.sentAt
      return
    }
    this.#run(body).catch((cause) => this.#fail(cause))
  }

  onDrain(): void {
    this.#drained?.()
    this.#drained = null
  }

  /** The exchange is over: lets the source go. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#forgetPatience()
    this.onDrain()
    // A source that waits for its own next chunk settles `return` only after that, so nobody waits for it.
    this.#source?.return?.()?.then(null, () => {})
  }

  #forgetPatience(): void {
    this.#patience?.cancel()
    this.#patience = null
  }

  async #run(body: RequestBody): Promise<void> {
    await this.#pump(body.kind === 'stream' ? body.open() : piecesOf(body.bytes))
    if (this.#stopped) return
    const { declared, trailers } = this.#options
    if (declared !== null && this.#sent !== declared) throw new LengthMismatch(declared, this.#sent)
    const fields = trailers === null ? undefined : await trailers()
    if (this.#stopped) return
    this.#exchange.end(fields)
    this.endedAt = this.#options.clock.now()
    this.#source = null
  }

  #write(bytes: Uint8Array): boolean {
    this.#sent += bytes.length
    const { declared } = this.#options
    if (declared !== null && this.#sent > declared) throw new LengthMismatch(declared, this.#sent)
    return this.#exchange.write(bytes)
  }

  async #pump(source: AsyncIterator<Uint8Array>): Promise<void> {
    this.#source = source
    for (let step = await source.next(); !step.done && !this.#stopped; step = await source.next()) {
      if (step.value.length > 0 && !this.#write(step.value)) await this.#drain()
      if (this.#stopped) return
    }
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve
    })
  }

  #fail(cause: unknown): void {
    if (this.#stopped) return
    this.stop()
    this.#options.onFailed(bodyFailure(this.#options.origin, cause))
  }
}

const NO_BODY = { kind: 'bytes', bytes: new Uint8Array(0) } as const

/** Bytes of a large body that are handed to the wire at once: more, and nobody could tell whether they move. */
const PIECE = 1024 * 1024

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE)
}

function bodyFailure(origin: string, cause: unknown): ClientError {
  const why = (isError(cause) ? cause.message : textOf(cause)).replace(/\.$/, '')
  return new BodyError(
    'ERR_TRUNKLINE_REQUEST_BODY_FAILED',
    `The request body for ${origin} failed while it was being sent: ${why}. The request was cancelled.`,
    { origin, phase: 'headers', cause },
  )
}
