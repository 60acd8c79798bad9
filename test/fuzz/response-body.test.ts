/** The queue between the wire and a reader, against a model: bytes in order, nothing lost, the source let go in pairs. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BODY_HIGH_WATER_MARK, BodyQueue } from '../../src/core/body-queue.ts'
import { patience, runs } from './runs.ts'

type Step =
  | { readonly do: 'push'; readonly size: number }
  | { readonly do: 'end' | 'fail' | 'read' | 'collect' | 'cancel' | 'abandon' | 'turn' }

const size = fc.oneof(fc.constant(0), fc.nat(20), fc.constantFrom(65_536, 131_072, 262_143, 262_144, 400_000))
const push = size.map((bytes): Step => ({ do: 'push', size: bytes }))
const read = fc.constant<Step>({ do: 'read' })
const ending = fc.constantFrom<Step>(
  { do: 'end' },
  { do: 'fail' },
  { do: 'cancel' },
  { do: 'abandon' },
  { do: 'collect' },
)
const turn = fc.constant<Step>({ do: 'turn' })
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: push },
    { weight: 8, arbitrary: read },
    { weight: 2, arbitrary: turn },
    { weight: 1, arbitrary: ending },
  ),
  { maxLength: 50 },
)

const BROKEN = new Error('the wire broke')
const CANCELLED = new Error('the reader left')

/** Every byte that is ever pushed differs from its neighbours, so that a gap or an echo shows. */
const PATTERN = Buffer.from(Array.from({ length: 251 }, (_, index) => index))
const CLOTH = Buffer.alloc(251 * 1600, PATTERN)

/** What was handed over is what was pushed, from `offset` on. */
function expectAt(offset: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 100_000) {
    const piece = bytes.subarray(at, at + 100_000)
    expect(Buffer.compare(piece, bytesAt(offset + at, piece.length))).toBe(0)
  }
}

function bytesAt(offset: number, length: number): Uint8Array {
  const from = offset % 251
  return Uint8Array.prototype.slice.call(CLOTH, from, from + length)
}

class Play {
  readonly queue: BodyQueue
  paused = false
  cancels = 0
  pushed = 0
  taken = 0
  /** Reads and collections that have not settled. */
  open = 0
  reading = false
  collecting = false
  over: 'end' | 'fail' | 'cancel' | null = null
  sawEnd = false
  wrong: unknown = null

  constructor() {
    this.queue = new BodyQueue({
      pause: () => {
        expect(this.paused).toBe(false)
        this.paused = true
      },
      resume: () => {
        expect(this.paused).toBe(true)
        this.paused = false
      },
      cancel: () => {
        this.cancels += 1
        expect(this.over).toBe(null)
      },
    })
  }

  async step(step: Step): Promise<void> {
    if (step.do === 'push') this.push(step.size)
    else if (step.do === 'turn') await nextTurn()
    else this[step.do]()
    this.check()
  }

  push(length: number): void {
    const counts = this.over === null
    this.queue.push(bytesAt(this.pushed, Math.min(length, 400_000)))
    if (counts) this.pushed += length
  }

  end(): void {
    this.queue.end(['x-trailer', 'yes'])
    this.over ??= 'end'
  }

  fail(): void {
    this.queue.fail(BROKEN)
    this.over ??= 'fail'
  }

  cancel(): void {
    this.queue.cancel(CANCELLED)
    if (this.over !== null) this.taken = this.pushed
    this.over ??= 'cancel'
  }

  /** The reader was collected: as good as cancelled, unless somebody waits for the whole. */
  abandon(): void {
    if (this.collecting || this.reading) return
    if (this.over === null) {
      this.queue.abandon()
      this.over = 'cancel'
    }
  }

  read(): void {
    if (this.reading || this.collecting) return
    this.reading = true
    this.open += 1
    this.queue.read().then(
      (chunk) => this.note(() => this.settle(chunk, null)),
      (error) => this.note(() => this.settle(null, error)),
    )
  }

  collect(): void {
    if (this.reading || this.collecting) return
    this.collecting = true
    this.open += 1
    this.queue
      .collect((bytes) => bytes)
      .then(
        (bytes) => this.note(() => this.settle(bytes, null, true)),
        (error) => this.note(() => this.settle(null, error)),
      )
  }

  /** What is found wrong in a callback is thrown by the next check. */
  note(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.wrong ??= error
    }
  }

  settle(bytes: Uint8Array | null, error: unknown, whole = false): void {
    this.open -= 1
    this.reading = false
    if (error !== null) {
      expect(error).toBe(this.over === 'fail' ? BROKEN : this.queue.error)
      return
    }
    if (bytes !== null) {
      expectAt(this.taken, bytes)
      this.taken += bytes.length
    }
    if (bytes !== null && !whole) return
    // The end is told only when every byte was handed over.
    expect(this.over).toBe('end')
    if (this.cancels === 0) expect(this.taken).toBe(this.pushed)
    this.sawEnd = true
  }

  check(): void {
    const { queue } = this
    if (this.wrong !== null) throw this.wrong
    expect(queue.settled).toBe(this.over !== null)
    expect(queue.paused && !queue.settled).toBe(this.paused && !queue.settled)
    expect(this.cancels).toBe(this.over === 'cancel' ? 1 : 0)
    if (queue.settled) return
    if (this.collecting || queue.buffered < BODY_HIGH_WATER_MARK / 2) expect(this.paused).toBe(false)
    if (queue.buffered >= BODY_HIGH_WATER_MARK && !this.collecting) expect(this.paused).toBe(true)
  }

  /** Whoever reads on comes to an end. */
  async finish(): Promise<void> {
    if (this.over === null) this.end()
    await nextTurn()
    expect(this.open).toBe(0)
    for (let reads = 0; !this.collecting && !this.sawEnd && reads < 100; reads += 1) {
      this.read()
      await nextTurn()
      expect(this.open).toBe(0)
      if (this.over !== 'end' && this.queue.buffered === 0) break
    }
    this.check()
    if (this.over === 'end') expect(this.sawEnd).toBe(true)
    if (this.over !== 'cancel' && !this.collecting) expect(this.taken).toBe(this.pushed)
  }
}

test(
  'bytes in order, none lost, none twice; pause and resume in turns',
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const play = new Play()
        for (const step of script) await play.step(step)
        await play.finish()
      }),
      runs(500),
    )
  },
  patience(15_000),
)
