import { clearImmediate, setImmediate } from 'node:timers'
import { bytesBody, oneShotBody, type RequestBody } from '../core/request-body.ts'

/** Turns of the event loop that bytes at hand, of files in memory too, may take to come out of a `Request`. */
const TURNS = 4

/** A body of several chunks and more bytes than this is a stream, whatever it is made of. */
const MOST_BYTES = 256 * 1024

/** So is one of more chunks than this: a source that always has the next one at hand would hold everything else up. */
const MOST_CHUNKS = 4096

type Reader = ReadableStreamDefaultReader<Uint8Array>
type Step = Awaited<ReturnType<Reader['read']>>

/**
 * The body of a platform `Request`, which shows a stream and keeps to itself whether bytes stand behind it. They come
 * at once if they do; then they are sent with their length, and can be sent again. Else what has come goes ahead of
 * the rest.
 */
export function readAhead(stream: ReadableStream<Uint8Array>): Promise<RequestBody> {
  return new Promise((resolve) => new ReadAhead(stream.getReader(), resolve))
}

class ReadAhead {
  readonly #reader: Reader
  readonly #resolve: (body: RequestBody) => void
  readonly #chunks: Uint8Array[] = []
  #size = 0
  #waiting: Promise<Step>
  #turns = 0
  #timer: NodeJS.Immediate | null

  constructor(reader: Reader, resolve: (body: RequestBody) => void) {
    this.#reader = reader
    this.#resolve = resolve
    this.#waiting = this.#read()
    this.#timer = setImmediate(this.#onTurn)
  }

  #read(): Promise<Step> {
    const step = this.#reader.read()
    // Whoever reads on is told of a failure.
    step.then(this.#onStep, () => this.#giveUp())
    return step
  }

  readonly #onStep = (step: Step): void => {
    if (this.#timer === null) return
    if (step.done) {
      this.#reader.releaseLock()
      return this.#finish(bytesBody(this.#whole()))
    }
    this.#chunks.push(step.value)
    this.#size += step.value.length
    this.#waiting = this.#read()
    const { length } = this.#chunks
    if (length > MOST_CHUNKS || (this.#size > MOST_BYTES && length > 1)) this.#giveUp()
  }

  readonly #onTurn = (): void => {
    this.#turns += 1
    if (this.#turns === TURNS) this.#giveUp()
    else this.#timer = setImmediate(this.#onTurn)
  }

  #giveUp(): void {
    if (this.#timer === null) return
    const reader = this.#reader
    const refuse = (reason: unknown) => void reader.cancel(reason).catch(() => {})
    this.#finish(oneShotBody(chain(this.#chunks, this.#waiting, reader), refuse))
  }

  #finish(body: RequestBody): void {
    if (this.#timer !== null) clearImmediate(this.#timer)
    this.#timer = null
    this.#resolve(body)
  }

  #whole(): Uint8Array {
    return this.#chunks.length === 1
      ? (this.#chunks[0] as Uint8Array)
      : Buffer.concat(this.#chunks, this.#size)
  }
}

async function* chain(
  chunks: readonly Uint8Array[],
  waiting: Promise<Step>,
  reader: Reader,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks
    for (let step = await waiting; !step.done; step = await reader.read()) yield step.value
  } finally {
    // Whoever stops early wants no more of it; one that has ended does not mind.
    reader.cancel().catch(() => {})
    reader.releaseLock()
  }
}
