import { parseArgs } from 'node:util'
import { nearest } from '../core/nearest.ts'
import type { Arguments, Command, OptionSpec } from './command.ts'
import { UsageError } from './exit-codes.ts'

/** Of every command. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'help', short: 'h', help: 'Show this help.' },
  { name: 'version', short: 'V', help: 'Show the version.' },
]

export function optionsOf(command: Command): readonly OptionSpec[] {
  return [...command.groups.flatMap(({ options }) => options), ...COMMON_OPTIONS]
}

/**
 * Takes the arguments of a command apart.
 * @throws UsageError for an option that it does not have, a value that is missing, or one too many.
 */
export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const specs = optionsOf(command)
  const byName = new Map(specs.map((spec) => [spec.name, spec]))
  const options = Object.fromEntries(
    specs.map(({ name, short, value }) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', multiple: true, ...(short && { short }) } as const,
    ]),
  )
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const values = new Map<string, string[]>()
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const spec = byName.get(token.name)
    if (spec === undefined) throw unknownOption(command, token.rawName, specs)
    values.set(spec.name, [...(values.get(spec.name) ?? []), givenTo(spec, token)])
  }
  return argumentsOf(values, operands)
}

function givenTo(spec: OptionSpec, token: { rawName: string; value?: string | undefined }): string {
  const { rawName, value } = token
  if (spec.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, but got '${value}'.`)
    return ''
  }
  if (value === undefined) throw new UsageError(`${rawName} needs a value: ${rawName} ${spec.value}.`)
  return value
}

function unknownOption(command: Command, rawName: string, specs: readonly OptionSpec[]): UsageError {
  const names = specs.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])])
  const meant = rawName.startsWith('--') ? nearest(rawName, names) : null
  const hint = meant === null ? '' : ` Did you mean ${meant}?`
  return new UsageError(`trunkline ${command.name} has no option ${rawName}.${hint}`)
}

const DURATION = /^(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)?$/
const SCALES = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** ms; null when it is no duration. */
export function parseDuration(text: string): number | null {
  const [, digits, unit = 's'] = DURATION.exec(text) ?? []
  return digits === undefined ? null : Number(digits) * SCALES[unit as keyof typeof SCALES]
}

function argumentsOf(values: ReadonlyMap<string, readonly string[]>, operands: readonly string[]): Arguments {
  const text = (name: string) => values.get(name)?.at(-1)
  const wrong = (name: string, what: string) =>
    new UsageError(`--${name} must be ${what}, not '${text(name)}'.`)
  return {
    operands,
    has: (name) => values.has(name),
    text,
    list: (name) => values.get(name) ?? [],
    whole(name, least, most = Number.MAX_SAFE_INTEGER) {
      const given = text(name)
      if (given === undefined) return undefined
      const value = /^\d+$/.test(given) ? Number(given) : Number.NaN
      if (value >= least && value <= most) return value
      throw wrong(
        name,
        most === Number.MAX_SAFE_INTEGER
          ? `a whole number, ${least} or more`
          : `a whole number from ${least} to ${most}`,
      )
    },
    positive(name) {
      const given = text(name)
      if (given === undefined) return undefined
      const value = given.trim() === '' ? Number.NaN : Number(given)
      if (value > 0 && Number.isFinite(value)) return value
      throw wrong(name, 'a number above 0')
    },
    duration(name) {
      const given = text(name)
      if (given === undefined) return undefined
      const value = parseDuration(given)
      if (value !== null && value > 0) return value
      throw wrong(name, 'a duration such as 500ms, 10s, 2m or 1h')
    },
    oneOf(name, words) {
      const given = text(name)
      if (given === undefined) return undefined
      const word = words.find((one) => one === given)
      if (word !== undefined) return word
      throw wrong(name, words.join(' or '))
    },
  }
}
