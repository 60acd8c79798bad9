import { isUtf8 } from 'node:buffer'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { HeaderList } from '../../core/headers.ts'
import type { ResponseBody } from '../../core/response-body.ts'
import type { Arguments, Io, Output } from '../command.ts'
import { CliError, ExitCode } from '../exit-codes.ts'
import { harmless, type Paint } from '../paint.ts'

/** What becomes of a response. */
export interface Delivery {
  /** Print status line and fields. */
  readonly head: boolean
  readonly body: 'print' | 'drop' | 'none'
  /** null: standard output. */
  readonly file: string | null
  /** Binary may go to a terminal. */
  readonly anything: boolean
  /** No body of a status from 400 on. */
  readonly fail: boolean
}

export function deliveryOf(given: Arguments): Delivery {
  const file = given.text('output')
  return {
    head: given.has('include') || given.has('head'),
    body: given.has('head') ? 'none' : given.text('summary') === '-' && file === undefined ? 'drop' : 'print',
    file: file === undefined || file === '-' ? null : file,
    anything: file === '-',
    fail: given.has('fail'),
  }
}

export interface Head {
  readonly status: number
  readonly protocol: 'h2' | 'http/1.1'
  readonly headers: HeaderList
}

/** Writes a response where it is to go; returns the bytes of its body. */
export async function deliver(head: Head, body: ResponseBody, how: Delivery, io: Io): Promise<number> {
  if (how.head) await io.stdout.write(`${headText(head, io.stdout.paint)}\n`)
  if (how.body === 'drop' || (how.fail && head.status >= 400)) return countBytes(body)
  return how.file === null ? print(body, how, io.stdout) : save(body, how.file)
}

async function countBytes(body: ResponseBody): Promise<number> {
  let sum = 0
  for await (const chunk of body) sum += chunk.length
  return sum
}

async function print(body: ResponseBody, how: Delivery, stdout: Output): Promise<number> {
  let sum = 0
  let last: Uint8Array | null = null
  for await (const chunk of body) {
    if (sum === 0 && stdout.isTerminal && !how.anything) refuseBinary(chunk)
    sum += chunk.length
    last = chunk
    await stdout.write(chunk)
  }
  // A prompt that hangs on the last line is hard to find.
  if (stdout.isTerminal && last !== null && last.at(-1) !== 0x0a) stdout.line()
  return sum
}

/** A piece that ends within a character is no reason to take it for binary. */
const LONGEST_CHARACTER = 4

function refuseBinary(chunk: Uint8Array): void {
  const cuts = Array.from({ length: LONGEST_CHARACTER }, (_, cut) => chunk.subarray(0, chunk.length - cut))
  if (!chunk.includes(0) && cuts.some((one) => isUtf8(one))) return
  throw new CliError(
    ExitCode.CANNOT_WRITE,
    'The body is binary and would garble the terminal. Save it with -o FILE, or print it anyway with -o -.',
  )
}

async function save(body: ResponseBody, file: string): Promise<number> {
  const target = createWriteStream(file)
  // Listened to at once: a file that cannot be made says so before the first byte comes.
  const end = finished(target)
  end.catch(() => {})
  let sum = 0
  try {
    for await (const chunk of body) {
      sum += chunk.length
      if (!target.write(chunk)) {
        await Promise.race([new Promise((resolve) => target.once('drain', resolve)), end])
      }
    }
    target.end()
    await end
  } catch (error) {
    target.destroy()
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith('ERR_TRUNKLINE_') || target.errored === null) throw error
    throw new CliError(ExitCode.CANNOT_WRITE, `Cannot write ${file}: ${message}.`, error)
  }
  return sum
}

/** `HTTP/2 200`, then a line for each field, and an empty one. */
export function headText({ status, protocol, headers }: Head, paint: Paint): string {
  const version = protocol === 'h2' ? 'HTTP/2' : 'HTTP/1.1'
  return [`${paint.bold(version)} ${statusText(status, paint)}`, ...fieldLines(headers, paint), ''].join('\n')
}

export function fieldLines(headers: HeaderList, paint: Paint): string[] {
  const lines: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${paint.accent(harmless(headers[index] ?? ''))}: ${harmless(headers[index + 1] ?? '')}`)
  }
  return lines
}

export function statusText(status: number, paint: Paint): string {
  const text = String(status)
  if (status >= 400) return paint.bad(text)
  return status >= 300 ? paint.warn(text) : paint.good(text)
}
