import { setImmediate } from 'node:timers'
import type { WebSocket } from 'ws'
import type { Clock, Timer } from '../core/clock.ts'
import { type ClientResponse, type Dispatch, type PhaseLimits, tunnelStands } from '../core/dispatch.ts'
import { ClientError, TimeoutError, WebSocketError } from '../core/errors.ts'
import { toHeaderList } from '../core/headers.ts'
import type { Target } from '../core/origin.ts'
import type { StreamBody } from '../core/request-body.ts'
import type { RetryPolicy } from '../core/retry-policy.ts'
import { signalOf } from '../fetch/options.ts'
import { type HandshakeHead, readHandshake, upgradeHeaders, writeAnswer } from './handshake-head.ts'
import { invalidWebSocketOption, optionsForWs, type WebSocketOptions } from './options.ts'
import { type TunnelAnswer, TunnelSocket } from './tunnel-socket.ts'

export interface HandshakeContext {
  readonly dispatch: Dispatch
  readonly clock: Clock
  /** The class of `ws`. */
  readonly Socket: typeof WebSocket
  readonly target: Target
  readonly authorization: string | null
  readonly options: WebSocketOptions
  readonly timeouts: PhaseLimits
  /** For all of it, ms. */
  readonly timeout: number
  readonly retry: RetryPolicy
}

/**
 * Opens one WebSocket. `ws` speaks its handshake to a socket of ours, and so judges the answer, subprotocol and
 * extensions included; what it wrote goes out as the request for a tunnel.
 */
export class Handshake {
  readonly #context: HandshakeContext
  readonly #headers: readonly string[]
  readonly #signal: AbortSignal | null
  readonly #tunnel: TunnelSocket
  readonly #settled = Promise.withResolvers<WebSocket>()
  #response: ClientResponse | null = null
  #timer: Timer | null = null

  /** @throws InvalidRequestError */
  constructor(context: HandshakeContext) {
    this.#context = context
    this.#signal = signalOf(context.options.signal)
    this.#headers = headersOf(context)
    this.#tunnel = new TunnelSocket((head, body, signal) => this.#open(head, body, signal))
  }

  /** Rejects with a `ClientError`, or with the signal's reason. */
  async run(): Promise<WebSocket> {
    const { clock, timeout } = this.#context
    if (this.#signal?.aborted) throw this.#signal.reason
    const socket = this.#start()
    const onAbort = () => this.fail(this.#signal?.reason)
    this.#signal?.addEventListener('abort', onAbort, { once: true })
    if (Number.isFinite(timeout)) this.#timer = clock.setTimeout(() => this.fail(this.#late()), timeout, true)
    // Whoever does not listen learns of a failure by `close`; it shall not end the process.
    socket.on('error', (error) => this.#settled.reject(this.#typed(error)))
    socket.once('open', () => {
      this.#settled.resolve(socket)
      // `ws` tells 1006 and keeps the reason to itself.
      this.#tunnel.stream.on('error', (error) => {
        if (error instanceof ClientError) socket.emit('error', error)
      })
      // Not before the caller had his turn: nothing that comes may be missed.
      setImmediate(() => this.#tunnel.flow())
    })
    try {
      return await this.#settled.promise
    } catch (error) {
      socket.terminate()
      throw error
    } finally {
      this.#timer?.cancel()
      this.#signal?.removeEventListener('abort', onAbort)
    }
  }

  fail(reason: unknown): void {
    this.#settled.reject(reason)
  }

  #start(): WebSocket {
    const { Socket, target, options } = this.#context
    try {
      return new Socket(target.href, [options.protocols ?? []].flat(), {
        ...optionsForWs(options),
        createConnection: () => this.#tunnel.stream as never,
      })
    } catch (cause) {
      throw invalidWebSocketOption(
        'protocols',
        `or another option was refused by ws: ${(cause as Error).message}`,
        cause,
      )
    }
  }

  async #open(text: string, body: StreamBody, signal: AbortSignal): Promise<TunnelAnswer> {
    const { dispatch, target, timeouts, retry, options } = this.#context
    const head = readHandshake(text)
    const response = await dispatch({
      method: 'CONNECT',
      target,
      headers: [...head.headers, ...this.#headers],
      body,
      signal,
      redirect: 'manual',
      decompress: false,
      retry,
      trailers: null,
      onInformational: null,
      timeouts,
      tunnel: { protocol: 'websocket', upgradeHeaders: upgradeHeaders(head) },
      context: options.context,
    })
    return this.#answer(response, head)
  }

  #answer(response: ClientResponse, head: HandshakeHead): TunnelAnswer {
    this.#response = response
    if (tunnelStands(response.protocol, response.status))
      return { head: writeAnswer(response, head), body: response.body }
    response.body.cancel()
    throw this.#refused(`answered ${response.status} instead of opening a WebSocket`)
  }

  /** `ws` has errors of its own for an answer that is not in order. */
  #typed(error: Error): Error {
    if (error instanceof ClientError || this.#response === null) return error
    return this.#refused(`sent an invalid answer to the handshake: ${error.message}`, error)
  }

  #refused(what: string, cause?: Error): WebSocketError {
    const { key } = this.#context.target.origin
    const { status, headers, connectionId, streamId } = this.#response ?? {}
    return new WebSocketError('ERR_TRUNKLINE_WEBSOCKET_REFUSED', `${key} ${what}.`, {
      origin: key,
      connectionId,
      streamId,
      status,
      headers,
      ...(cause === undefined ? {} : { cause }),
    })
  }

  #late(): TimeoutError {
    const { timeout, target } = this.#context
    const { key } = target.origin
    return new TimeoutError(
      'ERR_TRUNKLINE_TOTAL_TIMEOUT',
      `The WebSocket to ${key} did not open within ${timeout} ms. Raise timeouts.total if it can take longer.`,
      { origin: key, phase: 'headers' },
    )
  }
}

function headersOf({ options, authorization }: HandshakeContext): string[] {
  const headers = toHeaderList(options.headers)
  const names = headers.filter((_, index) => index % 2 === 0)
  const ours = names.find((name) => name.startsWith('sec-websocket-'))
  if (ours !== undefined)
    throw invalidWebSocketOption('headers', `has ${ours}, which is derived from the other options`)
  return authorization === null || names.includes('authorization')
    ? headers
    : [...headers, 'authorization', authorization]
}
