import { ConnectionFault } from './connection-fault.ts'
import { ErrorCode, Flag } from './frame-types.ts'

/** A header block may be this long as it is encoded, bytes, or four times what it may be decoded if that is more. */
const LEAST_BLOCK_LIMIT = 1024 * 1024

/** CONTINUATION frames that one header block may have, beside one for each KiB of it. */
const SPARE_CONTINUATIONS = 8

const NONE = Buffer.alloc(0)

/**
 * One header block out of HEADERS and CONTINUATION (RFC 9113 section 4.3). A block in one frame never comes here;
 * others are put together in a buffer that ends with the block.
 *
 * A block above the decoder's limits costs its stream alone, so that some of it has to be borne; what is far above,
 * and a flood of frames with next to nothing in them (CVE-2024-28182), ends the connection.
 */
export class HeaderAssembly {
  readonly #limit: number
  /** 0: no block is open. */
  streamId = 0
  endStream = false
  length = 0
  #block: Buffer = NONE
  #frames = 0

  /** `maxHeaderListSize`: of a header section, bytes. */
  constructor(maxHeaderListSize: number) {
    this.#limit = Math.max(LEAST_BLOCK_LIMIT, 4 * maxHeaderListSize)
  }

  /** The block so far, from 0 to `length`. */
  get block(): Buffer {
    return this.#block
  }

  open(streamId: number, endStream: boolean, bytes: Buffer, start: number, end: number): void {
    this.streamId = streamId
    this.endStream = endStream
    this.length = 0
    this.#frames = 0
    this.#add(bytes, start, end)
  }

  /**
   * @returns whether the block is complete.
   * @throws ConnectionFault
   */
  proceed(flags: number, bytes: Buffer, start: number, end: number): boolean {
    this.#frames += 1
    this.#add(bytes, start, end)
    const most = SPARE_CONTINUATIONS + (this.length >>> 10)
    if (this.length > this.#limit || this.#frames > most) {
      throw new ConnectionFault(
        ErrorCode.ENHANCE_YOUR_CALM,
        `it sent a header block without end, ${this.#frames} CONTINUATION frames with ${this.length} bytes in all (RFC 9113 section 10.5.1)`,
      )
    }
    return (flags & Flag.END_HEADERS) !== 0
  }

  /** The block was used. */
  close(): void {
    this.streamId = 0
    this.#block = NONE
  }

  #add(bytes: Buffer, start: number, end: number): void {
    const length = this.length + end - start
    if (length > this.#block.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#block.length))
      this.#block.copy(larger, 0, 0, this.length)
      this.#block = larger
    }
    bytes.copy(this.#block, this.length, start, end)
    this.length = length
  }
}
