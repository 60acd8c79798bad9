/** Bytes of one slab. Some thousand small frames fit. */
const SLAB_SIZE = 64 * 1024

/**
 * Memory for frames, handed out from front to back and never a second time: what was given to a socket may lie in
 * its queue for long, so nothing here is ever written over. One slab serves all connections of the process.
 */
export class Slab {
  buffer = Buffer.allocUnsafeSlow(SLAB_SIZE)
  /** Where the free part starts. */
  at = 0

  /** Makes room for `length` bytes, in a new slab if need be. */
  reserve(length: number): void {
    if (this.buffer.length - this.at >= length) return
    this.buffer = Buffer.allocUnsafeSlow(Math.max(SLAB_SIZE, length))
    this.at = 0
  }
}
