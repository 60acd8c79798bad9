import { InvalidRequestError } from './core/errors.ts'
import { notAnOption } from './core/nearest.ts'
import { textOf } from './core/text-of.ts'

/** Says what a value must be, or null when it is that. */
export type Check = (value: unknown) => string | null
export type Checks = Readonly<Record<string, Check>>

export const boolean: Check = (value) => (typeof value === 'boolean' ? null : 'true or false')
export const func: Check = (value) => (typeof value === 'function' ? null : 'a function')
export const text: Check = (value) => (typeof value === 'string' ? null : 'a string')
export const anything: Check = () => null
export const functions: Check = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'function') ? null : 'a list of functions'

export function whole(least: number, most = Number.POSITIVE_INFINITY): Check {
  const range = Number.isFinite(most) ? `from ${least} to ${most}` : `of at least ${least}`
  return (value) => {
    const fits = typeof value === 'number' && value >= least && value <= most
    return fits && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)
      ? null
      : `a whole number ${range}`
  }
}

export function duration(least: number): Check {
  return (value) =>
    typeof value === 'number' && value >= least ? null : `a number of milliseconds, at least ${least}`
}

/** Above 0, up to 1. */
export const share: Check = (value) =>
  typeof value === 'number' && value > 0 && value <= 1 ? null : 'a number above 0, at most 1'

export const factor: Check = (value) =>
  typeof value === 'number' && value >= 1 && value < Number.POSITIVE_INFINITY
    ? null
    : 'a number of at least 1'

export function oneOf(...values: readonly unknown[]): Check {
  return (value) =>
    values.includes(value) ? null : `one of ${values.map((one) => JSON.stringify(one)).join(', ')}`
}

/**
 * Holds what a user gave to the checks: those of a group by its name, the others by theirs.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option.
 */
export function checkOptions(options: unknown, groups: Readonly<Record<string, Checks>>, top: Checks): void {
  if (typeof options !== 'object' || options === null)
    throw invalid('the argument of createClient', 'must be an object')
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const group = Object.hasOwn(groups, name) ? groups[name] : undefined
    if (group !== undefined) checkGroup(name, group, value)
    else
      check(name, Object.hasOwn(top, name) ? top[name] : undefined, value, [
        ...Object.keys(groups),
        ...Object.keys(top),
      ])
  }
}

/** The same for the parts of one group. */
export function checkGroup(group: string, checks: Checks, options: unknown): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid(group, `must be an object; its options are ${Object.keys(checks).join(', ')}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    check(
      `${group}.${name}`,
      Object.hasOwn(checks, name) ? checks[name] : undefined,
      value,
      Object.keys(checks),
    )
  }
}

function check(name: string, rule: Check | undefined, value: unknown, known: readonly string[]): void {
  if (rule === undefined) throw invalid(name, notAnOption(name, known))
  const expected = rule(value)
  if (expected !== null) throw invalid(name, `must be ${expected}, not ${show(value)}`)
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  if (Array.isArray(value)) return `[${value.slice(0, 10).map(show).join(', ')}]`
  return typeof value === 'object' && value !== null ? 'an object' : textOf(value).slice(0, 100)
}

function invalid(name: string, why: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid client option: ${name} ${why}.`)
}
