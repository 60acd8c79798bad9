import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers'
import type { Client } from '../../client-interface.ts'
import type { ClientResponse } from '../../core/dispatch.ts'
import type { HeaderList } from '../../core/headers.ts'
import { isError } from '../../core/is-error.ts'
import type { Target } from '../../core/origin.ts'
import { BodyPipe } from './body-pipe.ts'
import { toBridgeError } from './bridge-error.ts'
import { IdleTimer } from './idle-timer.ts'
import { noteDetails } from './response-dress.ts'

export interface StreamHead {
  readonly method: string
  readonly target: Target
  readonly headers: HeaderList
  /** END_STREAM stands in the head: nothing is going to be written. */
  readonly endStream: boolean
}

/**
 * What http2-wrapper takes for a `ClientHttp2Stream`: the same events, over a dispatch. `session` is left out: the
 * connection is the pool's, and may be an HTTP/1.1 one.
 */
export class DispatchStream extends Duplex {
  readonly #pipe = new BodyPipe()
  readonly #abort = new AbortController()
  readonly #timer = new IdleTimer(() => this.emit('timeout'))
  #wanted: (() => void) | null = null
  readonly encrypted = true
  readonly connecting = false
  aborted = false

  /** An error in place of a head is what it fails with, once somebody can hear it. */
  constructor(client: Client, head: StreamHead | Error) {
    super({ allowHalfOpen: true, emitClose: false })
    // Who has the stream writes in the turns after this one; a body that has ended by then is known as a whole.
    setImmediate(() => {
      if (this.destroyed) return
      if (isError(head)) this.#fail(head)
      else this.#carry(client, head).catch((error) => this.#fail(error))
    })
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#timer.touch()
    this.#pipe.push(chunk)
    this.#pipe.whenRoom(callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#pipe.end()
    callback()
  }

  override _read(): void {
    const wanted = this.#wanted
    this.#wanted = null
    wanted?.()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#timer.stop()
    const reason = error ?? new DOMException('The stream was destroyed.', 'AbortError')
    this.#abort.abort(reason)
    this.#pipe.fail(reason)
    this._read()
    callback(error)
    // http2-wrapper hands `close` on at once and an error some turns later: got would hear of no reason at all.
    setImmediate(() => this.emit('close'))
  }

  setTimeout(delay: number, listener?: () => void): this {
    this.#timer.set(delay)
    if (listener !== undefined) this.once('timeout', listener)
    return this
  }

  /** RST_STREAM. */
  close(): void {
    this.destroy()
  }

  async #carry(client: Client, { method, target, headers, endStream }: StreamHead): Promise<void> {
    const response = await client.dispatch({
      method,
      target,
      headers,
      body: endStream ? null : this.#pipe.body(),
      signal: this.#abort.signal,
      onInformational: (status, fields) => {
        if (status === 100) this.emit('continue')
        this.emit('headers', headersOf(status, fields), 0, [...fields])
      },
    })
    await this.#deliver(response)
  }

  async #deliver(response: ClientResponse): Promise<void> {
    const headers = headersOf(response.status, response.headers)
    noteDetails(headers, response)
    this.#timer.touch()
    this.emit('response', headers, 0, [...response.headers])
    for await (const chunk of response.body) {
      if (this.destroyed) return
      this.#timer.touch()
      if (!this.push(chunk)) await this.#room()
    }
    const trailers = await response.body.trailers()
    if (trailers.length > 0) this.emit('trailers', headersOf(null, trailers), 0, [...trailers])
    if (!this.destroyed) this.push(null)
  }

  #room(): Promise<void> {
    if (this.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wanted = resolve
    })
  }

  #fail(error: unknown): void {
    if (!this.destroyed) this.destroy(toBridgeError(error))
  }
}

/** Fields by name as Node gives them. The status is there for who asks for it, and not for who lists the fields. */
function headersOf(status: number | null, list: HeaderList): Record<string, unknown> {
  const headers: Record<string, unknown> = Object.create(null)
  for (let index = 0; index < list.length; index += 2) {
    const name = list[index] as string
    const value = list[index + 1] as string
    const before = headers[name]
    if (name === 'set-cookie') headers[name] = [...((before as string[] | undefined) ?? []), value]
    else headers[name] = before === undefined ? value : `${before}, ${value}`
  }
  if (status !== null) Object.defineProperty(headers, ':status', { value: status })
  return headers
}
