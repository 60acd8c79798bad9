/** A site that a server has to serve: where its files are, what it proves itself with, where `/echo` goes. */
export interface Site {
  /** An own, empty directory for configuration, logs and temporary files. */
  readonly directory: string
  readonly port: number
  readonly docroot: string
  readonly certificateFile: string
  readonly keyFile: string
  /** Certificate chain and key in one file, for the servers that want it so. */
  readonly bundleFile: string
  /** The HTTP/1.1 origin behind the reverse proxies; it echoes `POST /echo` and serves the docroot as well. */
  readonly originPort: number
}

export interface Launch {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Files that hold what the server does not print. */
  readonly logs?: readonly string[]
}

export type Protocol = 'h2' | 'http/1.1'

export interface ServerDefinition {
  readonly name: string
  readonly binary: string
  /** The Debian package that holds the binary. */
  readonly debianPackage: string
  readonly protocols: readonly Protocol[]
  /** MAX_CONCURRENT_STREAMS: several are below the 200 of the concurrency case on purpose. */
  readonly maxConcurrentStreams: number
  /** Does it hand `/echo` on to the origin, headers and all? One that answers by itself says nothing of headers. */
  readonly proxiesEcho: boolean
  /** Can a response flow while the request body still does? Some servers take the whole body first. */
  readonly duplex: boolean
  /** After so many requests it ends a connection (GOAWAY, `connection: close`), if it does within 1,500. */
  readonly requestsPerConnection: Partial<Readonly<Record<Protocol, number>>>
  /** Does it say in `x-tls-version` and `x-tls-resumed` what it saw? Then the client's word is not the only one. */
  readonly reportsTls: boolean
  readonly versionArgument: string
  /** Writes the configuration into the site's directory and says how to start in the foreground. */
  readonly configure: (site: Site) => Promise<Launch>
}

/** The account of this process when it may choose another: servers that drop root could not read our files. */
export const isRoot = process.getuid?.() === 0
