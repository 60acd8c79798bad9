/**
 * A whole session under fuzzing: the input is a list of what the server sends, in which pieces it comes, and what the
 * caller does in between. Whatever it is: nothing is thrown but a ClientError by `open`, each exchange settles exactly
 * once, the session ends once, and what it sent keeps to the server's windows and frame size.
 */
import assert from 'node:assert/strict'
import { ClientError, ConnectionError } from '../../../src/core/errors.ts'
import type { BodyShape, Exchange, ExchangeHandler } from '../../../src/wire/contract.ts'
import { ConnectionFault } from '../../../src/wire/http2/connection-fault.ts'
import { HpackError } from '../../../src/wire/http2/hpack/hpack-error.ts'
import { HTTP2_DEFAULTS } from '../../../src/wire/http2/options.ts'
import { Session } from '../../../src/wire/http2/session.ts'
import { Stream } from '../../../src/wire/http2/stream.ts'
import { FrameType } from '../../support/frame-types.ts'
import { encodeHeaders } from '../../support/hpack.ts'
import { frame, setting, Traffic, uint32s, walk } from './frame-bytes.ts'
import { Input } from './input.ts'

const PREFACE_SIZE = 24
const LOAN = 64 * 1024
/** Small, so that inputs of a few KiB reach the limits. */
const OPTIONS = {
  ...HTTP2_DEFAULTS,
  initialWindowSize: 8192,
  connectionWindowSize: 100_000,
  maxHeaderListSize: 1024,
  maxHeaderFields: 8,
  maxConcurrentStreams: 12,
  maxInformational: 2,
}
const BLOCKS = [
  [':status', '200'],
  [':status', '200', 'content-length', '4'],
  [':status', '204', 'content-length', '0'],
  [':status', '103', 'link', '</a>'],
  [':status', '100'],
  [':status', '101'],
  [':status', 'abc'],
  ['grpc-status', '0'],
  [':status', '200', 'x-long', 'x'.repeat(1000)],
  [':status', '200', 'transfer-encoding', 'chunked'],
  [':status', '200', 'te', 'gzip'],
  ['te', 'trailers', ':status', '200'],
].map((fields) => encodeHeaders(fields))
const NUMBERS = [
  0, 1, 2, 3, 4, 100, 1000, 8192, 16_383, 16_384, 16_385, 65_535, 65_536, 100_000, 0x7fff_ffff, 0x8000_0000,
  0xffff_ffff,
]
const SHAPES: readonly BodyShape[] = ['none', 'data', 'data-and-trailers']
const ZEROS = Buffer.alloc(2 * 0xffff)
/** Above a frame even after Huffman. */
const LONG = ['x-long', 'y'.repeat(20_000)]
const HEADERS: readonly (readonly string[])[] = [
  [],
  [],
  [],
  ['cookie', 'a=1; b=2', 'x-a', 'b'],
  ['priority', 'u=0', 'authorization', 'x'],
  ['bad name', 'x'],
  ['x-bad', 'a\nb'],
  ['x-wide', '\u0100'],
]

/** What an API call may throw; anything else is a finding. */
function attempt<T>(run: () => T): T | null {
  try {
    return run()
  } catch (error) {
    if (error instanceof ClientError) return null
    throw error
  }
}

class Call implements ExchangeHandler {
  exchange!: Exchange
  settled = 0
  isReset = false
  readonly #world: World
  readonly #mood: number

  constructor(world: World, mood: number) {
    this.#world = world
    this.#mood = mood
  }

  onInformational(): void {
    this.#came('onInformational')
  }

  onHeaders(status: number): void {
    this.#came('onHeaders')
    if (status < 200) this.#world.found(`onHeaders(${status})`)
    this.#react()
  }

  onData(chunk: Uint8Array): void {
    this.#came('onData')
    if (chunk.length === 0) this.#world.found('an empty chunk')
    this.#react()
  }

  onTrailers(): void {
    this.#came('onTrailers')
  }

  onDrain(): void {
    this.#came('onDrain')
    if ((this.#mood & 16) !== 0) this.exchange.write(ZEROS.subarray(0, 70_000))
  }

  onEnd(): void {
    this.#came('onEnd')
    this.settled += 1
    if ((this.#mood & 32) !== 0) this.#world.open(0)
  }

  onError(error: ClientError): void {
    this.#came('onError')
    this.settled += 1
    this.#world.judge(error)
    if ((this.#mood & 32) !== 0) this.#world.open(0)
  }

  reset(code: number): void {
    if (this.settled === 0) this.isReset = true
    this.exchange.reset(code)
  }

  #came(what: string): void {
    if (this.settled > 0) this.#world.found(`${what} after the end`)
    if (this.isReset) this.#world.found(`${what} after reset`)
  }

  #react(): void {
    const mood = this.#mood & 15
    if (mood === 1) this.exchange.pause()
    else if (mood === 2) this.reset(8)
    else if (mood === 3) this.#world.open(0)
    else if (mood === 4) this.exchange.resume()
    else if (mood === 5) this.exchange.write(ZEROS.subarray(0, 20_000))
    else if (mood === 6) this.exchange.end()
    else if (mood === 7) this.#world.session.drain()
    else if (mood === 8) this.#world.destroy()
  }
}

class World {
  readonly session: Session
  readonly calls: Call[] = []
  readonly #input: Input
  readonly #sent: Buffer[] = []
  readonly #given: Buffer[] = []
  readonly #findings: string[] = []
  #pending: Buffer = Buffer.alloc(0)
  #now = 0
  #over = 0
  #pings = 0
  #pongs = 0

  constructor(input: Input) {
    this.#input = input
    const clock = { now: () => this.#now, setTimeout: () => ({ cancel: () => {} }) }
    const facts = { origin: 'https://server.test', connectionId: 7, goAway: null, trace: null }
    this.session = new Session({ ...OPTIONS, clock }, facts, {
      onWork: () => {},
      onReady: () => {},
      onSlots: () => {},
      onGoAway: () => {},
      onDraining: () => {},
      onAltSvc: () => {},
      onOrigins: () => {},
      onOver: (error) => {
        this.#over += 1
        if (error !== null) this.judge(error)
      },
    })
    this.session.start()
    this.turn(1e6)
  }

  found(what: string): void {
    this.#findings.push(what)
  }

  /** Typed, and of the peer's making or the caller's. */
  judge(error: unknown): void {
    if (!(error instanceof ClientError) || !error.code.startsWith('ERR_TRUNKLINE_'))
      this.found(`untyped: ${String(error)}`)
    const cause = (error as Error).cause
    const ours = cause === this.#reset || cause instanceof ConnectionFault || cause instanceof HpackError
    if (cause instanceof Error && !ours && !(cause instanceof ClientError))
      this.found(`a mistake of ours: ${cause.stack}`)
  }

  readonly #reset = new Error('the socket was reset')

  open(choice: number): void {
    if (this.calls.length >= 40) return
    const call = new Call(this, this.#input.byte())
    const method = (choice & 1) === 0 ? 'GET' : 'HEAD'
    const shape = SHAPES[(choice >> 1) % 3] as BodyShape
    // Seldom, for it takes long.
    const headers = choice === 255 ? LONG : (HEADERS[(choice >> 3) & 7] as readonly string[])
    const head = { method, scheme: 'https' as const, authority: 'server.test', path: '/', headers }
    const exchange = attempt(() => this.session.open(head, shape, call))
    if (exchange === null) return
    call.exchange = exchange
    this.calls.push(call)
  }

  destroy(): void {
    this.session.destroy(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'destroyed', {}))
  }

  turn(room: number): void {
    this.session.endTurn()
    for (const piece of this.session.output(room)) this.#sent.push(Buffer.from(piece))
  }

  ping(): void {
    if (this.#pings - this.#pongs > 20) return
    this.#pings += 1
    this.session.ping().then(
      () => {},
      () => {},
    )
  }

  send(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
  }

  /** The first bytes of what is on its way, or all of it, in chunks of `size`. */
  deliver(most: number, size: number): void {
    const end = Math.min(most, this.#pending.length)
    for (let at = 0; at < end; at += size) {
      const chunk = this.#pending.subarray(at, Math.min(at + size, end))
      this.#given.push(chunk)
      this.session.receive(chunk)
    }
    this.#pending = this.#pending.subarray(end)
  }

  /** What a server that keeps to the rules would say to PING and SETTINGS. */
  acknowledge(): void {
    const bytes = Buffer.concat(this.#sent).subarray(PREFACE_SIZE)
    walk(bytes, (type, flags, _streamId, length, at) => {
      if ((flags & 1) !== 0) return
      if (type === FrameType.PING) this.send(frame(type, 1, 0, bytes.subarray(at, at + length)))
    })
    this.send(frame(FrameType.SETTINGS, 1, 0, Buffer.alloc(0)))
  }

  call(): Call | undefined {
    return this.calls[this.#input.byte() % Math.max(1, this.calls.length)]
  }

  advance(ms: number): void {
    this.#now += ms
  }

  lose(withError: boolean): void {
    this.session.lose(withError ? this.#reset : null)
  }

  /** The socket goes, at the latest now; then all must be settled. */
  finish(): void {
    this.deliver(Number.POSITIVE_INFINITY, 1e6)
    this.turn(1e6)
    this.lose(true)
    this.turn(1e6)
    for (const call of this.calls) {
      if (call.settled + (call.isReset ? 1 : 0) !== 1)
        this.found(`settled ${call.settled} times${call.isReset ? ' and reset' : ''}`)
      // Harmless after the end.
      call.exchange.write(Buffer.alloc(1))
      call.exchange.end()
      call.exchange.pause()
      call.exchange.resume()
      call.exchange.reset()
    }
    if (this.#over !== 1) this.found(`over ${this.#over} times`)
    this.#checkTraffic()
    assert.deepEqual(this.#findings, [])
  }

  #checkTraffic(): void {
    const sent = new Traffic(Buffer.concat(this.#sent).subarray(PREFACE_SIZE))
    const given = new Traffic(Buffer.concat(this.#given))
    if (sent.rest !== 0 || sent.torn) this.found('frames that are not whole')
    if (sent.saidInternalError) this.found('GOAWAY with INTERNAL_ERROR')
    if (sent.longestFrame > given.maxFrameSize) this.found(`a frame of ${sent.longestFrame} bytes`)
    for (const [streamId, length] of sent.data) {
      const start = streamId === 0 ? 65_535 : given.initialWindow
      if (length > start + (given.credit.get(streamId) ?? 0))
        this.found(`${length} bytes of DATA on ${streamId}`)
    }
    const credit = sent.credit.get(0) ?? 0
    const loans = this.session.inflow.stalls * LOAN
    const most = OPTIONS.connectionWindowSize - 65_535 + (given.data.get(0) ?? 0) + loans
    if (credit > most) this.found(`credit of ${credit} bytes, and ${most} were due`)
  }
}

type Step = (world: World, input: Input) => void

function streamOf(input: Input): number {
  const byte = input.byte()
  if (byte < 200) return (byte & 15) * 2 + 1
  return byte < 225 ? 0 : byte < 240 ? byte & 14 : (byte & 15) * 1000 + 33
}

const STEPS: readonly Step[] = [
  (world, input) =>
    world.send(frame(input.byte() % 20, input.byte(), streamOf(input), input.take(input.byte()))),
  (world, input) =>
    world.send(frame(FrameType.HEADERS, input.byte(), streamOf(input), input.take(input.byte()))),
  (world, input) =>
    world.send(frame(FrameType.HEADERS, input.pick([4, 5, 0, 1]), streamOf(input), input.pick(BLOCKS))),
  (world, input) =>
    world.send(frame(FrameType.CONTINUATION, input.pick([4, 0]), streamOf(input), input.take(input.byte()))),
  (world, input) =>
    world.send(
      frame(FrameType.DATA, input.byte() & 9, streamOf(input), ZEROS.subarray(0, input.uint16() % 16_400)),
    ),
  (world, input) =>
    world.send(frame(FrameType.DATA, input.pick([1, 0]), streamOf(input), Buffer.from('body'))),
  (world, input) =>
    world.send(frame(FrameType.SETTINGS, 0, 0, setting(input.byte() % 12, input.pick(NUMBERS)))),
  (world, input) =>
    world.send(frame(FrameType.WINDOW_UPDATE, 0, streamOf(input), uint32s(input.pick(NUMBERS)))),
  (world) => world.send(frame(FrameType.WINDOW_UPDATE, 0, 0, uint32s(50_000))),
  (world, input) => world.send(frame(FrameType.RST_STREAM, 0, streamOf(input), uint32s(input.byte() & 15))),
  (world, input) =>
    world.send(frame(FrameType.GOAWAY, 0, 0, uint32s(input.pick(NUMBERS), input.byte() & 15))),
  (world, input) => world.send(frame(FrameType.PING, input.byte() & 1, 0, Buffer.alloc(8, input.byte()))),
  (world) => world.acknowledge(),
  (world, input) => world.send(input.take(input.byte())),
  (world, input) => world.deliver(input.byte(), 1 + (input.byte() & 31)),
  (world, input) => world.deliver(Number.POSITIVE_INFINITY, 1 + input.uint16()),
  (world) => world.deliver(Number.POSITIVE_INFINITY, 1e6),
  (world, input) => world.turn(input.uint16() * 16),
  (world) => world.turn(1e6),
  (world, input) => world.open(input.byte()),
  (world, input) => world.call()?.exchange.write(ZEROS.subarray(0, input.uint16() * 2)),
  (world) => world.call()?.exchange.end(),
  (world) => world.call()?.exchange.end(['x-sum', '1']),
  (world) => world.call()?.exchange.pause(),
  (world) => world.call()?.exchange.resume(),
  (world, input) => world.call()?.reset(input.byte() & 15),
  (world) => world.ping(),
  (world) => world.session.onSent(),
  (world, input) => world.advance(input.byte() * 10),
  (world, input) => {
    const exchange = world.call()?.exchange
    if (exchange instanceof Stream) world.session.reprioritize(exchange, input.byte() & 7, input.byte() > 127)
  },
  (world, input) => {
    for (const streamId of [1, 3, 5, 7]) {
      world.send(frame(FrameType.HEADERS, 4, streamId, input.pick(BLOCKS)))
      world.send(frame(FrameType.DATA, 1, streamId, Buffer.from('body')))
    }
  },
  (world, input) => {
    const choice = input.byte()
    if (choice > 250) world.lose((choice & 1) === 1)
    else if (choice > 240) world.destroy()
    else if (choice > 230) world.session.drain()
  },
]

/** @throws when something is wrong with the session. */
export function fuzzSession(bytes: Uint8Array): void {
  const input = new Input(bytes)
  const world = new World(input)
  // Most begin as servers do; an input may do without.
  const start = input.byte()
  if (start < 240) world.send(frame(FrameType.SETTINGS, 0, 0, Buffer.alloc(0)))
  if (start < 200) world.deliver(1e6, 1e6)
  if (start < 160) world.open(start & 63)
  if (start < 120) world.open(0)
  if (start < 160) world.turn(1e6)
  for (let steps = 0; !input.isOver && steps < 100; steps += 1) {
    const step = input.byte()
    STEPS[step & 31]?.(world, input)
    if ((step & 0x40) !== 0) world.deliver(1e6, 1e6)
    if ((step & 0x80) !== 0) world.turn(1e6)
  }
  world.finish()
}
