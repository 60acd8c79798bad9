import type { Client } from '../../client-interface.ts'
import { type ClientError, ConnectionError, ProtocolError } from '../../core/errors.ts'
import { toHeaderList } from '../../core/headers.ts'
import { orAborted } from '../../core/or-aborted.ts'
import { retryAfterMs } from '../../interceptors/retry-after.ts'
import type { RequestResult } from '../../request.ts'
import { EventReader, type ServerEvent } from './event-reader.ts'
import {
  type EventStreamOptions,
  type ReconnectReason,
  type SettledOptions,
  settleOptions,
} from './options.ts'
import { isReconnectable } from './reconnectable.ts'

const CONTENT_TYPE = /^text\/event-stream(?:\s*;|\s*$)/i

/** The least and the most that `retry:` can ask for, ms. A reconnect costs the server a request, and us one too. */
const LEAST_RETRY = 100
const LONGEST_RETRY = 24 * 60 * 60 * 1000

/** A delay is up to so much longer, by chance, lest all clients of a server come back at once. */
const JITTER = 0.5

/**
 * Server-Sent Events (WHATWG HTML, section 9.2): iterate over it. It reconnects by itself, with the id of the last event,
 * until the server says 204, the loop is left, or the signal is aborted.
 */
export class EventStream implements AsyncIterable<ServerEvent> {
  readonly url: string
  readonly #client: Pick<Client, 'request'>
  readonly #options: SettledOptions
  #lastEventId: string
  /** ms; by `retry:`. */
  #reconnectDelay: number
  /** Since something came. */
  #failures = 0

  /** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` */
  constructor(client: Pick<Client, 'request'>, url: string | URL, options: EventStreamOptions = {}) {
    this.url = String(url)
    this.#client = client
    this.#options = settleOptions(options)
    this.#lastEventId = options.lastEventId ?? ''
    this.#reconnectDelay = this.#options.reconnectDelay
  }

  /** For a stream that goes on where this one ended. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  /** The events as they come, over as many connections as it takes. Leaving the loop ends the stream. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ServerEvent, void, undefined> {
    const { signal } = this.#options
    for (;;) {
      let reason: ReconnectReason = 'ended'
      let wait = 0
      try {
        const response = await this.#connect()
        const { status } = response
        if (status === 204) return response.body.cancel()
        if (this.#options.reconnectStatuses.includes(status)) {
          reason = { status }
          wait = retryAfterMs(response.headers['retry-after'] ?? '', Date.now()) ?? 0
          response.body.cancel()
        } else {
          this.#check(response)
          this.#options.onOpen?.()
          yield* this.#events(response)
        }
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        if (!isReconnectable(error)) throw error
        reason = { error }
      }
      await this.#rest(reason, wait)
    }
  }

  #connect(): Promise<RequestResult> {
    const { method, body, json, signal, context, idleTimeout } = this.#options
    return this.#client.request(this.url, {
      method: method ?? 'GET',
      headers: pairs(this.#headers()),
      ...(body === undefined ? {} : { body }),
      ...(json === undefined ? {} : { json }),
      ...(signal === undefined ? {} : { signal }),
      ...(context === undefined ? {} : { context }),
      redirect: 'follow',
      decompress: true,
      retry: false,
      timeouts: { body: idleTimeout, total: Number.POSITIVE_INFINITY },
    })
  }

  #headers(): string[] {
    const headers = toHeaderList(this.#options.headers)
    const has = (name: string) => headers.some((field, index) => index % 2 === 0 && field === name)
    if (!has('accept')) headers.push('accept', 'text/event-stream')
    if (!has('cache-control')) headers.push('cache-control', 'no-store')
    // As UTF-8, which a field carries byte by byte. No field carries control characters; such an id stays here.
    const id = Buffer.from(this.#lastEventId).toString('latin1')
    if (id !== '' && !CONTROL.test(id)) headers.push('last-event-id', id)
    return headers
  }

  #check(response: RequestResult): void {
    const { status, headers, body } = response
    const type = headers['content-type'] ?? ''
    if (status === 200 && CONTENT_TYPE.test(type)) return
    body.cancel()
    const what =
      status === 200 ? `the content-type ${JSON.stringify(type.slice(0, 100))}` : `status ${status}`
    throw this.#refused(`answered with ${what}`)
  }

  async *#events({ body }: RequestResult): AsyncGenerator<ServerEvent> {
    const arrived: ServerEvent[] = []
    const reader = new EventReader({
      lastEventId: this.#lastEventId,
      maxEventSize: this.#options.maxEventSize,
      onEvent: (event) => arrived.push(event),
      onRetry: (ms) => this.#onRetry(ms),
    })
    const decoder = new TextDecoder()
    for await (const chunk of body) {
      this.#failures = 0
      reader.feed(decoder.decode(chunk, { stream: true }))
      for (const event of arrived.splice(0)) {
        this.#lastEventId = event.id
        yield event
      }
      this.#lastEventId = reader.lastEventId
      if (reader.tooLarge) throw this.#tooLarge()
    }
  }

  /** What the server said is heeded within bounds: neither a storm nor a stop is for it to order. */
  #onRetry(ms: number): void {
    const least = Math.min(LEAST_RETRY, this.#options.reconnectDelay)
    this.#reconnectDelay = Math.min(Math.max(ms, least), LONGEST_RETRY)
  }

  /** @throws the reason, when there were too many failures. */
  async #rest(reason: ReconnectReason, wait: number): Promise<void> {
    const { maxReconnects, maxReconnectDelay, signal, clock, onReconnect } = this.#options
    this.#failures += 1
    if (this.#failures > maxReconnects) throw this.#givenUp(reason)
    const grown = Math.min(this.#reconnectDelay * 2 ** (this.#failures - 1), maxReconnectDelay)
    const delay = Math.max(wait, Math.max(grown, this.#reconnectDelay) * (1 + Math.random() * JITTER))
    onReconnect?.({ attempt: this.#failures, delay, reason })
    let cancel = () => {}
    const rested = new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, delay, true)
      cancel = () => timer.cancel()
    })
    try {
      await orAborted(rested, signal ?? null)
    } finally {
      cancel()
    }
  }

  #givenUp(reason: ReconnectReason): unknown {
    if (reason === 'ended') {
      const why = `ended the event stream ${this.#failures} times in a row before anything came`
      return new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', `${this.#place} ${why}.`, { phase: 'body' })
    }
    if ('error' in reason) return reason.error
    return this.#refused(`answered with status ${reason.status}, ${this.#failures} times in a row`)
  }

  /** For messages: neither user information nor a query, which may hold a secret, too. */
  get #place(): string {
    const { origin, pathname } = new URL(this.url)
    return origin + pathname
  }

  #refused(what: string): ClientError {
    return new ProtocolError(
      'ERR_TRUNKLINE_EVENT_STREAM_REFUSED',
      `${this.#place} ${what}, not with an event stream.`,
      {
        processed: 'yes',
        phase: 'headers',
      },
    )
  }

  #tooLarge(): ClientError {
    const { maxEventSize } = this.#options
    const what = `sent an event of more than ${maxEventSize} characters. Raise maxEventSize if that is meant to be`
    return new ProtocolError('ERR_TRUNKLINE_BODY_TOO_LARGE', `${this.#place} ${what}.`, {
      processed: 'yes',
      phase: 'body',
    })
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL = /[\x00-\x1f\x7f]/

function* pairs(list: readonly string[]): Generator<readonly [string, string]> {
  for (let index = 0; index < list.length; index += 2)
    yield [list[index] as string, list[index + 1] as string]
}
