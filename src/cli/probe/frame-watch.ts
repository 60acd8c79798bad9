import type { Socket } from 'node:net'
import { readAltSvc, readOrigins } from '../../wire/http2/extensions.ts'
import { FrameParser, type FrameSink } from '../../wire/http2/frame-parser.ts'
import { Flag, FrameType } from '../../wire/http2/frame-types.ts'
import { errorCodeName, frameName, settingName } from '../http2-names.ts'
import type { GoAwayFacts } from './report.ts'

const LONGEST_DEBUG = 1024

/**
 * Reads along what a server sends, beside the engine that speaks with it. What it cannot understand is the engine's
 * affair: it then looks no further.
 */
export class FrameWatch implements FrameSink {
  readonly frames: Record<string, number> = {}
  readonly settings: Record<string, number> = {}
  readonly altSvc: string[] = []
  readonly origins: string[] = []
  pushPromises = 0
  /** Bytes that were added to the window of the connection. */
  windowGrowth = 0
  goAway: GoAwayFacts | null = null
  /** ms of `performance.now()`. */
  settingsAt: number | null = null
  acknowledged = false
  stopped = false
  readonly #parser = new FrameParser(this)

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  #read(chunk: Buffer): void {
    if (this.stopped) return
    try {
      this.#parser.push(chunk)
    } catch {
      this.stopped = true
    }
  }

  onFrameHeader(type: number): void {
    const name = frameName(type)
    this.frames[name] = (this.frames[name] ?? 0) + 1
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case FrameType.SETTINGS:
        if ((flags & Flag.ACK) !== 0) this.acknowledged = true
        else this.#onSettings(bytes, start, end)
        return
      case FrameType.WINDOW_UPDATE:
        if (streamId === 0) this.windowGrowth += bytes.readUInt32BE(start) & 0x7fffffff
        return
      case FrameType.PUSH_PROMISE:
        this.pushPromises += 1
        return
      case FrameType.GOAWAY:
        this.goAway = {
          lastStreamId: bytes.readUInt32BE(start) & 0x7fffffff,
          code: errorCodeName(bytes.readUInt32BE(start + 4)),
          debug: bytes.toString('latin1', start + 8, Math.min(end, start + 8 + LONGEST_DEBUG)),
        }
        return
      case FrameType.ALTSVC: {
        const service = readAltSvc(streamId, bytes, start, end)
        if (service !== null) this.altSvc.push(service.value)
        return
      }
      case FrameType.ORIGIN:
        this.origins.push(...(readOrigins(streamId, flags, bytes, start, end) ?? []))
    }
  }

  #onSettings(bytes: Buffer, start: number, end: number): void {
    this.settingsAt ??= performance.now()
    for (let at = start; at + 6 <= end; at += 6) {
      this.settings[settingName(bytes.readUInt16BE(at))] = bytes.readUInt32BE(at + 2)
    }
  }

  onDataBegin(): void {}
  onData(): void {}
  onDataEnd(): void {}
}
