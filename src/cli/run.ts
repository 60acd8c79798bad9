import { nearest } from '../core/nearest.ts'
import { whyNodeIsTooOld } from '../process-warnings.ts'
import { optionsOf, parseArguments } from './arguments.ts'
import type { Command, Io } from './command.ts'
import { commands } from './commands.ts'
import { tell } from './complaint.ts'
import { CliError, EXIT_CODE_TEXTS, ExitCode, exitCodeOf, UsageError } from './exit-codes.ts'
import { helpOn, overview, wrap } from './help.ts'
import { version } from './manifest.ts'
import { padStart } from './paint.ts'

/** Runs one command line and says how the process is to end. Never rejects. */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    const exitCode = exitCodeOf(error)
    if (exitCode !== ExitCode.BROKEN_PIPE) tell(error, io)
    return exitCode
  }
}

async function dispatch([name, ...rest]: readonly string[], io: Io): Promise<ExitCode> {
  const { stdout } = io
  if (name === '--version' || name === '-V' || name === 'version') return say(version(), io)
  if (name === undefined) {
    io.stderr.line(overview(commands, io.stderr.paint, io.stderr.columns))
    return ExitCode.USAGE
  }
  if (name === '--help' || name === '-h' || name === 'help') return help(rest[0], io)
  const command = commandNamed(name)
  const asked = askedForHelp(command, rest)
  if (asked === 'help') return say(helpOn(command, stdout.paint, stdout.columns), io)
  if (asked === 'version') return say(version(), io)
  const given = parseArguments(command, rest)
  const tooOld = whyNodeIsTooOld()
  if (tooOld !== null) throw new CliError(ExitCode.FAULT, tooOld)
  return command.run(given, io)
}

/** Help is given even if the rest of the line is wrong, but not for the value of an option. */
function askedForHelp(command: Command, argv: readonly string[]): 'help' | 'version' | null {
  const valued = new Set(
    optionsOf(command).flatMap(({ name, short, value }) =>
      value === undefined ? [] : [`--${name}`, `-${short}`],
    ),
  )
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] as string
    if (word === '--') return null
    if (word === '--help' || word === '-h') return 'help'
    if (word === '--version' || word === '-V') return 'version'
    if (valued.has(word)) index += 1
  }
  return null
}

function commandNamed(name: string): Command {
  const command = commands.find((one) => one.name === name)
  if (command !== undefined) return command
  const names = commands.map((one) => one.name)
  if (/^https?:\/\//i.test(name)) throw new UsageError(`Which command? Perhaps: trunkline get ${name}`)
  const meant = nearest(name, names)
  const hint = meant === null ? `There are ${names.join(', ')}.` : `Did you mean ${meant}?`
  throw new UsageError(`trunkline has no command '${name}'. ${hint}`)
}

function help(topic: string | undefined, io: Io): Promise<ExitCode> {
  const { paint, columns } = io.stdout
  if (topic === undefined) return say(overview(commands, paint, columns), io)
  if (topic === 'exit-codes') return say(exitCodes(columns), io)
  return say(helpOn(commandNamed(topic), paint, columns), io)
}

function exitCodes(columns: number): string {
  return Object.entries(ExitCode)
    .flatMap(([name, code]) => {
      const text = EXIT_CODE_TEXTS[name as keyof typeof ExitCode].replaceAll('`', '')
      const [first = '', ...more] = wrap(text, Math.min(columns, 100) - 6)
      return [`${padStart(String(code), 4)}  ${first}`, ...more.map((line) => `      ${line}`)]
    })
    .join('\n')
}

async function say(text: string, io: Io): Promise<ExitCode> {
  await io.stdout.write(`${text}\n`)
  return ExitCode.OK
}
