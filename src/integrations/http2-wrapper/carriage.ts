import type { IncomingMessage, ClientRequest as NodeRequest } from 'node:http'
import type { Client } from '../../client-interface.ts'
import type { ClientResponse } from '../../core/dispatch.ts'
import { InvalidRequestError } from '../../core/errors.ts'
import { type HeaderList, headerValue, isConnectionSpecific, withoutHeaders } from '../../core/headers.ts'
import { BodyPipe } from './body-pipe.ts'
import { toBridgeError } from './bridge-error.ts'
import { BridgeSocket, type SocketPeer } from './bridge-socket.ts'
import { type ReadHead, RequestReader, type RequestSink } from './request-reader.ts'
import { type Place, targetOf } from './request-target.ts'
import { dressResponse } from './response-dress.ts'
import { CHUNK_END, chunkStart, informationalText, lastChunk, responseText } from './response-text.ts'

/**
 * Carries one request of Node's `ClientRequest` over the client, and its response back. `ClientRequest` speaks HTTP/1.1 to
 * a socket in memory; what it says is dispatched as any request of the client's, so pool, replay, limits, interceptors
 * and timeouts are those of the client, and HTTP/2 or HTTP/1.1 is whatever the origin speaks.
 */
export class Carriage implements SocketPeer, RequestSink {
  readonly socket: BridgeSocket
  readonly #client: Client
  readonly #request: NodeRequest
  readonly #place: Place
  readonly #reader = new RequestReader(this)
  readonly #pipe = new BodyPipe()
  readonly #abort = new AbortController()
  #head: ReadHead | null = null
  #begun = false

  constructor(client: Client, request: NodeRequest, place: Place) {
    this.#client = client
    this.#request = request
    this.#place = place
    this.socket = new BridgeSocket(this, place.scheme === 'https')
    // Node takes its own listeners off when it is done, and then hands the socket back.
    this.socket.on('error', () => {})
    this.socket.on('free', () => this.socket.destroy())
    request.once('finish', () => {
      this.#reader.finish()
      this.#begin()
    })
  }

  onBytes(bytes: Buffer, release: (error?: Error | null) => void): void {
    this.#reader.push(bytes)
    this.#pipe.whenRoom(release)
  }

  onHead(head: ReadHead): void {
    this.#head = head
    // What `end(data)` wrote comes in this turn still: then the body is known as a whole.
    if (head.framing !== 'none') queueMicrotask(() => this.#begin())
  }

  onData(chunk: Uint8Array): void {
    this.#pipe.push(chunk)
    if (this.#head?.framing === 'none') queueMicrotask(() => this.#begin())
  }

  onEnd(trailers: HeaderList): void {
    this.#pipe.end(trailers)
  }

  onGone(error: Error | null): void {
    // Node has the whole response; what the wire still says is that this was all.
    if (error === null && this.#response?.complete) return
    const reason = error ?? new DOMException('The request was destroyed.', 'AbortError')
    this.#abort.abort(reason)
    this.#pipe.fail(reason)
  }

  /** What Node has made of the response; null before its head. */
  get #response(): IncomingMessage | null {
    return (this.#request as NodeRequest & { res?: IncomingMessage | null }).res ?? null
  }

  #begin(): void {
    const head = this.#head
    if (this.#begun || head === null || this.socket.destroyed) return
    this.#begun = true
    this.#carry(head).catch((error) => this.#fail(error))
  }

  async #carry(head: ReadHead): Promise<void> {
    refuseUpgrade(head)
    const target = targetOf(this.#place, head.path, head.headers)
    const body = this.#pipe.body()
    const drop = (name: string) =>
      isConnectionSpecific(name) || (name === 'content-length' && head.framing === 'chunked')
    const response = await this.#client.dispatch({
      method: head.method,
      target,
      headers: withoutHeaders(head.headers, drop),
      body,
      signal: this.#abort.signal,
      trailers: this.#trailers(head),
      onInformational: (status, headers) => {
        void this.socket.give(informationalText(status, headers))
      },
    })
    await this.#deliver(head.method, response)
  }

  /** Of a body that is complete they are known; of one that comes yet, only chunks have room for them. */
  #trailers(head: ReadHead): (() => HeaderList) | null {
    const pipe = this.#pipe
    const wanted = pipe.ended ? pipe.trailers.length > 0 : head.framing === 'chunked'
    return wanted ? () => pipe.trailers : null
  }

  async #deliver(method: string, response: ClientResponse): Promise<void> {
    const { socket } = this
    socket.alpnProtocol = response.protocol
    const { head, body } = responseText(method, response)
    dressResponse(this.#request, response, body === 'chunked')
    await socket.give(head)
    for await (const chunk of response.body) {
      if (body === 'chunked') void socket.give(chunkStart(chunk.length))
      await socket.give(chunk)
      if (body === 'chunked') void socket.give(CHUNK_END)
    }
    if (body === 'chunked') await socket.give(lastChunk(await response.body.trailers()))
  }

  #fail(error: unknown): void {
    if (this.socket.destroyed) return
    const failure = toBridgeError(error)
    // A response that has begun ends with the reason, too, and not just as aborted.
    this.#response?.destroy(failure)
    this.socket.destroy(failure)
  }
}

function refuseUpgrade({ headers }: ReadHead): void {
  const wanted = headerValue(headers, 'upgrade')
  if (wanted === null || !/\bupgrade\b/i.test(headerValue(headers, 'connection') ?? '')) return
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_HEADER',
    `Invalid header "upgrade": a shared connection cannot switch to ${JSON.stringify(wanted.slice(0, 50))}. Send such requests with Node's own agent.`,
  )
}
