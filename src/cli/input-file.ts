import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { CliError, ExitCode } from './exit-codes.ts'

/** A file that an option names. */
export async function readInput(path: string, option: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CliError(ExitCode.CANNOT_READ, `${option}: Cannot read ${path}: ${why}.`, cause)
  }
}

/** Everything that comes on standard input. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
