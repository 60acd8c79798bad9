import { InvalidRequestError } from '../../core/errors.ts'
import { notAnOption } from '../../core/nearest.ts'

/** Options of `record`. */
export interface RecordOptions {
  /** Requests that are kept; of more, those that ended first are forgotten and counted. Default 10,000. */
  readonly limit?: number
  /** What the texts of those requests may take, bytes: URLs, head fields, messages. Default 64 MiB. */
  readonly maxBytes?: number
  /** Frames that are kept; the wire engine tells them. Default 0: none, and nothing to pay for them. */
  readonly frames?: number
  /** Keep `authorization`, `proxy-authorization`, `cookie`, `set-cookie`, and user and password in URLs. Default false. */
  readonly credentials?: boolean
  /** Head fields and query parameters that are secret, too. Default none. */
  readonly redact?: readonly string[]
  /** What the process is called in the recording. Default `process.title` and the process id. */
  readonly name?: string
}

type Rule = readonly [test: (value: unknown) => boolean, expected: string]

const whole = (least: number): Rule => [
  (value) => Number.isSafeInteger(value) && (value as number) >= least,
  `a whole number of at least ${least}`,
]
const isText = (value: unknown) => typeof value === 'string'

const RULES: Readonly<Record<keyof RecordOptions, Rule>> = {
  limit: whole(1),
  maxBytes: whole(1024),
  frames: whole(0),
  credentials: [(value) => typeof value === 'boolean', 'true or false'],
  redact: [(value) => Array.isArray(value) && value.every(isText), 'a list of names'],
  name: [isText, 'a string'],
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option. */
export function recordOptions(given: RecordOptions): Required<RecordOptions> {
  if (typeof given !== 'object' || given === null) throw invalid('options must be an object')
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(RULES, name)) throw invalid(`${name} ${notAnOption(name, Object.keys(RULES))}`)
    const [test, expected] = RULES[name as keyof RecordOptions]
    if (value !== undefined && !test(value)) throw invalid(`${name} must be ${expected}`)
  }
  return {
    limit: given.limit ?? 10_000,
    maxBytes: given.maxBytes ?? 64 * 1024 * 1024,
    frames: given.frames ?? 0,
    credentials: given.credentials ?? false,
    redact: given.redact ?? [],
    name: given.name ?? `${process.title} ${process.pid}`,
  }
}

export function invalid(why: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid option of record: ${why}.`)
}
