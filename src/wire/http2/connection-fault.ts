/**
 * The peer broke a rule whose breach ends the connection (RFC 9113 section 5.4.1). Thrown while a frame is being
 * taken in, caught where the bytes came in; it never leaves the engine.
 */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault'
  /** What our GOAWAY says (RFC 9113 section 7). */
  readonly http2Code: number

  /** `message`: what the peer did and which section forbids it, to stand behind "it". */
  constructor(http2Code: number, message: string) {
    super(message)
    this.http2Code = http2Code
  }
}
