import type { Readable, Writable } from 'node:stream'
import type { ExitCode } from './exit-codes.ts'
import type { Paint } from './paint.ts'

/** One option: how it is written and what it does. Help, checks and docs/cli.md all go by it. */
export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string
  readonly short?: string
  /** What to call its value in the help; absent for a switch. */
  readonly value?: string
  /** May be given several times. Otherwise the last one counts. */
  readonly multiple?: boolean
  readonly help: string
}

export interface OptionGroup {
  readonly title: string
  readonly options: readonly OptionSpec[]
}

export interface Command {
  readonly name: string
  /** One line, in the list of commands. */
  readonly summary: string
  /** What stands behind the name, one line for each form. */
  readonly usage: readonly string[]
  /** Paragraphs. */
  readonly about: readonly string[]
  readonly groups: readonly OptionGroup[]
  readonly examples: readonly (readonly [line: string, what: string])[]
  run(given: Arguments, io: Io): Promise<ExitCode>
}

/** What was given on the command line, checked against the options of its command. */
export interface Arguments {
  readonly operands: readonly string[]
  has(name: string): boolean
  text(name: string): string | undefined
  list(name: string): readonly string[]
  /** A whole number from `least` to `most`. */
  whole(name: string, least: number, most?: number): number | undefined
  /** A number above 0. */
  positive(name: string): number | undefined
  /** ms, of `500ms`, `10s`, `2m`, `1h`; a bare number is seconds. */
  duration(name: string): number | undefined
  /** One of several words. */
  oneOf<const Word extends string>(name: string, words: readonly Word[]): Word | undefined
}

/** What a command has of its surroundings. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
  /** Aborts at Ctrl-C (SIGINT) and SIGTERM. A command that does not look at it is ended by the second one. */
  readonly interrupted: AbortSignal
}

/** A stream of the process that people or programs read. */
export interface Output {
  readonly stream: Writable
  readonly isTerminal: boolean
  readonly columns: number
  readonly paint: Paint
  /** Resolves when the next may come. Rejects when the bytes cannot be written. */
  write(data: string | Uint8Array): Promise<void>
  /** A line, or several. Never rejects: a failure shows at the next `write` or at the end. */
  line(text?: string): void
}
