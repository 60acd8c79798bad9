/**
 * How long a server said that a session can be resumed (RFC 8446 section 4.6.1, RFC 5077 section 3.3). Node does not tell,
 * but OpenSSL writes it into the serialised session: an ASN.1 SEQUENCE with the lifetime hint, in seconds, under
 * tag [9]. Node puts a marker and the host's name before it.
 */
const MARKER = Buffer.from('\0nodejs:tls:session:1\0', 'latin1')
const SEQUENCE = 0x30
const LIFETIME_HINT = 0xa9
const INTEGER = 0x02

/** ms; null when it says nothing, or is written otherwise than is known. */
export function ticketLifetime(session: Uint8Array): number | null {
  const bytes = Buffer.from(session.buffer, session.byteOffset, session.byteLength)
  const outer = elementAt(bytes, startOf(bytes))
  if (outer?.tag !== SEQUENCE) return null
  for (let at = outer.from; at < outer.to; ) {
    const field = elementAt(bytes, at)
    if (field === null) return null
    if (field.tag === LIFETIME_HINT) return integerIn(bytes, field)
    at = field.to
  }
  return null
}

/** DER (X.690): where the contents of an element begin and end. */
interface Element {
  readonly tag: number
  readonly from: number
  readonly to: number
}

function startOf(bytes: Buffer): number {
  const marked = bytes.subarray(0, MARKER.length).equals(MARKER) && bytes.length > MARKER.length + 2
  return marked ? MARKER.length + 2 + bytes.readUInt16BE(MARKER.length) : 0
}

function elementAt(bytes: Buffer, at: number): Element | null {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) return null
  const more = first < 0x80 ? 0 : first & 0x7f
  const from = at + 2 + more
  if (more > 4 || from > bytes.length) return null
  const length = more === 0 ? (first < 0x80 ? first : 0) : bytes.readUIntBE(at + 2, more)
  return from + length > bytes.length ? null : { tag, from, to: from + length }
}

function integerIn(bytes: Buffer, { from, to }: Element): number | null {
  const integer = elementAt(bytes, from)
  if (integer?.tag !== INTEGER || integer.to !== to) return null
  const length = integer.to - integer.from
  if (length < 1 || length > 6) return null
  const seconds = bytes.readIntBE(integer.from, length)
  return seconds > 0 ? seconds * 1000 : null
}
