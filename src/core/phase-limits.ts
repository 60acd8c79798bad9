import type { PhaseLimits } from './dispatch.ts'
import { InvalidRequestError } from './errors.ts'
import { notAnOption } from './nearest.ts'
import { textOf } from './text-of.ts'

const PHASES = ['queue', 'dns', 'connect', 'proxy', 'tls', 'headers', 'body', 'total'] as const

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/**
 * Time limits that a user gave for a request, checked and copied. `whose` begins the message when they are wrong.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`
 */
export function limitsOf(given: unknown, whose = 'Invalid request option: timeouts'): PhaseLimits | null {
  if (given === undefined) return null
  if (typeof given !== 'object' || given === null) throw invalid(`${whose} must be an object`)
  const limits: Mutable<PhaseLimits> = {}
  for (const [name, value] of Object.entries(given)) {
    const phase = PHASES.find((known) => known === name)
    if (phase === undefined) throw invalid(`${whose}.${name} ${notAnOption(name, PHASES)}`)
    if (value === undefined) continue
    if (typeof value !== 'number' || !(value >= 1))
      throw invalid(
        `${whose}.${name} must be a number of milliseconds, at least 1, not ${textOf(value).slice(0, 100)}`,
      )
    limits[phase] = value
  }
  return limits
}

function invalid(message: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `${message}.`)
}
