import { DEFAULT_WINDOW_SIZE, MAX_WINDOW_SIZE } from './frame-types.ts'
import type { FrameWriter } from './frame-writer.ts'
import { LEAST_URGENT, type Upload } from './upload.ts'
import type { WireTrace } from './wire-trace.ts'

/**
 * Which request body goes next: the most urgent ones first (RFC 9218 section 4.1), those of one urgency by turns of
 * a frame. A body that waits for its stream's window is not in the lists; one that waits for the connection's is.
 */
export class UploadScheduler {
  /** What the peer allows on the whole connection, bytes (RFC 9113 section 6.9.1). */
  window = DEFAULT_WINDOW_SIZE
  /** How often a body had to wait for a window. */
  stalls = 0
  readonly #writer: FrameWriter
  readonly #trace: WireTrace | null
  readonly #onTrailersDue: (upload: Upload) => void
  readonly #first: (Upload | null)[] = new Array(LEAST_URGENT + 1).fill(null)
  readonly #last: (Upload | null)[] = new Array(LEAST_URGENT + 1).fill(null)
  #listed = 0

  constructor(writer: FrameWriter, trace: WireTrace | null, onTrailersDue: (upload: Upload) => void) {
    this.#writer = writer
    this.#trace = trace
    this.#onTrailersDue = onTrailersDue
  }

  /** Something could be sent if there is room for it. */
  get isReady(): boolean {
    return this.#listed > 0 && this.window > 0
  }

  /** It has bytes, and a window for them perhaps. */
  add(upload: Upload): void {
    if (upload.isListed || upload.length === 0) return
    upload.isListed = true
    this.#append(upload)
    this.#listed += 1
  }

  remove(upload: Upload): void {
    this.#trace?.flows(upload.stream.streamId)
    if (!upload.isListed) return
    const level = upload.urgency
    let before: Upload | null = null
    for (let one = this.#first[level] ?? null; one !== upload && one !== null; one = one.next) before = one
    if (before === null) this.#first[level] = upload.next
    else before.next = upload.next
    if (this.#last[level] === upload) this.#last[level] = before
    this.#unlist(upload)
    if (this.#listed === 0) this.#trace?.flows(0)
  }

  /** RFC 9218 section 7: another urgency from now on. */
  move(upload: Upload, urgency: number): void {
    const listed = upload.isListed
    this.remove(upload)
    upload.urgency = urgency
    if (listed) this.add(upload)
  }

  /** The peer gave credit; false: more than a window can be. */
  credit(increment: number): boolean {
    this.window += increment
    if (this.window > 0) this.#trace?.flows(0)
    return this.window <= MAX_WINDOW_SIZE
  }

  /** Writes what the windows allow, at most about `room` bytes, in frames of `maxFrameSize`; tells how many. */
  run(room: number, maxFrameSize: number): number {
    let frames = 0
    let left = room
    while (left > 0 && this.#listed > 0) {
      if (this.window <= 0) {
        this.stalls += 1
        this.#trace?.stalled(0)
        return frames
      }
      const upload = this.#take()
      if (upload.stream.sendWindow <= 0) {
        this.stalls += 1
        this.#trace?.stalled(upload.stream.streamId)
        continue
      }
      left -= this.#send(upload, maxFrameSize)
      frames += 1
    }
    return frames
  }

  #send(upload: Upload, maxFrameSize: number): number {
    const { stream, first, offset } = upload
    this.#trace?.flows(stream.streamId)
    const rest = first.length - offset
    const length = Math.min(rest, maxFrameSize, stream.sendWindow, this.window)
    const isLast = upload.ended && length === upload.length
    const endStream = isLast && upload.trailers === null
    this.#writer.data(stream.streamId, first, offset, offset + length, endStream)
    this.window -= length
    stream.sendWindow -= length
    upload.sent(length)
    if (upload.length > 0) this.add(upload)
    else if (endStream) stream.onUploaded()
    else if (isLast) this.#onTrailersDue(upload)
    else if (upload.owesDrain) {
      upload.owesDrain = false
      stream.onDrained()
    }
    return length
  }

  /** The next one in turn, out of its list. */
  #take(): Upload {
    let level = 0
    while (this.#first[level] === null) level += 1
    const upload = this.#first[level] as Upload
    this.#first[level] = upload.next
    if (upload.next === null) this.#last[level] = null
    this.#unlist(upload)
    return upload
  }

  #append(upload: Upload): void {
    const level = upload.urgency
    const last = this.#last[level]
    if (last === null || last === undefined) this.#first[level] = upload
    else last.next = upload
    this.#last[level] = upload
  }

  #unlist(upload: Upload): void {
    upload.next = null
    upload.isListed = false
    this.#listed -= 1
  }
}
