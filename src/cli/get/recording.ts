import type { Io } from '../command.ts'
import { CliError, ExitCode, UsageError } from '../exit-codes.ts'
import { plural } from '../format.ts'

export interface Recording {
  finish(io: Io): Promise<void>
}

/** Frames that a waterfall keeps; the wire engine alone tells of any. */
const MOST_FRAMES = 100_000

/** Records everything from now on, if a file is named for it. */
export async function recordWaterfall(file: string | undefined): Promise<Recording | null> {
  if (file === undefined) return null
  if (!/\.(?:html|har|json)$/i.test(file)) {
    throw new UsageError(`--waterfall needs a file name that ends in .html, .har or .json, not '${file}'.`)
  }
  // The page and its script are loaded by those who want one.
  const { record } = await import('../../telemetry/inspect/index.ts')
  const recorder = record({ name: 'trunkline get', frames: MOST_FRAMES })
  return {
    async finish(io) {
      recorder.stop()
      try {
        await recorder.write(file)
      } catch (cause) {
        const why = (cause as Error).message
        throw new CliError(ExitCode.CANNOT_WRITE, `--waterfall: Cannot write ${file}: ${why}.`, cause)
      }
      const { requests, connections } = recorder.recording()
      const text = `${file}: ${plural(requests.length, 'request')} on ${plural(connections.length, 'connection')}`
      io.stderr.line(io.stderr.paint.soft(text))
    },
  }
}
