import { randomUUID } from 'node:crypto'
import { validName } from './core/headers.ts'
import { boolean, type Check, func } from './option-checks.ts'

/** What `correlation` takes. Off unless given; `true` or `{}` takes every default. */
export interface CorrelationOptions {
  /** The field that carries the id to servers; false: none does. Default `'x-request-id'`. */
  readonly header?: string | false
  /** Makes the id of a call that runs under none. Default: a random UUID. */
  readonly id?: () => string
}

export interface SettledCorrelation {
  /** In lower case; null: not sent. */
  readonly header: string | null
  readonly id: () => string
}

const DEFAULT_HEADER = 'x-request-id'

/** Fields that mean something else to HTTP. */
const TAKEN = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'upgrade',
  'cookie',
])

export const checkCorrelation: Check = (value) => {
  if (boolean(value) === null) return null
  if (typeof value !== 'object' || value === null) return 'true, false or { header, id }'
  for (const [name, part] of Object.entries(value)) {
    if (name === 'header' && (part === undefined || part === false || isFieldName(part))) continue
    if (name === 'id' && (part === undefined || func(part) === null)) continue
    return 'true, false or { header, id }: header is the name of a field or false, id a function'
  }
  return null
}

export function settleCorrelation(
  given: boolean | CorrelationOptions | undefined,
): SettledCorrelation | null {
  if (given === undefined || given === false) return null
  const { header = DEFAULT_HEADER, id = randomUUID } = given === true ? {} : given
  return { header: header === false ? null : header.toLowerCase(), id }
}

function isFieldName(value: unknown): boolean {
  if (typeof value !== 'string' || TAKEN.has(value.toLowerCase())) return false
  try {
    return validName(value) !== ''
  } catch {
    return false
  }
}
