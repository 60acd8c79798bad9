/** HTTP Archive 1.2, from the tables of fields in its specification: names, types, what is optional, `_` for others. */
import { Ajv, type ValidateFunction } from 'ajv'

type Schema = Readonly<Record<string, unknown>>

const text: Schema = { type: 'string' }
const number: Schema = { type: 'number' }
const flag: Schema = { type: 'boolean' }
/** ms, or -1: does not apply. */
const optionalTime: Schema = { anyOf: [{ type: 'number', minimum: 0 }, { const: -1 }] }
const time: Schema = { type: 'number', minimum: 0 }
/** ISO 8601 with a zone. */
const date: Schema = {
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$',
}
const list = (items: Schema): Schema => ({ type: 'array', items })

/** Fields that must be there, fields that may, and any that begin with an underscore. */
function record(
  required: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional, comment: text },
    patternProperties: { '^_': {} },
    additionalProperties: false,
  }
}

const pair = record({ name: text, value: text })
const program = record({ name: text, version: text })
const cookie = record(
  { name: text, value: text },
  { path: text, domain: text, expires: date, httpOnly: flag, secure: flag },
)
const parameter = record({ name: text }, { value: text, fileName: text, contentType: text })
const cacheState = record({ lastAccess: date, eTag: text, hitCount: number }, { expires: date })

const request = record(
  {
    method: text,
    url: text,
    httpVersion: text,
    cookies: list(cookie),
    headers: list(pair),
    queryString: list(pair),
    headersSize: number,
    bodySize: number,
  },
  { postData: record({ mimeType: text, params: list(parameter), text }) },
)

const response = record({
  status: number,
  statusText: text,
  httpVersion: text,
  cookies: list(cookie),
  headers: list(pair),
  content: record({ size: number, mimeType: text }, { compression: number, text, encoding: text }),
  redirectURL: text,
  headersSize: number,
  bodySize: number,
})

const timings = record(
  { send: time, wait: time, receive: time },
  { blocked: optionalTime, dns: optionalTime, connect: optionalTime, ssl: optionalTime },
)

const entry = record(
  {
    startedDateTime: date,
    time,
    request,
    response,
    cache: record({}, { beforeRequest: cacheState, afterRequest: cacheState }),
    timings,
  },
  { pageref: text, serverIPAddress: text, connection: text },
)

const page = record({
  startedDateTime: date,
  id: text,
  title: text,
  pageTimings: record({}, { onContentLoad: optionalTime, onLoad: optionalTime }),
})

const har: Schema = record({
  log: record(
    { version: { const: '1.2' }, creator: program, entries: list(entry) },
    { browser: program, pages: list(page) },
  ),
})

const validate: ValidateFunction = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(har)

/** What is wrong with it; empty: nothing. */
export function harFaults(data: unknown): string[] {
  if (validate(data)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
