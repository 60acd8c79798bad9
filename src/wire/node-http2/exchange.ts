import * as http2 from 'node:http2'
import type { ClientError } from '../../core/errors.ts'
import { type HeaderList, headerListSize } from '../../core/headers.ts'
import { forStream, headerListTooLarge, malformed } from '../../core/http2-failures.ts'
import type { Exchange, ExchangeHandler, RequestHead } from '../contract.ts'
import { handleOf, outlive } from './handle-order.ts'
import { decodeHead } from './head.ts'
import type { NodeHttp2Options } from './options.ts'
import { type ConnectionFacts, streamOutcome } from './outcome.ts'
import { hear, type StreamListener, startFlow } from './stream-events.ts'
import type { Holder, PathSample, StreamWindows } from './stream-windows.ts'

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants

/** What an exchange needs of its connection. */
export interface ExchangeOwner {
  readonly facts: ConnectionFacts
  readonly options: NodeHttp2Options
  readonly windows: StreamWindows
  /** The native object of the session. */
  readonly sessionHandle: () => object | undefined
  /** The stream is closed; its slot is free. */
  onReleased(exchange: NodeHttp2Exchange): void
  /** More of a large body came: time to see whether its window holds it up. */
  onBulk(sample: PathSample, length: number): void
  /** The peer floods: no new stream shall go to it over this connection. */
  onDistrusted(): void
}

/**
 * One stream. It is settled by its `close` event, since only then is `rstCode` final: a body that a reset or the
 * end of the connection cut off shows a normal `end` before it.
 */
export class NodeHttp2Exchange implements Exchange, Holder, StreamListener {
  readonly streamId: number | undefined
  readonly #stream: http2.ClientHttp2Stream
  readonly #handler: ExchangeHandler
  readonly #owner: ExchangeOwner
  /** Ends a stream whose request body is under way. */
  readonly #abort: AbortController | null
  /** The native stream's; given up at the end, since what holds the exchange (the stack of an error) shall not hold it. */
  #handle: object | undefined
  readonly #isTunnel: boolean
  #sawHead = false
  /** END_STREAM came. */
  #ended = false
  #informational = 0
  mayHold = 0
  place = -1
  #received = 0
  #sample: PathSample | null = null
  #settled = false
  #trailers: HeaderList | undefined

  constructor(
    stream: http2.ClientHttp2Stream,
    abort: AbortController | null,
    head: RequestHead,
    handler: ExchangeHandler,
    owner: ExchangeOwner,
  ) {
    this.streamId = stream.id
    this.#stream = stream
    this.#handler = handler
    this.#abort = abort
    this.#owner = owner
    this.#handle = handleOf(stream)
    this.#isTunnel = head.protocol !== undefined
    hear(stream, this)
    if (head.method === 'HEAD') stream.resume()
  }

  write(chunk: Uint8Array): boolean {
    const stream = this.#stream
    // Nobody would call `onDrain` any more, so nobody may be told to wait for it.
    return this.#settled || stream.destroyed || stream.writableEnded || stream.write(chunk)
  }

  end(trailers?: HeaderList): void {
    this.#trailers = trailers
    if (!this.#stream.destroyed) this.#stream.end()
  }

  pause(): void {
    if (!this.#settled) this.#stream.pause()
  }

  resume(): void {
    if (!this.#settled) this.#stream.resume()
  }

  reset(http2Code: number = NGHTTP2_CANCEL): void {
    this.#settled = true
    this.#giveUp(http2Code)
  }

  /** The connection ended under the stream. */
  fail(error: ClientError): void {
    this.#releaseHandle(true)
    if (this.#settled) return
    this.#settled = true
    this.#handler.onError(forStream(error, this))
  }

  /** Takes over what Node holds back while the exchange is paused; at most the stream's window. */
  rescueBody(): void {
    if (this.#settled || !this.#sawHead || !this.#stream.isPaused()) return
    while (this.#stream.read() !== null);
    this.#stream.resume()
  }

  get sawHead(): boolean {
    return this.#sawHead
  }

  onResponse(raw: HeaderList): void {
    if (this.#settled) return
    const { status, headers } = decodeHead(raw)
    if (!this.#fits(headers)) return
    if (status === 101)
      return this.#refuse(malformed(this.#owner.facts, this, 'switched protocols (101), which HTTP/2 cannot'))
    this.#sawHead = true
    this.#handler.onHeaders(status, headers)
    // Not before: Node emits `response` a tick late, and to a stream that flows already, its data first.
    startFlow(this.#stream)
  }

  onChunk(chunk: Buffer): void {
    if (this.#settled) return
    this.#received += chunk.length
    if (this.#sample !== null) this.#owner.onBulk(this.#sample, chunk.length)
    else this.#sample = this.#owner.windows.sample(this.#received)
    this.#handler.onData(chunk)
  }

  onInterim(raw: HeaderList): void {
    if (this.#settled) return
    this.#informational += 1
    const most = this.#owner.options.maxInformational
    if (this.#informational > most) {
      this.#owner.onDistrusted()
      return this.#refuse(
        malformed(this.#owner.facts, this, `sent more than ${most} interim responses (1xx) to one request`),
      )
    }
    const { status, headers } = decodeHead(raw)
    if (this.#fits(headers)) this.#handler.onInformational(status, headers)
  }

  onTrailerFields(raw: HeaderList): void {
    if (this.#settled) return
    const { headers } = decodeHead(raw)
    if (this.#fits(headers)) this.#handler.onTrailers(headers)
  }

  /** Node holds a stream to the limit only when the peer had acknowledged it before the stream was made. */
  #fits(headers: HeaderList): boolean {
    const { maxHeaderListSize, maxHeaderFields } = this.#owner.options
    if (headerListSize(headers) <= maxHeaderListSize && headers.length <= 2 * maxHeaderFields) return true
    this.#refuse(headerListTooLarge(this.#owner.facts, this, maxHeaderListSize, maxHeaderFields))
    return false
  }

  onStreamEnd(): void {
    // Node also ends what it drops with the connection, without an error if a GOAWAY came before. Only what ends
    // while the connection is well has come to its END_STREAM.
    this.#ended = this.#owner.facts.lost === null && !this.#owner.facts.socketClosed
    const stream = this.#stream
    const uploading = this.#abort !== null && !stream.writableFinished
    if (this.#settled || !this.#sawHead || !this.#ended || !uploading) return
    if (stream.closed || stream.rstCode !== 0) return
    // A tunnel ends in order, with what was written to it.
    if (this.#isTunnel) stream.end()
    // The response ended while the request body is still on its way. The exchange is over for HTTP (RFC 9113 section
    // 8.1); the rest of the upload would serve nobody.
    this.#settled = true
    this.#handler.onEnd()
    if (!this.#isTunnel) this.#giveUp(NGHTTP2_CANCEL)
  }

  onStreamClose(): void {
    const { rstCode = 0, errored } = this.#stream
    this.#releaseHandle(rstCode !== 0 || errored !== null)
    if (!this.#settled) {
      this.#settled = true
      const outcome = streamOutcome(this.#owner.facts, this, rstCode, this.#ended, errored)
      if (outcome === null) this.#handler.onEnd()
      else this.#handler.onError(outcome)
    }
    this.#owner.onReleased(this)
  }

  #releaseHandle(endedBadly: boolean): void {
    if (endedBadly) outlive(this.#owner.sessionHandle(), this.#handle)
    this.#handle = undefined
  }

  #refuse(error: ClientError): void {
    this.#settled = true
    this.#handler.onError(error)
    this.#giveUp(NGHTTP2_ENHANCE_YOUR_CALM)
  }

  #giveUp(http2Code: number): void {
    const stream = this.#stream
    if (stream.closed || stream.destroyed) return
    if (this.#abort !== null && !stream.writableEnded) this.#abort.abort()
    else stream.close(http2Code)
    // A paused stream with bytes in its buffer would never come to its `close`.
    stream.resume()
  }

  onWritable(): void {
    if (!this.#settled) this.#handler.onDrain()
  }

  onTrailersWanted(): void {
    const fields: Record<string, string | string[]> = Object.create(null)
    const trailers = this.#trailers ?? []
    for (let index = 0; index < trailers.length; index += 2) {
      const name = trailers[index] as string
      const value = trailers[index + 1] as string
      const before = fields[name]
      fields[name] = before === undefined ? value : [before, value].flat()
    }
    if (!this.#stream.destroyed) this.#stream.sendTrailers(fields)
  }
}
