/** A request body did not have as many bytes as its content-length says. */
export class LengthMismatch extends Error {
  constructor(declared: number, sent: number) {
    super(`it produced ${sent < declared ? 'only ' : ''}${sent} bytes, but content-length says ${declared}`)
  }
}
