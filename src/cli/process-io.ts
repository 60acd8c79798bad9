import type { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import type { Io, Output } from './command.ts'
import { CliError, ExitCode } from './exit-codes.ts'
import { createPaint, wantsColour } from './paint.ts'

const DEFAULT_COLUMNS = 80

/** The streams of this process as commands use them. `onBrokenPipe`: the reader of the output has gone. */
export function processIo(onBrokenPipe: () => void): Io {
  const interrupted = new AbortController()
  // Once: a second Ctrl-C ends the process, whatever it is busy with.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
  return {
    stdin: process.stdin,
    stdout: outputOf(process.stdout, onBrokenPipe),
    stderr: outputOf(process.stderr, () => {}),
    env: process.env,
    interrupted: interrupted.signal,
  }
}

function outputOf(stream: Writable & Partial<WriteStream>, onBrokenPipe: () => void): Output {
  const isTerminal = stream.isTTY === true
  let failure: Error | null = null
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') onBrokenPipe()
  })
  return {
    stream,
    isTerminal,
    get columns() {
      return stream.columns || DEFAULT_COLUMNS
    },
    paint: createPaint(wantsColour(process.env, isTerminal)),
    write(data) {
      if (failure !== null) return Promise.reject(cannotWrite(failure))
      return new Promise((resolve, reject) => {
        stream.write(data, (error) => (error ? reject(cannotWrite(error)) : resolve()))
      })
    },
    line(text = '') {
      if (failure === null) stream.write(`${text}\n`)
    },
  }
}

function cannotWrite(error: NodeJS.ErrnoException): CliError {
  const code = error.code === 'EPIPE' ? ExitCode.BROKEN_PIPE : ExitCode.CANNOT_WRITE
  return new CliError(code, `Cannot write the output: ${error.message}.`, error)
}
