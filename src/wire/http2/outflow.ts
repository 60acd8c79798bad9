import type { RequestHead } from '../contract.ts'
import { ConnectionFault } from './connection-fault.ts'
import type { FloodGuard } from './flood-guard.ts'
import { ErrorCode, MAX_WINDOW_SIZE } from './frame-types.ts'
import type { FrameWriter } from './frame-writer.ts'
import { HpackEncoder } from './hpack/encoder.ts'
import { RequestFields, trailerFields } from './request-head.ts'
import type { PeerSettings } from './settings.ts'
import type { Stream } from './stream.ts'
import type { StreamTable } from './stream-table.ts'
import type { Upload } from './upload.ts'
import { UploadScheduler } from './upload-scheduler.ts'
import type { WireTrace } from './wire-trace.ts'

/** WINDOW_UPDATE frames that one DATA frame of ours explains. */
const CREDITS_PER_FRAME = 4

/** What we send of requests: heads, bodies as far as the peer's windows allow, trailers. */
export class Outflow {
  readonly #writer: FrameWriter
  readonly #streams: StreamTable
  readonly #peer: PeerSettings
  readonly #guard: FloodGuard
  readonly #encoder = new HpackEncoder()
  readonly #fields = new RequestFields()
  readonly #uploads: UploadScheduler

  constructor(
    writer: FrameWriter,
    streams: StreamTable,
    peer: PeerSettings,
    guard: FloodGuard,
    trace: WireTrace | null,
  ) {
    this.#writer = writer
    this.#streams = streams
    this.#peer = peer
    this.#guard = guard
    this.#uploads = new UploadScheduler(writer, trace, (upload) => this.#sendTrailers(upload))
  }

  /** Bodies have bytes that may be sent as soon as there is room for them. */
  get isReady(): boolean {
    return this.#uploads.isReady
  }

  /** What the peer allows on the whole connection, bytes. */
  get window(): number {
    return this.#uploads.window
  }

  get stalls(): number {
    return this.#uploads.stalls
  }

  /** @throws InvalidRequestError, and then nothing was written. */
  sendHead(streamId: number, head: RequestHead, endStream: boolean): void {
    const fields = this.#fields.of(head)
    this.#writer.headers(streamId, fields, endStream, this.#encoder, this.#peer.maxFrameSize)
  }

  /** Writes bodies, about as many bytes as there is `room` for. */
  run(room: number): void {
    const frames = this.#uploads.run(room, this.#peer.maxFrameSize)
    if (frames > 0) this.#guard.excuse(frames * CREDITS_PER_FRAME)
  }

  /** It has more to send. */
  add(upload: Upload): void {
    this.#uploads.add(upload)
  }

  /** It has got its last byte. What is still unsent takes END_STREAM along. */
  finish(upload: Upload): void {
    if (upload.length > 0) return
    if (upload.trailers !== null) return this.#sendTrailers(upload)
    this.#writer.data(upload.stream.streamId, NOTHING, 0, 0, true)
    upload.stream.onUploaded()
  }

  drop(upload: Upload): void {
    this.#uploads.remove(upload)
    upload.drop()
  }

  move(upload: Upload, urgency: number): void {
    this.#uploads.move(upload, urgency)
  }

  /**
   * WINDOW_UPDATE; `stream` is undefined for the connection (RFC 9113 section 6.9.1).
   * @throws ConnectionFault when the connection's window becomes larger than a window can be.
   */
  credit(stream: Stream | undefined, increment: number): void {
    if (stream === undefined) {
      if (!this.#uploads.credit(increment)) throw tooLarge()
      return
    }
    stream.sendWindow += increment
    if (stream.sendWindow > MAX_WINDOW_SIZE)
      stream.breach(ErrorCode.FLOW_CONTROL_ERROR, 'a window above 2^31-1, section 6.9.1')
    else if (stream.upload !== null && stream.sendWindow > 0) this.#uploads.add(stream.upload)
  }

  /**
   * SETTINGS came; windows move by what SETTINGS_INITIAL_WINDOW_SIZE did, below zero if need be (section 6.9.2).
   * @throws ConnectionFault
   */
  onSettings(initialWindowBefore: number): void {
    this.#encoder.setMaxTableSize(this.#peer.headerTableSize)
    const difference = this.#peer.initialWindowSize - initialWindowBefore
    if (difference === 0) return
    for (const stream of this.#streams.all()) {
      stream.sendWindow += difference
      if (stream.sendWindow > MAX_WINDOW_SIZE) throw tooLarge()
      if (stream.upload !== null && stream.sendWindow > 0) this.#uploads.add(stream.upload)
    }
  }

  #sendTrailers(upload: Upload): void {
    const fields = trailerFields(upload.trailers ?? [])
    this.#writer.headers(upload.stream.streamId, fields, true, this.#encoder, this.#peer.maxFrameSize)
    upload.stream.onUploaded()
  }
}

const NOTHING = new Uint8Array(0)

function tooLarge(): ConnectionFault {
  return new ConnectionFault(
    ErrorCode.FLOW_CONTROL_ERROR,
    'it made a window larger than 2^31-1 (RFC 9113 section 6.9.1)',
  )
}
