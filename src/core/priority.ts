import { InvalidRequestError } from './errors.ts'
import { headerValue } from './headers.ts'
import { textOf } from './text-of.ts'

/** How urgent a response is to the caller (RFC 9218). */
export interface Priority {
  /** 0 (first) to 7 (when nothing else is to do). Default 3. */
  readonly urgency?: number
  /** Whether parts of the response are of use before all of it is there. Default false. */
  readonly incremental?: boolean
}

/** What may be given: the parameters, or one of the platform's words for `fetch`. */
export type PriorityInput = Priority | 'high' | 'low' | 'auto'

/** RFC 9218 section 4.1. */
export const DEFAULT_URGENCY = 3
export const URGENCIES = 8

const WORDS: Readonly<Record<string, Priority>> = {
  high: { urgency: 1 },
  low: { urgency: 5 },
  auto: { urgency: DEFAULT_URGENCY },
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` */
export function priorityOf(input: PriorityInput | undefined): Priority | null {
  if (input === undefined) return null
  if (typeof input === 'string' && Object.hasOwn(WORDS, input)) return WORDS[input] as Priority
  if (typeof input !== 'object' || input === null)
    throw invalid('priority', input, "an object, 'high' or 'low'")
  const { urgency = DEFAULT_URGENCY, incremental = false } = input
  if (!Number.isInteger(urgency) || urgency < 0 || urgency >= URGENCIES)
    throw invalid('priority.urgency', urgency, 'a whole number from 0 to 7')
  if (typeof incremental !== 'boolean') throw invalid('priority.incremental', incremental, 'true or false')
  return { urgency, incremental }
}

/** Adds the `priority` field (RFC 9218 section 5), unless the caller wrote one, or it would say what goes without saying. */
export function addPriority(headers: string[], priority: Priority | null): void {
  if (priority === null || headerValue(headers, 'priority') !== null) return
  const { urgency = DEFAULT_URGENCY, incremental = false } = priority
  const parameters = [urgency === DEFAULT_URGENCY ? '' : `u=${urgency}`, incremental ? 'i' : '']
  const value = parameters.filter((parameter) => parameter !== '').join(', ')
  if (value !== '') headers.push('priority', value)
}

function invalid(name: string, value: unknown, expected: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid request option: ${name} must be ${expected}, not ${textOf(value).slice(0, 100)}.`,
  )
}
