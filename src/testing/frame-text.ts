/** Frames in words, for messages. */
import {
  type Frame,
  type FrameName,
  frameTypeName,
  type HeadersFrame,
  type SettingsFrame,
} from './frame-types.ts'

/** One frame in one short phrase: `HEADERS[1] GET /path END_STREAM`. */
export function describeFrame(frame: Frame): string {
  switch (frame.type) {
    case 'DATA':
      return `DATA[${frame.streamId}] ${frame.data.length} bytes${endStream(frame.endStream)}`
    case 'HEADERS':
      return `HEADERS[${frame.streamId}] ${startLine(frame)}${endStream(frame.endStream)}`
    case 'RST_STREAM':
      return `RST_STREAM[${frame.streamId}] ${frame.errorCode}`
    case 'SETTINGS':
      return frame.ack ? 'SETTINGS ACK' : `SETTINGS ${settingsText(frame)}`
    case 'PING':
      return frame.ack ? `PING ACK ${frame.opaque.toString('hex')}` : `PING ${frame.opaque.toString('hex')}`
    case 'GOAWAY':
      return `GOAWAY last ${frame.lastStreamId} ${frame.errorCode} ${JSON.stringify(frame.debug.toString('latin1'))}`
    case 'WINDOW_UPDATE':
      return `WINDOW_UPDATE[${frame.streamId}] +${frame.increment}`
    case 'UNKNOWN':
      return `${frameTypeName(frame.typeCode)}[${frame.streamId}] ${frame.length} bytes`
    case 'MALFORMED':
      return `MALFORMED[${frame.streamId}] ${frame.reason}`
    default:
      return `${frame.type}[${frame.streamId}] ${frame.length} bytes`
  }
}

/** The last frames of a list, oldest first; "nothing" when there are none. */
export function describeFrames(frames: readonly Frame[], last = 20): string {
  if (frames.length === 0) return 'nothing'
  const shown = frames.slice(-last).map(describeFrame)
  const left = frames.length - shown.length
  return left > 0 ? `(${left} earlier), ${shown.join(', ')}` : shown.join(', ')
}

function startLine(frame: HeadersFrame): string {
  if (frame.headers === null) return `(${frame.fragment.length} bytes of header block, not complete)`
  const value = (name: string): string | undefined => {
    const index = frame.headers?.findIndex((item, at) => at % 2 === 0 && item === name) ?? -1
    return index < 0 ? undefined : frame.headers?.[index + 1]
  }
  const method = value(':method')
  if (method !== undefined) return `${method} ${value(':path') ?? value(':authority') ?? '(no path)'}`
  return value(':status') ?? `fields ${JSON.stringify(frame.headers)}`
}

function settingsText(frame: SettingsFrame): string {
  return JSON.stringify(frame.settings)
}

function endStream(ended: boolean): string {
  return ended ? ' END_STREAM' : ''
}

/** Whether a frame is of a type, and on a stream if one is given. */
export function frameMatcher(type: FrameName, streamId?: number): (frame: Frame) => boolean {
  return (frame) => frame.type === type && (streamId === undefined || frame.streamId === streamId)
}

export function frameWords(type: FrameName, streamId?: number): string {
  return streamId === undefined ? type : `${type} on stream ${streamId}`
}
