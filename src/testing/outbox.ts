/** The bytes a scripted peer writes, in order: at once, together, one by one, or not at all. */

import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { idle, sleep } from './sleep.ts'

/** How to send bytes slowly. */
export interface DripOptions {
  /** Bytes per write. Default 1. */
  readonly chunk?: number
  /** Milliseconds between writes. Default 0: one turn of the event loop. */
  readonly every?: number
}

export class Outbox {
  readonly #stream: Duplex
  #batch: Buffer[] | null = null
  #tail: Promise<void> = Promise.resolve()
  #queued = 0
  #silent = false

  /** Writes every byte on its own. */
  byteByByte = false
  /** Every byte handed to the transport so far. */
  bytesWritten = 0

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  write(bytes: Uint8Array): void {
    if (this.#silent) return
    if (this.#batch !== null) this.#batch.push(Buffer.from(bytes))
    else if (this.byteByByte) void this.drip(bytes)
    else if (this.#queued === 0) this.#put(bytes)
    else this.#enqueue(async () => this.#put(bytes))
  }

  /** Everything `run` writes goes out as one write, so that the client most likely reads it as one. */
  together(run: () => void): void {
    if (this.#batch !== null) {
      run()
      return
    }
    const batch: Buffer[] = []
    this.#batch = batch
    try {
      run()
    } finally {
      this.#batch = null
      if (batch.length > 0) this.write(Buffer.concat(batch))
    }
  }

  /** Writes in small pieces; later writes wait for it. Resolves when the last piece is written. */
  drip(bytes: Uint8Array, options: DripOptions = {}): Promise<void> {
    const copy = Buffer.from(bytes)
    const size = options.chunk ?? 1
    return this.#enqueue(async () => {
      for (let offset = 0; offset < copy.length && !this.#silent; offset += size) {
        await this.#putAndWait(copy.subarray(offset, offset + size))
        await (options.every ? sleep(options.every) : nextTurn())
      }
    })
  }

  /** Later writes wait this long, and keep their order. */
  pause(ms: number): void {
    void this.#enqueue(() => idle(ms))
  }

  /** Runs after everything written so far was handed to the kernel. */
  afterWrites(run: () => void): void {
    if (this.#queued === 0) run()
    else void this.#enqueue(async () => run())
  }

  /** Nothing is written any more. */
  silence(): void {
    this.#silent = true
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#queued += 1
    this.#tail = this.#tail.then(work).finally(() => {
      this.#queued -= 1
    })
    return this.#tail
  }

  #put(bytes: Uint8Array, callback?: () => void): void {
    if (this.#silent || this.#stream.destroyed || this.#stream.writableEnded) {
      callback?.()
      return
    }
    this.bytesWritten += bytes.length
    this.#stream.write(bytes, () => callback?.())
  }

  #putAndWait(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#put(bytes, resolve))
  }
}
