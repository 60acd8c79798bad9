import { randomBytes } from 'node:crypto'
import { bytesBody, type RequestBody, replayableBody } from '../core/request-body.ts'

type Part = Uint8Array | Blob

const encoder = new TextEncoder()
const LINE_END = encoder.encode('\r\n')

export interface Multipart {
  readonly body: RequestBody
  /** Bytes in all. */
  readonly length: number
  readonly contentType: string
}

/**
 * A form as `multipart/form-data` (HTML standard, section 4.10.21.8; RFC 7578), to the byte what the platform makes
 * of it but for the characters of the boundary. It is taken as it is now; files are read when they are sent, each time anew.
 */
export function encodeMultipart(form: FormData): Multipart {
  // Unguessable: whoever writes a value of the form must not be able to write a part of it. As long as the platform's,
  // so that forms have the same length.
  const boundary = `----formdata-${randomBytes(14).toString('base64url')}`
  const parts: Part[] = []
  for (const [name, value] of form) addEntry(parts, boundary, name, value)
  parts.push(encoder.encode(`--${boundary}--\r\n`))
  const length = parts.reduce((sum, part) => sum + (ArrayBuffer.isView(part) ? part.length : part.size), 0)
  return { body: bodyOf(parts, length), length, contentType: `multipart/form-data; boundary=${boundary}` }
}

function addEntry(parts: Part[], boundary: string, name: string, value: string | File): void {
  const start = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(lines(name))}"`
  if (typeof value === 'string') {
    parts.push(encoder.encode(`${start}\r\n\r\n${lines(value)}\r\n`))
    return
  }
  const file = value.name === '' ? '' : `; filename="${escaped(value.name)}"`
  const type = value.type === '' ? 'application/octet-stream' : value.type
  parts.push(encoder.encode(`${start}${file}\r\nContent-Type: ${type}\r\n\r\n`), value, LINE_END)
}

function bodyOf(parts: readonly Part[], length: number): RequestBody {
  if (parts.every((part) => ArrayBuffer.isView(part))) return bytesBody(Buffer.concat(parts, length))
  return replayableBody(length, async function* () {
    for (const part of parts) {
      if (ArrayBuffer.isView(part)) yield part
      else yield* part.stream()
    }
  })
}

function lines(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n')
}

function escaped(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22')
}
