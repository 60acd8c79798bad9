import { Duplex } from 'node:stream'
import type { ClientError } from '../../core/errors.ts'
import type { HeaderList } from '../../core/headers.ts'
import type { Exchange, ExchangeHandler } from '../../wire/contract.ts'

/** What a tunnel's stream has of a socket, so that an engine can be given it in place of one. */
export interface TunnelStream extends Duplex {
  readonly remoteAddress: string
  readonly bytesRead: number
  readonly bytesWritten: number
  ref(): this
  unref(): this
  setNoDelay(): this
  setKeepAlive(): this
  setTimeout(): this
  destroySoon(): void
  resetAndDestroy(): this
}

export interface ExchangeStreamEvents {
  /** The proxy's answer. */
  onAnswer(status: number, headers: HeaderList): void
  /** Before the answer: there will be none. */
  onFailure(error: ClientError): void
  /** The stream is over, and told once. */
  onOver(): void
  /** Whether it keeps the process alive. */
  onHold(alive: boolean): void
}

/** The two ends of a CONNECT exchange (RFC 9113 section 8.5): for the engine, and for whoever writes into the tunnel. */
export interface ExchangeStream {
  readonly handler: ExchangeHandler
  readonly stream: TunnelStream
  /** The exchange has begun; to be called in the turn in which it did. */
  begun(exchange: Exchange): void
}

/** Makes a stream of bytes of one exchange. DATA is held back, by flow control, while nobody reads. */
export function createExchangeStream(remoteAddress: string, events: ExchangeStreamEvents): ExchangeStream {
  let exchange: Exchange | null = null
  let isAnswered = false
  let isEnded = false
  let onDrained: (() => void) | null = null
  const stream = new Duplex({
    // The connection that is in it decides how much is under way.
    highWaterMark: 64 * 1024,
    allowHalfOpen: false,
    read: () => exchange?.resume(),
    write(chunk: Uint8Array, _encoding, done) {
      count.bytesWritten += chunk.length
      if (exchange === null || exchange.write(chunk)) done()
      else onDrained = done
    },
    final(done) {
      exchange?.end()
      done()
    },
    destroy(error, done) {
      if (!isEnded) exchange?.reset()
      isEnded = true
      events.onOver()
      done(error)
    },
  })
  // Whoever uses it may not listen yet, or no more.
  stream.on('error', () => {})
  const count = { bytesRead: 0, bytesWritten: 0 }
  const handler: ExchangeHandler = {
    onInformational: () => {},
    onHeaders(status, headers) {
      isAnswered = true
      events.onAnswer(status, headers)
    },
    onData(chunk) {
      count.bytesRead += chunk.length
      if (!stream.push(chunk)) exchange?.pause()
    },
    onTrailers: () => {},
    onDrain() {
      const done = onDrained
      onDrained = null
      done?.()
    },
    onEnd() {
      isEnded = true
      stream.push(null)
      // Whoever reads no more is not told of the end otherwise. Who has yet to come must find it: TLS waits for it.
      if (stream.readableLength === 0 && stream.listenerCount('data') > 0) stream.resume()
    },
    onError(error) {
      isEnded = true
      if (!isAnswered) events.onFailure(error)
      stream.destroy(isAnswered ? error : undefined)
    },
  }
  return {
    handler,
    stream: asSocket(stream, remoteAddress, count, events),
    begun(begun) {
      exchange = begun
    },
  }
}

function asSocket(
  stream: Duplex,
  remoteAddress: string,
  count: { readonly bytesRead: number; readonly bytesWritten: number },
  events: ExchangeStreamEvents,
): TunnelStream {
  const self = () => stream as TunnelStream
  const hold = (alive: boolean) => () => {
    events.onHold(alive)
    return self()
  }
  const methods = {
    ref: hold(true),
    unref: hold(false),
    // Of its TCP connection, which is the proxy's and others use as well.
    setNoDelay: self,
    setKeepAlive: self,
    setTimeout: self,
    destroySoon: () => {
      if (stream.writable) stream.end()
      if (stream.writableFinished) stream.destroy()
      else stream.once('finish', () => stream.destroy())
    },
    resetAndDestroy: () => stream.destroy() as TunnelStream,
  }
  Object.defineProperties(stream, {
    bytesRead: { get: () => count.bytesRead },
    bytesWritten: { get: () => count.bytesWritten },
    remoteAddress: { value: remoteAddress },
  })
  return Object.assign(stream, methods) as TunnelStream
}
