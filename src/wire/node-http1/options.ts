export interface NodeHttp1Options {
  /**
   * Bytes of one header section, each field counted as its name, its value and 32 (RFC 9113 section 6.5.2), so
   * that the limit means the same over both protocols.
   */
  readonly maxHeaderListSize: number
  /** Interim responses (1xx) to one request. */
  readonly maxInformational: number
}

export const NODE_HTTP1_DEFAULTS: NodeHttp1Options = {
  maxHeaderListSize: 64 * 1024,
  maxInformational: 32,
}
