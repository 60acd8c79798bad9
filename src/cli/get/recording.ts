import type { Io } from '../command.ts'
import { CliError, ExitCode, UsageError } from '../exit-codes.ts'

export interface Recording {
  finish(io: Io): Promise<void>
}

/** Records everything from now on, if a file is named for it. */
export async function recordWaterfall(file: string | undefined): Promise<Recording | null> {
  if (file === undefined) return null
  if (!/\.(?:html?|har|json)$/i.test(file)) {
    throw new UsageError(`--waterfall wants a file that ends in .html or .har; it was given '${file}'.`)
  }
  throw new CliError(ExitCode.FAULT, 'waterfall is not there yet')
}
