/** What every server process is told on its command line, as JSON. */
export interface SiteOptions {
  /** Holds the files of files.ts. */
  readonly folder: string
  readonly certFile: string
  readonly keyFile: string
  /** For the relay: where connections go, and how late, ms each way. */
  readonly targets?: readonly number[]
  readonly delay?: number
}

export interface Listening {
  readonly ports: readonly number[]
  /** A process that serves in place of this one. */
  readonly worker?: number
  /** Bytes of unread bodies that the server could send. */
  accepted?(): number
}
