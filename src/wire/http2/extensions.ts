import { FrameType } from './frame-types.ts'

/** Frames of extensions, as far as a client may learn something from them. What is malformed says nothing. */

export interface AltSvc {
  /** ASCII origin to which it applies; '' for the origin of the stream it came on. */
  readonly origin: string
  /** As in the field `alt-svc` (RFC 7838 section 3). */
  readonly value: string
}

export interface ExtensionEvents {
  onAltSvc(service: AltSvc): void
  onOrigins(origins: readonly string[]): void
}

/** A frame of a type that RFC 9113 does not have. */
export function tellExtension(
  events: ExtensionEvents,
  type: number,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (type === FrameType.ALTSVC) {
    const service = readAltSvc(streamId, bytes, start, end)
    if (service !== null) events.onAltSvc(service)
  } else if (type === FrameType.ORIGIN) {
    const origins = readOrigins(streamId, flags, bytes, start, end)
    if (origins !== null) events.onOrigins(origins)
  }
}

/** RFC 7838 section 4. The origin is given on stream 0, and only there. */
export function readAltSvc(streamId: number, bytes: Buffer, start: number, end: number): AltSvc | null {
  if (end - start < 2) return null
  const valueStart = start + 2 + bytes.readUInt16BE(start)
  if (valueStart > end || (streamId === 0) !== valueStart > start + 2) return null
  return {
    origin: bytes.toString('latin1', start + 2, valueStart),
    value: bytes.toString('latin1', valueStart, end),
  }
}

/** RFC 8336 section 2.1: the origins that the server says it serves; null for a frame to be ignored. */
export function readOrigins(
  streamId: number,
  flags: number,
  bytes: Buffer,
  start: number,
  end: number,
): readonly string[] | null {
  if (streamId !== 0 || (flags & 0x0f) !== 0) return null
  const origins: string[] = []
  for (let at = start; at < end; ) {
    if (end - at < 2) return null
    const next = at + 2 + bytes.readUInt16BE(at)
    if (next > end) return null
    if (next > at + 2) origins.push(bytes.toString('latin1', at + 2, next))
    at = next
  }
  return origins
}
