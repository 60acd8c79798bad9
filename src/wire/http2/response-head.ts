import { contentLength, type HeaderList } from '../../core/headers.ts'
import type { HeaderBlock } from './hpack/decoder.ts'

/** What a header section of a response is, read once for each block that HPACK knows as the same. */
export interface Section {
  /** :status, or 0 when there is none, as in trailers. */
  readonly status: number
  /** The regular fields, frozen: repeated responses share them. */
  readonly headers: HeaderList
  /** Content-Length, bytes; -1 when there is none. */
  readonly length: number
  /** Why it is malformed (RFC 9113 section 8.1.1), to stand behind the name of the origin; null when it is not. */
  readonly fault: string | null
}

// RFC 9110 section 5.6.2, in lower case as RFC 9113 section 8.2.1 demands.
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
// RFC 9113 section 8.2.1. Other control characters are not for the wire to judge.
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/
const STATUS = /^[1-9][0-9]{2}$/
/** RFC 9113 section 8.2.2. */
const CONNECTION_FIELDS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** Status, fields and length of a header block; the same object for the same block. */
export function sectionOf(block: HeaderBlock): Section {
  if (block.memo === null) block.memo = read(block.fields)
  return block.memo as Section
}

function read(fields: HeaderList): Section {
  let status = 0
  const headers: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string
    const value = fields[index + 1] as string
    if (name.charCodeAt(0) === 0x3a) {
      const fault = pseudoFault(name, value, status, headers.length > 0)
      if (fault !== null) return malformed(fault)
      status = Number(value)
      continue
    }
    const fault = fieldFault(name, value)
    if (fault !== null) return malformed(fault)
    headers.push(name, value)
  }
  const length = contentLength(headers)
  if (length === 'invalid') return malformed('sent a response whose content-length is not one number')
  return { status, headers: Object.freeze(headers), length: length ?? -1, fault: null }
}

/** RFC 9113 section 8.3: `:status` alone, once, before all regular fields. */
function pseudoFault(name: string, value: string, status: number, late: boolean): string | null {
  if (name !== ':status') return `sent the pseudo-header field ${quoted(name)} in a response`
  if (status !== 0) return 'sent :status twice'
  if (late) return 'sent :status behind a regular field'
  return STATUS.test(value) ? null : `sent the status ${quoted(value)}`
}

function fieldFault(name: string, value: string): string | null {
  if (!NAME.test(name)) return `sent a field with the name ${quoted(name)}`
  if (BAD_VALUE.test(value))
    return `sent the field ${name} with a line break, a NUL or outer space in its value`
  if (CONNECTION_FIELDS.has(name) || (name === 'te' && value !== 'trailers'))
    return `sent the field ${name}, which HTTP/2 does not have`
  return null
}

function malformed(fault: string): Section {
  return { status: 0, headers: [], length: -1, fault }
}

/** As much of a text of the peer's as a message can bear, in ASCII. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40)).replace(/[^\x20-\x7e]/g, '?')
}
