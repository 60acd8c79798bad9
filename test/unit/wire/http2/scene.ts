/** A session without a socket: frames go in, frames and events come out, and time stands still. */
import type { ClientError } from '../../../../src/core/errors.ts'
import type { HeaderList } from '../../../../src/core/headers.ts'
import { FrameDecoder } from '../../../../src/testing/frame-decoder.ts'
import type { BodyShape, Exchange, ExchangeHandler, GoAway } from '../../../../src/wire/contract.ts'
import { HTTP2_DEFAULTS, type Http2Options } from '../../../../src/wire/http2/options.ts'
import { Session } from '../../../../src/wire/http2/session.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { dataFrame, headersFrame, settingsFrame } from '../../../support/frame-encoder.ts'
import {
  CONNECTION_PREFACE,
  type Frame,
  type FrameName,
  type FrameOf,
  type Settings,
} from '../../../support/frame-types.ts'
import { encodeHeaders, type HeadersInput, HpackDecoder } from '../../../support/hpack.ts'

export interface OpenParts {
  readonly method?: string
  readonly path?: string
  readonly headers?: HeaderList
  readonly body?: BodyShape
  /** What happens from inside a callback. */
  readonly on?: Partial<Record<'headers' | 'data' | 'end' | 'error' | 'drain', (call: Call) => void>>
}

/** One exchange and all that was called on its handler. */
export class Call implements ExchangeHandler {
  exchange!: Exchange
  readonly log: string[] = []
  body = ''
  bytes = 0
  status = 0
  headers: HeaderList = []
  trailers: HeaderList | null = null
  error: ClientError | null = null
  readonly #on: NonNullable<OpenParts['on']>

  constructor(on: OpenParts['on']) {
    this.#on = on ?? {}
  }

  onInformational(status: number): void {
    this.log.push(`interim ${status}`)
  }

  onHeaders(status: number, headers: HeaderList): void {
    this.status = status
    this.headers = headers
    this.log.push('headers')
    this.#on.headers?.(this)
  }

  onData(chunk: Uint8Array): void {
    this.bytes += chunk.length
    if (this.bytes < 10_000) this.body += Buffer.from(chunk).toString('latin1')
    if (this.log.at(-1) !== 'data') this.log.push('data')
    this.#on.data?.(this)
  }

  onTrailers(headers: HeaderList): void {
    this.trailers = headers
    this.log.push('trailers')
  }

  onDrain(): void {
    this.log.push('drain')
    this.#on.drain?.(this)
  }

  onEnd(): void {
    this.log.push('end')
    this.#on.end?.(this)
  }

  onError(error: ClientError): void {
    this.error = error
    this.log.push('error')
    this.#on.error?.(this)
  }
}

const ORIGIN = 'https://server.test'

export class SessionScene {
  readonly clock = new FakeClock()
  readonly session: Session
  /** Events of the session, in order. */
  readonly events: string[] = []
  goAway: GoAway | null = null
  /** What the session ended with; undefined before. */
  over: ClientError | null | undefined
  /** What is done from inside `onSlots`. */
  onSlots: () => void = () => {}
  readonly #decoder = new FrameDecoder()
  readonly #hpack = new HpackDecoder()
  #preface = true

  /** `settings`: what the server said; null: it has said nothing yet. */
  constructor(options: Partial<Http2Options> = {}, settings: Settings | null = {}) {
    this.session = new Session(
      { ...HTTP2_DEFAULTS, clock: this.clock, ...options },
      { origin: ORIGIN, connectionId: 7, goAway: null, trace: null },
      {
        onWork: () => {},
        onReady: () => void this.events.push('ready'),
        onSlots: () => {
          this.events.push('slots')
          this.onSlots()
        },
        onGoAway: () => {},
        onDraining: (goAway) => {
          this.goAway = goAway
          this.events.push('draining')
        },
        onOver: (error) => {
          if (this.over !== undefined) throw new Error('over twice')
          this.over = error
          this.events.push('over')
        },
        onAltSvc: ({ origin, value }) => void this.events.push(`altsvc ${origin} ${value}`),
        onOrigins: (origins) => void this.events.push(`origins ${origins.join(' ')}`),
      },
    )
    this.session.start()
    if (settings === null) return
    this.give(settingsFrame(settings), settingsFrame({}).fill(1, 4, 5))
    this.turn()
    this.events.length = 0
  }

  /** Bytes from the server, in one chunk. */
  give(...frames: Buffer[]): void {
    this.session.receive(Buffer.concat(frames))
  }

  /** The end of a turn: what the client sends in it. */
  turn(room = 1e9): Frame[] {
    this.session.endTurn()
    const bytes = Buffer.concat(this.session.output(room))
    const frames = this.#decoder.push(this.#preface ? bytes.subarray(CONNECTION_PREFACE.length) : bytes)
    if (this.#preface && !bytes.subarray(0, CONNECTION_PREFACE.length).equals(CONNECTION_PREFACE))
      throw new Error('no preface')
    this.#preface = false
    const decoded = [...frames]
    for (const frame of decoded) if (frame.type === 'HEADERS') this.#decodeBlock(frame, decoded)
    return decoded
  }

  /** Those frames of a turn that are of one type. */
  sent<Name extends FrameName>(type: Name, room?: number): FrameOf<Name>[] {
    return this.turn(room).filter((frame): frame is FrameOf<Name> => frame.type === type)
  }

  open(parts: OpenParts = {}): Call {
    const call = new Call(parts.on)
    const { method = 'GET', path = '/', headers = [], body = 'none' } = parts
    const head = { method, scheme: 'https' as const, authority: 'server.test', path, headers }
    call.exchange = this.session.open(head, body, call)
    return call
  }

  /** Opens and sends in one turn. */
  sendOne(parts: OpenParts = {}): Call {
    const call = this.open(parts)
    this.turn()
    return call
  }

  #decodeBlock(frame: FrameOf<'HEADERS'>, all: readonly Frame[]): void {
    const rest = all.filter((one) => one.type === 'CONTINUATION' && one.streamId === frame.streamId)
    const fragments = [frame.fragment, ...rest.map((one) => (one as FrameOf<'CONTINUATION'>).fragment)]
    frame.headers = this.#hpack.decode(Buffer.concat(fragments))
  }
}

/** A response head. */
export function head(
  streamId: number,
  fields: HeadersInput = { ':status': 200 },
  options: { readonly endStream?: boolean } = {},
): Buffer {
  return headersFrame(streamId, encodeHeaders(fields), options)
}

export function data(streamId: number, bytes: string | Uint8Array, endStream = false): Buffer {
  return dataFrame(streamId, bytes, { endStream })
}

/** DATA as full frames. */
export function bulk(streamId: number, length: number, endStream = false): Buffer {
  const frames: Buffer[] = []
  for (let left = length; left > 0; left -= 16_384)
    frames.push(data(streamId, Buffer.alloc(Math.min(left, 16_384)), endStream && left <= 16_384))
  return Buffer.concat(frames)
}

export function credits(frames: readonly Frame[], streamId: number): number {
  return frames
    .filter((frame) => frame.type === 'WINDOW_UPDATE' && frame.streamId === streamId)
    .reduce((sum, frame) => sum + (frame as FrameOf<'WINDOW_UPDATE'>).increment, 0)
}
