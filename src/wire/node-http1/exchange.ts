import type { ClientRequest, IncomingMessage, InformationEvent } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ClientError, copyOf, type Processed } from '../../core/errors.ts'
import { type HeaderList, headerListSize } from '../../core/headers.ts'
import type { Exchange, ExchangeHandler } from '../contract.ts'
import { decodeFields, type EncodedHead, encodeTrailers, headProblem, isDoubtful } from './head.ts'
import {
  type ConnectionFacts,
  exchangeFailure,
  headerListTooLarge,
  malformed,
  requestRefused,
  tooManyInformational,
  wrongBodyLength,
} from './outcome.ts'
import { Tunnel } from './tunnel.ts'

/** What an exchange tells its connection. */
export interface ExchangeOwner {
  readonly facts: ConnectionFacts
  /** The response head came; `last`: the connection ends with this response. */
  onHead(headers: HeaderList, last: boolean): void
  /** The response is complete and was delivered. */
  onEnded(): void
  /** The peer has ended the tunnel that the exchange became. */
  onTunnelEnded(): void
  /** The socket can carry nothing after this: the exchange failed, or was given up (`error` is null). */
  onBroken(error: ClientError | null): void
}

/**
 * One request and its response. Node reports a failure as an error of the request, of the response, or of both;
 * and not at all while the request has no socket yet, for which the connection watches. The first one settles it.
 */
export class NodeHttp1Exchange implements Exchange {
  readonly streamId = undefined
  readonly #request: ClientRequest
  readonly #head: EncodedHead
  readonly #handler: ExchangeHandler
  readonly #owner: ExchangeOwner
  /** Whether any byte of the request was handed to the socket. */
  readonly #wasSent: () => boolean
  #response: IncomingMessage | null = null
  #tunnel: Tunnel | null = null
  #informational = 0
  #sent = 0
  #over = false

  constructor(
    request: ClientRequest,
    head: EncodedHead,
    handler: ExchangeHandler,
    owner: ExchangeOwner,
    wasSent: () => boolean,
  ) {
    this.#request = request
    this.#head = head
    this.#handler = handler
    this.#owner = owner
    this.#wasSent = wasSent
    this.#listen()
  }

  /** The whole response has come, whether it was delivered or not: nothing more is due on the socket. */
  get hasResponse(): boolean {
    return this.#response?.complete === true
  }

  get sawHead(): boolean {
    return this.#response !== null || this.#tunnel !== null
  }

  /** RFC 9113 section 8.7 says it for HTTP/2, and the question is the same here. */
  get processed(): Processed {
    if (this.sawHead) return 'yes'
    return this.#wasSent() ? 'maybe' : 'no'
  }

  write(chunk: Uint8Array): boolean {
    const request = this.#request
    if (this.#over) return true
    if (this.#tunnel !== null) return this.#tunnel.write(chunk)
    if (request.writableEnded) return true
    this.#sent += chunk.byteLength
    const length = this.#head.length
    if (length !== null && this.#sent > length) {
      this.#failWith(wrongBodyLength(this.#owner.facts, this, length, true))
      return true
    }
    return request.write(chunk)
  }

  end(trailers?: HeaderList): void {
    if (this.#over) return
    if (this.#tunnel !== null) return this.#tunnel.end()
    if (this.#request.writableEnded) return
    const length = this.#head.length
    if (length !== null && this.#sent < length) {
      this.#failWith(wrongBodyLength(this.#owner.facts, this, length, false))
      return
    }
    try {
      if (trailers !== undefined) this.#request.addTrailers(encodeTrailers(trailers))
    } catch (error) {
      this.#failWith(requestRefused(this.#owner.facts, error))
      return
    }
    this.#request.end()
  }

  pause(): void {
    if (!this.#over) (this.#tunnel ?? this.#response)?.pause()
  }

  resume(): void {
    if (!this.#over) (this.#tunnel ?? this.#response)?.resume()
  }

  /** HTTP/1.1 has no way to stop one response but to close the connection (RFC 9112 section 9.6). */
  reset(): void {
    if (this.#over) return
    this.#over = true
    if (this.hasResponse && this.#request.writableFinished) {
      // All of it is here already; to drop it costs nothing, and the connection lives on.
      this.#owner.onEnded()
      this.#response?.resume()
      return
    }
    this.#request.destroy()
    this.#owner.onBroken(null)
  }

  /** The socket closed. A response that came whole before that is still delivered. */
  socketClosed(cause: Error | null): void {
    if (!this.hasResponse) this.#fail(cause)
  }

  /** The connection is destroyed. */
  abort(error: ClientError): void {
    if (this.#over) return
    this.#over = true
    this.#request.destroy()
    // Who destroys does not know how far this exchange had come.
    const answered = this.sawHead && error.processed !== 'yes'
    this.#handler.onError(
      answered ? copyOf(error, error.message, { phase: 'body', processed: 'yes' }) : error,
    )
  }

  #listen(): void {
    const request = this.#request
    request.on('information', (event) => this.#onInformation(event))
    request.on('response', (response) => this.#onResponse(response))
    request.on('upgrade', (response, socket, rest) => this.#onUpgrade(response, socket, rest))
    request.on('error', (error) => {
      if (!this.hasResponse) this.#fail(error)
    })
    request.on('drain', () => {
      if (!this.#over) this.#handler.onDrain()
    })
  }

  #onInformation(event: InformationEvent): void {
    if (this.#over) return
    this.#informational += 1
    if (this.#informational > this.#owner.facts.maxInformational) {
      this.#failWith(tooManyInformational(this.#owner.facts, this))
      return
    }
    this.#handler.onInformational(event.statusCode, decodeFields(event.rawHeaders))
  }

  #onResponse(response: IncomingMessage): void {
    if (this.#over) return
    const status = response.statusCode ?? 0
    const headers = decodeFields(response.rawHeaders)
    const problem = headProblem(response.httpVersion, status, headers)
    if (this.#isFit(problem, headers)) this.#accept(response, status, headers)
  }

  /** 101: the protocol has changed, and `rest` are its first bytes. */
  #onUpgrade(response: IncomingMessage, socket: Duplex, rest: Buffer): void {
    if (!this.#head.upgrades || this.#over) return this.#onResponse(response)
    const headers = decodeFields(response.rawHeaders)
    if (!this.#isFit(null, headers)) return
    this.#tunnel = new Tunnel(socket, {
      onData: (chunk) => {
        if (!this.#over) this.#handler.onData(chunk)
      },
      onDrain: () => {
        if (!this.#over) this.#handler.onDrain()
      },
      onEnd: () => this.#onTunnelEnd(),
    })
    this.#handler.onHeaders(response.statusCode ?? 101, headers, response.statusMessage)
    this.#tunnel.start(rest)
  }

  #onTunnelEnd(): void {
    if (this.#over) return
    this.#over = true
    this.#handler.onEnd()
    this.#owner.onTunnelEnded()
  }

  #isFit(problem: string | null, headers: HeaderList): boolean {
    const facts = this.#owner.facts
    if (problem !== null) this.#failWith(malformed(facts, this, problem))
    else if (headerListSize(headers) > facts.maxHeaderListSize)
      this.#failWith(headerListTooLarge(facts, this))
    return !this.#over
  }

  #accept(response: IncomingMessage, status: number, headers: HeaderList): void {
    this.#response = response
    response.on('data', (chunk: Buffer) => {
      if (!this.#over) this.#handler.onData(chunk)
    })
    response.on('end', () => this.#onEnd(response))
    response.on('error', (error) => this.#fail(error))
    const last = !this.#request.shouldKeepAlive || isDoubtful(response.httpVersion, headers)
    this.#owner.onHead(headers, last)
    this.#handler.onHeaders(status, headers, response.statusMessage)
  }

  #onEnd(response: IncomingMessage): void {
    // Node ends no response that was cut off; should it ever, this is where a part would pass for the whole.
    if (!response.complete) this.#fail(null)
    const trailers = decodeFields(response.rawTrailers)
    if (headerListSize(trailers) > this.#owner.facts.maxHeaderListSize) {
      this.#failWith(headerListTooLarge(this.#owner.facts, this))
    }
    if (!this.#over && trailers.length > 0) this.#handler.onTrailers(trailers)
    // The handler may have given it up just there.
    if (this.#over) return
    this.#over = true
    this.#handler.onEnd()
    this.#owner.onEnded()
  }

  #fail(cause: unknown): void {
    if (!this.#over) this.#failWith(exchangeFailure(this.#owner.facts, this, cause))
  }

  /** The connection knows first: whoever answers `onError` with a new request must not get this one again. */
  #failWith(error: ClientError): void {
    if (this.#over) return
    this.#over = true
    this.#request.destroy()
    this.#owner.onBroken(error)
    this.#handler.onError(error)
  }
}
