export interface Link {
  /** The port behind it. */
  readonly target: number
  /** ms each way. */
  readonly delay: number
  /** Bytes per second each way; null: no limit. */
  readonly bandwidth: number | null
}

/** What every server process is told on its command line, as JSON. */
export interface SiteOptions {
  /** Holds the files of files.ts. */
  readonly folder: string
  readonly certFile: string
  readonly keyFile: string
  /** For the relay: a listener for each. */
  readonly links?: readonly Link[]
}

export interface Listening {
  readonly ports: readonly number[]
  /** A process that serves in place of this one. */
  readonly worker?: number
  /** Bytes of unread bodies that the server could send. */
  accepted?(): number
}
