import { errors } from 'undici'
import type { DispatchRequest } from '../../client-dispatch.ts'
import type { Client } from '../../client-interface.ts'
import type { HeaderList } from '../../core/headers.ts'
import type { RequestBody, StreamBody } from '../../core/request-body.ts'
import { rawFields } from './fields.ts'
import { type AnyHandler, callsOf, type DispatchController, type HandlerCalls } from './handler.ts'
import { toUndiciError } from './undici-error.ts'

/** One request of a handler's, from the moment it was dispatched until the handler has heard its last. */
export class HandlerExchange implements DispatchController {
  readonly #handler: AnyHandler
  readonly #calls: HandlerCalls
  readonly #abort = new AbortController()
  readonly #onDone: (exchange: HandlerExchange) => void
  #paused = false
  #resumed: (() => void) | null = null
  #reason: Error | null = null
  #done = false
  /** Bytes of the body that went out. */
  #sent = 0
  rawHeaders: Buffer[] | null = null
  rawTrailers: Buffer[] | null = null

  constructor(handler: AnyHandler, onDone: (exchange: HandlerExchange) => void) {
    this.#handler = handler
    this.#calls = callsOf(handler)
    this.#onDone = onDone
  }

  get aborted(): boolean {
    return this.#reason !== null
  }

  get reason(): Error | null {
    return this.#reason
  }

  get paused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    const resumed = this.#resumed
    this.#resumed = null
    resumed?.()
  }

  /** RST_STREAM, CANCEL; the handler hears of it as of any failure, with `reason`. */
  abort(reason?: Error): void {
    if (this.#done || this.aborted) return
    this.#reason = reason ?? new errors.RequestAbortedError()
    this.#abort.abort(this.#reason)
    this.resume()
    // Never from inside the handler's own call.
    queueMicrotask(() => this.#fail(this.#reason as Error))
  }

  /** Sends the request. Nothing is called on the handler from inside this but `onRequestStart` (`onConnect`). */
  begin(client: Client, request: DispatchRequest): void {
    this.#run(client, request).catch((error) => this.#fail(toUndiciError(error)))
  }

  /** The request was wrong, and was not sent. */
  refuse(error: Error): void {
    queueMicrotask(() => this.#fail(error))
  }

  async #run(client: Client, request: DispatchRequest): Promise<void> {
    this.#calls.start(this)
    if (this.aborted) return
    const response = await client.dispatch({
      ...request,
      body: this.#watched(request.body ?? null),
      signal: this.#abort.signal,
      onInformational: (status, headers) => {
        // 100 (Continue) is between the client and the server.
        if (status !== 100 && !this.#done) this.#head(status, headers, '')
      },
    })
    if (request.body?.kind === 'bytes') this.#tellSent(request.body)
    if (this.#done || this.aborted) return response.body.cancel(this.#reason)
    this.#handler.onResponseStarted?.()
    this.#head(response.status, response.headers, response.statusText ?? '')
    if (await this.#interrupted()) return response.body.cancel(this.#reason)
    for await (const chunk of response.body) {
      this.#calls.data(this, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      if (await this.#interrupted()) return
    }
    this.#end(await response.body.trailers())
  }

  #head(status: number, headers: HeaderList, reason: string): void {
    this.rawHeaders = rawFields(headers)
    this.#calls.head(this, status, headers, reason)
  }

  /** Waits while the handler has paused; whether it wants no more. */
  async #interrupted(): Promise<boolean> {
    while (this.#paused && !this.aborted)
      await new Promise<void>((resolve) => {
        this.#resumed = resolve
      })
    return this.aborted || this.#done
  }

  #end(trailers: HeaderList): void {
    if (this.#done || this.aborted) return
    this.rawTrailers = rawFields(trailers)
    this.#done = true
    this.#onDone(this)
    try {
      this.#calls.end(this, trailers)
    } catch (error) {
      // So a retry handler says that the whole response is none after all.
      this.#calls.error(this, error as Error)
    }
  }

  #fail(error: Error): void {
    if (this.#done) return
    this.#done = true
    this.#abort.abort(error)
    this.#onDone(this)
    this.#calls.error(this, error)
  }

  /** Tells the handler what of the body goes out. */
  #watched(body: RequestBody | null): RequestBody | null {
    if (body === null || body.kind === 'bytes' || !this.#watches()) return body
    const watched: StreamBody = {
      ...body,
      get used() {
        return body.used
      },
      open: () => this.#watch(body.open()),
    }
    return watched
  }

  async *#watch(chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for (let step = await chunks.next(); !step.done; step = await chunks.next()) {
        yield step.value
        this.#tell(step.value)
      }
      this.#handler.onRequestSent?.()
    } finally {
      await chunks.return?.()
    }
  }

  #watches(): boolean {
    return this.#handler.onBodySent !== undefined || this.#handler.onRequestSent !== undefined
  }

  #tellSent({ bytes }: { readonly bytes: Uint8Array }): void {
    this.#tell(bytes)
    this.#handler.onRequestSent?.()
  }

  #tell(chunk: Uint8Array): void {
    this.#sent += chunk.length
    this.#handler.onBodySent?.(chunk, this.#sent)
  }
}
