import { ClientError, type ErrorCode } from '../core/errors.ts'

/**
 * What the process ends with. Where curl has a number for the same thing it is that one, so that scripts which know
 * curl know these; from 128 on they are what a shell makes of a signal.
 */
export const ExitCode = {
  OK: 0,
  FAULT: 1,
  USAGE: 2,
  INVALID_URL: 3,
  DNS_FAILED: 6,
  CONNECT_FAILED: 7,
  NOT_READY: 10,
  HTTP2_FAILED: 16,
  STATUS: 22,
  CANNOT_WRITE: 23,
  CANNOT_READ: 26,
  TIMEOUT: 28,
  TLS_FAILED: 35,
  TOO_MANY_REDIRECTS: 47,
  CONNECTION_LOST: 56,
  CERTIFICATE_REJECTED: 60,
  DECODE_FAILED: 61,
  STREAM_FAILED: 92,
  INTERRUPTED: 130,
  BROKEN_PIPE: 141,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** What each of them means, for people. */
export const EXIT_CODE_TEXTS: Readonly<Record<keyof typeof ExitCode, string>> = {
  OK: 'Done. `get`: a response came, whatever its status. `probe`: ready for HTTP/2. `load`: at least one request was answered. `top`: it ran.',
  FAULT: 'An unexpected failure, or a bug in trunkline.',
  USAGE: 'The command line is wrong: an unknown option, or an invalid value.',
  INVALID_URL: 'The URL, a header or the method is invalid.',
  DNS_FAILED: 'The host name could not be resolved.',
  CONNECT_FAILED: 'Could not connect.',
  NOT_READY: '`probe`: the origin is not ready for HTTP/2. `top`: no process to watch.',
  HTTP2_FAILED: 'The server broke the protocol.',
  STATUS: 'With `--fail`: the status was 400 or more. `load --fail`: also if a request failed.',
  CANNOT_WRITE: 'The output could not be written, or a binary body would have gone to a terminal.',
  CANNOT_READ: 'An input file could not be read.',
  TIMEOUT: 'A timeout expired.',
  TLS_FAILED: 'The TLS handshake failed, or ALPN chose a protocol that was not requested.',
  TOO_MANY_REDIRECTS: 'Too many redirects.',
  CONNECTION_LOST: 'The connection was lost, or the response was cut off.',
  CERTIFICATE_REJECTED: "The server's certificate is not trusted.",
  DECODE_FAILED: 'The response body could not be decoded.',
  STREAM_FAILED: 'The server reset or refused the stream.',
  INTERRUPTED: 'Ctrl-C.',
  BROKEN_PIPE: 'The reader of the output closed it (broken pipe).',
}

const BY_ERROR: Partial<Record<ErrorCode, ExitCode>> = {
  ERR_TRUNKLINE_INVALID_OPTION: ExitCode.USAGE,
  ERR_TRUNKLINE_DNS_FAILED: ExitCode.DNS_FAILED,
  ERR_TRUNKLINE_CERTIFICATE_REJECTED: ExitCode.CERTIFICATE_REJECTED,
  ERR_TRUNKLINE_TLS_FAILED: ExitCode.TLS_FAILED,
  ERR_TRUNKLINE_ALPN_REJECTED: ExitCode.TLS_FAILED,
  ERR_TRUNKLINE_DECODE_FAILED: ExitCode.DECODE_FAILED,
  ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH: ExitCode.CONNECTION_LOST,
  ERR_TRUNKLINE_TOO_MANY_REDIRECTS: ExitCode.TOO_MANY_REDIRECTS,
  ERR_TRUNKLINE_REQUEST_BODY_FAILED: ExitCode.CANNOT_READ,
}

const BY_CLASS: Readonly<Record<string, ExitCode>> = {
  InvalidRequestError: ExitCode.INVALID_URL,
  ConnectError: ExitCode.CONNECT_FAILED,
  TimeoutError: ExitCode.TIMEOUT,
  StreamError: ExitCode.STREAM_FAILED,
  ConnectionError: ExitCode.CONNECTION_LOST,
  ProtocolError: ExitCode.HTTP2_FAILED,
  BodyError: ExitCode.CANNOT_READ,
}

/** The exit code that tells of an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode
  if (error instanceof ClientError) return BY_ERROR[error.code] ?? BY_CLASS[error.name] ?? ExitCode.FAULT
  return ExitCode.FAULT
}

/** The same where of an error no more than its code, or its name, is known. */
export function exitCodeOfName(name: string): ExitCode {
  const known = BY_ERROR[name as ErrorCode]
  if (known !== undefined) return known
  if (/_?timeout(?:error)?$/i.test(name)) return ExitCode.TIMEOUT
  return name === 'ERR_TRUNKLINE_CONNECT_FAILED' ? ExitCode.CONNECT_FAILED : ExitCode.CONNECTION_LOST
}

/** A failure that the command line itself finds. */
export class CliError extends Error {
  override readonly name: string = 'CliError'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}

/** The command line cannot be understood. */
export class UsageError extends CliError {
  override readonly name = 'UsageError'

  constructor(message: string) {
    super(ExitCode.USAGE, message)
  }
}
