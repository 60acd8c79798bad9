/** One HTTP/1.1 connection of a raw peer: every byte sent by hand, requests parsed, everything kept. */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { toBytes } from './frame-encoder.ts'
import { headerList } from './hpack.ts'
import { Http1Parser, type Http1Request } from './http1-parser.ts'
import { DEFAULT_TIMEOUT, Inbox } from './inbox.ts'
import type { DripOptions } from './outbox.ts'
import type { RawResponse } from './raw-request.ts'
import { type CloseReason, closeText, RawTransport } from './raw-transport.ts'

/** A response of `RawHttp1Connection`. */
export interface Http1Response extends RawResponse {
  readonly reason?: string
  /** `length`: Content-Length is added. `chunked`. `close`: the end of the connection is the end. Default `length`. */
  readonly framing?: 'length' | 'chunked' | 'close'
}

/** Answers a request; when it returns nothing, it has answered by itself. */
export type Http1Responder = (
  request: Http1Request,
) => Http1Response | undefined | Promise<Http1Response | undefined>

export interface RawHttp1ConnectionOptions {
  readonly index: number
  readonly timeout?: number
  /** Failures nobody awaits: of a responder. */
  onScriptError?(error: unknown): void
}

/** One connection of a `RawHttp1Peer`: reads requests, and sends what it is told. */
export class RawHttp1Connection {
  readonly index: number
  readonly transport: RawTransport
  /** Every request received. */
  readonly requests: Http1Request[] = []
  /** Every head received; earlier than the request when a body follows. */
  readonly heads: Omit<Http1Request, 'body' | 'trailers'>[] = []

  readonly #options: RawHttp1ConnectionOptions
  readonly #chunks: Buffer[] = []
  readonly #inbox: Inbox<Http1Request>
  readonly #headInbox: Inbox<Omit<Http1Request, 'body' | 'trailers'>>
  readonly #parser: Http1Parser
  #responder: Http1Responder | null = null

  constructor(socket: TLSSocket | Socket, tcp: Socket, options: RawHttp1ConnectionOptions) {
    this.index = options.index
    this.#options = options
    const inboxOptions = {
      owner: `connection ${options.index}`,
      timeout: options.timeout ?? DEFAULT_TIMEOUT,
      describe: () => this.#describe(),
    }
    this.#inbox = new Inbox(inboxOptions)
    this.#headInbox = new Inbox(inboxOptions)
    this.#parser = new Http1Parser({
      onHead: (head) => {
        this.heads.push(head)
        this.#headInbox.push(head)
      },
      onRequest: (request) => this.#onRequest(request),
      onError: (reason) => this.#end(reason),
    })
    this.transport = new RawTransport(socket, tcp, {
      onBytes: (bytes) => {
        this.#chunks.push(bytes)
        this.#parser.push(bytes)
      },
      onClosed: (reason) => this.#end(closeText(reason)),
    })
  }

  /** Every byte received, as latin1 text. */
  get received(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  get isClosed(): boolean {
    return this.transport.closeReason !== null
  }

  /** Resolves when the TCP connection is gone, whoever ended it. */
  get closed(): Promise<CloseReason> {
    return this.transport.closed
  }

  /** The next whole request nobody took yet. */
  expectRequest(options: { readonly timeout?: number } = {}): Promise<Http1Request> {
    return this.#inbox.take(() => true, 'a request', options.timeout)
  }

  /** The next head nobody took yet; the body may still be on its way, and `expectRequest` gives the whole later. */
  expectHead(options: { readonly timeout?: number } = {}): Promise<Omit<Http1Request, 'body' | 'trailers'>> {
    return this.#headInbox.take(() => true, 'a request head', options.timeout)
  }

  /** The client ended the TCP connection: `fin` or `reset`. */
  expectClose(options: { readonly timeout?: number } = {}): Promise<CloseReason> {
    const timeout = options.timeout ?? this.#options.timeout ?? DEFAULT_TIMEOUT
    return this.transport.expectClose(timeout, () => this.#describe())
  }

  /** Bytes as they are; text is written as latin1. */
  send(bytes: Uint8Array | string): void {
    this.transport.outbox.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Writes in small pieces. */
  drip(bytes: Uint8Array | string, options?: DripOptions): Promise<void> {
    return this.transport.drip(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, options)
  }

  /** A whole response in one write. */
  respond(response: Http1Response = {}): void {
    this.send(http1Response(response))
    if (response.framing === 'close') this.fin()
  }

  /** Answers every request from now on, those waiting included. */
  autoRespond(response: Http1Response | Http1Responder = {}): void {
    const responder = typeof response === 'function' ? response : () => response
    this.#responder = responder
    for (;;) {
      const request = this.#inbox.poll(() => true)
      if (request === undefined) return
      this.#answer(request, responder)
    }
  }

  /** Writes every byte on its own. */
  get byteByByte(): boolean {
    return this.transport.outbox.byteByByte
  }

  set byteByByte(on: boolean) {
    this.transport.outbox.byteByByte = on
  }

  /** Ends the TCP connection in order; `closeNotify: false` leaves out the TLS alert. */
  fin(options: { readonly closeNotify?: boolean } = {}): void {
    this.transport.fin(options)
  }

  /** TCP RST. It may overtake what was written just before: the client's kernel drops what is not read yet. */
  reset(): void {
    this.transport.reset()
  }

  /** A black hole: nothing is read, nothing is written, the connection stays open. */
  hang(): void {
    this.transport.hang()
  }

  #onRequest(request: Http1Request): void {
    this.requests.push(request)
    if (this.#responder !== null) this.#answer(request, this.#responder)
    else this.#inbox.push(request)
  }

  #answer(request: Http1Request, responder: Http1Responder): void {
    const run = async () => {
      const response = await responder(request)
      if (response) this.respond(response)
    }
    run().catch((error: unknown) => this.#options.onScriptError?.(error))
  }

  #end(reason: string): void {
    this.#inbox.end(reason)
    this.#headInbox.end(reason)
  }

  #describe(): string {
    const text = this.received
    return text === '' ? 'nothing' : JSON.stringify(text.slice(-500))
  }
}

/** A response as bytes (RFC 9112 section 4). */
export function http1Response(response: Http1Response): Buffer {
  const { status = 200, reason = 'Reason', framing = 'length' } = response
  const body = toBytes(response.body ?? '')
  const lines = [`HTTP/1.1 ${status} ${reason}`]
  const list = headerList(response.headers ?? {})
  for (let index = 0; index < list.length; index += 2) lines.push(`${list[index]}: ${list[index + 1]}`)
  if (framing === 'length') lines.push(`content-length: ${body.length}`)
  if (framing === 'chunked') lines.push('transfer-encoding: chunked')
  if (framing === 'close') lines.push('connection: close')
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return Buffer.concat([head, framing === 'chunked' ? chunkedBody(body, response.trailers) : body])
}

function chunkedBody(body: Buffer, trailers: RawResponse['trailers']): Buffer {
  const list = headerList(trailers ?? {})
  let fields = ''
  for (let index = 0; index < list.length; index += 2) fields += `${list[index]}: ${list[index + 1]}\r\n`
  const chunk =
    body.length === 0 ? [] : [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]
  return Buffer.concat([...chunk, Buffer.from(`0\r\n${fields}\r\n`, 'latin1')])
}
