/** What a probe found, as plain data; `trunkline schema probe` has its JSON schema. Times are in ms, sizes in bytes. */
export interface ProbeReport {
  readonly kind: 'trunkline-probe'
  readonly version: 1
  readonly url: string
  readonly origin: string
  /** ISO 8601. */
  readonly date: string
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  /** Null: no connection came about. */
  readonly connection: ConnectionFacts | null
  /** Null without TLS, or without a connection. */
  readonly tls: TlsFacts | null
  /** Null: it was not tried. */
  readonly resumption: Resumption | null
  /** Null: HTTP/2 was not to be had. */
  readonly http2: Http2Facts | null
  readonly http1: Http1Facts
  /** Null: it was not asked for. */
  readonly idle: IdleFacts | null
}

/** Whether a client can use HTTP/2 here. */
export type Verdict = 'ready' | 'ready-with-remarks' | 'not-ready'

export interface Finding {
  /** `problem`: HTTP/2 cannot be used, or not as it should; `warning`: it costs something; `note`: good to know. */
  readonly level: 'good' | 'note' | 'warning' | 'problem'
  readonly topic: string
  readonly text: string
}

export interface Failed {
  readonly code: string
  readonly message: string
}

export interface ConnectionFacts {
  readonly address: string
  readonly protocol: 'h2' | 'http/1.1'
  readonly dns: number
  readonly connect: number
  readonly tls: number | null
}

export interface TlsFacts {
  readonly version: string
  readonly cipher: string
  /** `X25519`, `ECDH prime256v1 256 bit`; null if it is not told. */
  readonly keyExchange: string | null
  /** What ALPN gave; null: nothing. */
  readonly alpn: string | null
  /** Null: trusted. */
  readonly distrust: Failed | null
  /** Whether a handshake of TLS 1.2 goes well, too; null: that is what it speaks anyway. */
  readonly tls12: boolean | null
  readonly certificate: CertificateFacts | null
}

export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  /** ISO 8601. */
  readonly validFrom: string
  readonly validTo: string
  readonly daysLeft: number
  readonly fingerprint256: string
  /** `RSA 2048 bit`, `EC prime256v1`. */
  readonly key: string | null
}

export interface Resumption {
  /** Sessions to resume that the first connection was given. */
  readonly tickets: number
  readonly resumed: boolean
  /** Of the handshakes. */
  readonly full: number
  readonly second: number | null
  readonly error: Failed | null
}

export interface Http2Facts {
  /** By their names (RFC 9113 section 6.5.2), as the server sent them; unknown ones as `0x…`. */
  readonly settings: Readonly<Record<string, number>>
  /** From the connection to the server's SETTINGS. */
  readonly settingsAfter: number | null
  readonly acknowledged: boolean
  /** Null: it set no limit. */
  readonly maxConcurrentStreams: number | null
  /** What one upload may send ahead, and all of a connection together. */
  readonly initialWindowSize: number
  readonly connectionWindow: number
  readonly ping: PingFacts | null
  readonly response: ResponseFacts | null
  /** ALTSVC frames (RFC 7838 section 4). */
  readonly altSvc: readonly string[]
  /** ORIGIN frames (RFC 8336). */
  readonly origins: readonly string[]
  readonly pushPromises: number
  readonly goAway: GoAwayFacts | null
  /** Frames that came, by type. */
  readonly frames: Readonly<Record<string, number>>
  readonly error: Failed | null
}

export interface PingFacts {
  readonly sent: number
  readonly answered: number
  readonly min: number
  readonly average: number
  readonly max: number
}

export interface ResponseFacts {
  readonly status: number
  readonly server: string | null
  readonly altSvc: string | null
  /** From the request to the response head. */
  readonly firstByte: number
}

export interface GoAwayFacts {
  readonly code: string
  readonly lastStreamId: number
  readonly debug: string
}

export interface Http1Facts {
  readonly works: boolean
  readonly response: ResponseFacts | null
  readonly error: Failed | null
}

export interface IdleFacts {
  /** How long it was watched. */
  readonly watched: number
  /** When the server closed; null: it did not. */
  readonly closedAfter: number | null
  readonly goAway: GoAwayFacts | null
}
