import { ClientError } from '../core/errors.ts'
import type { Io } from './command.ts'
import { CliError, UsageError } from './exit-codes.ts'
import { harmless } from './paint.ts'

/** Says on stderr what went wrong: one line for what people can help, the stack for what they cannot. */
export function tell(error: unknown, io: Io): void {
  const { paint } = io.stderr
  io.stderr.line(`${paint.bad('trunkline:')} ${harmless(explain(error))}`)
  if (error instanceof UsageError) io.stderr.line(paint.soft('Try --help.'))
}

/** An error in words, with its code where it has one. */
export function explain(error: unknown): string {
  if (error instanceof ClientError) return `${error.message} [${error.code}]`
  if (error instanceof CliError) return error.message
  if (error instanceof Error && error.name === 'TimeoutError') return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
