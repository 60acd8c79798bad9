/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util'
import { clients } from './clients/index.ts'
import { QUICK_CONTENDERS } from './quick.ts'
import { SCENARIOS } from './scenarios.ts'

export interface BenchOptions {
  readonly quick: boolean
  readonly json: boolean
  readonly report: string | null
  /** Ids; null: all that the run has. */
  readonly scenarios: readonly string[] | null
  readonly clients: readonly string[] | null
  readonly rounds: number
  /** Length of a round of requests. */
  readonly seconds: number
  /** Length of the round before the first, which does not count. */
  readonly warmUp: number
}

/** Said to the user as it is, with exit code 2. */
export class UsageError extends Error {}

export const HELP = `npm run bench -- [options]

Compares trunkline with other HTTP clients, in one run, over loopback. About 15 minutes with all of it.

  --quick          only what the headline figures need; less than a minute
  --json           the last line of the output is one JSON object
  --report FILE    write a page with plots, complete in one HTML file
  --only A,B       only these scenarios
  --clients A,B    only these clients; ratios want the client they compare with
  --rounds N       rounds for each client, interleaved; medians count (5; at most 7 in --quick)
  --seconds S      length of a round of small requests (0.5; 0.35 in --quick)
  --help           this

Scenarios: ${wrap(SCENARIOS.map(({ id }) => id))}
Clients:   ${wrap(clients.map(({ id }) => id))}
`

function wrap(words: readonly string[]): string {
  const lines: string[] = ['']
  for (const word of words) {
    if ((lines.at(-1) as string).length + word.length > 95) lines.push('')
    lines.push(`${lines.pop()}${word} `)
  }
  return lines.map((line) => line.trimEnd()).join('\n           ')
}

const FLAGS = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  report: { type: 'string' },
  only: { type: 'string', multiple: true },
  clients: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
} as const

const ROUND_SECONDS = { quick: 0.35, full: 0.5 }
const ROUNDS = { quick: 7, full: 5 }
const WARM_UP_SECONDS = { quick: 0.7, full: 1 }

/**
 * null: only the help was asked for.
 * @throws UsageError that says what to write instead.
 */
export function parseOptions(args: readonly string[]): BenchOptions | null {
  const values = parsed(args)
  if (values.help) return null
  const { quick, json, report = null } = values
  const speed = quick ? 'quick' : 'full'
  if (report === '') throw new UsageError('--report wants the name of a file, such as --report bench.html')
  const seconds =
    values.seconds === undefined
      ? ROUND_SECONDS[speed]
      : positive('--seconds', values.seconds, Number.isFinite)
  const scenarios = chosen('--only', values.only, 'scenario', SCENARIOS)
  if (quick && scenarios !== null) checkQuick(scenarios)
  return {
    quick,
    json,
    report,
    scenarios,
    clients: chosen('--clients', values.clients, 'client', clients),
    rounds:
      values.rounds === undefined ? ROUNDS[speed] : positive('--rounds', values.rounds, Number.isInteger),
    seconds,
    warmUp: values.seconds === undefined ? WARM_UP_SECONDS[speed] : seconds,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: false }).values
  } catch (error) {
    const [reason] = (error as Error).message.split('. ')
    throw new UsageError(
      `${reason}. The options are ${Object.keys(FLAGS)
        .map((name) => `--${name}`)
        .join(', ')}`,
    )
  }
}

function positive(flag: string, text: string, fits: (value: number) => boolean): number {
  const value = Number(text)
  if (text.trim() !== '' && fits(value) && value > 0) return value
  const kind = fits === Number.isInteger ? 'a whole number' : 'a number'
  throw new UsageError(`${flag} wants ${kind} above 0, not "${text}"`)
}

function chosen(
  flag: string,
  given: readonly string[] | undefined,
  what: string,
  known: readonly { readonly id: string }[],
): readonly string[] | null {
  if (given === undefined) return null
  const names = given.flatMap((list) => list.split(',')).map((name) => name.trim())
  for (const name of names) {
    if (known.some(({ id }) => id === name)) continue
    throw new UsageError(
      `${flag}: no ${what} is called "${name}". There are ${known.map(({ id }) => id).join(', ')}`,
    )
  }
  return names
}

function checkQuick(scenarios: readonly string[]): void {
  const other = scenarios.find((id) => QUICK_CONTENDERS[id] === undefined)
  if (other === undefined) return
  const has = Object.keys(QUICK_CONTENDERS).join(', ')
  throw new UsageError(`--quick has no scenario "${other}", only ${has}. Leave --quick out to run it`)
}
