import type { Arguments, Io, OptionGroup, OptionSpec } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readAll, readInput } from './input-file.ts'
import { version } from './manifest.ts'

const METHOD_AND_HEADERS: readonly OptionSpec[] = [
  { name: 'method', short: 'X', value: 'METHOD', help: 'Default: GET, or POST if there is a body.' },
  {
    name: 'header',
    short: 'H',
    value: "'NAME: VALUE'",
    multiple: true,
    help: 'Send a header field. Can be repeated.',
  },
]

const DATA: OptionSpec = {
  name: 'data',
  value: 'TEXT',
  multiple: true,
  help: 'The request body; @FILE reads a file, - standard input. Several are joined with &.',
}

const USER: OptionSpec = { name: 'user', short: 'u', value: 'NAME:PASSWORD', help: 'Basic authentication.' }

/** What is sent. */
export const REQUEST_OPTIONS: OptionGroup = {
  title: 'Request',
  options: [
    ...METHOD_AND_HEADERS,
    { ...DATA, short: 'd' },
    {
      name: 'json',
      value: 'TEXT',
      help: 'A JSON body, with the matching content-type and accept; @FILE and - as above.',
    },
    USER,
  ],
}

/** The same for a load, where -d and --json mean something else. */
export const LOAD_REQUEST_OPTIONS: OptionGroup = {
  title: 'Request',
  options: [...METHOD_AND_HEADERS, DATA, USER],
}

export interface RequestSpec {
  readonly method: string
  /** Name, value, name, value. */
  readonly headers: [string, string][]
  readonly body: Uint8Array | null
}

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'

/** @param json the value of an option that gives a body of JSON. */
export async function requestSpec(given: Arguments, io: Io, json?: string): Promise<RequestSpec> {
  const { body, defaults } = await bodyOf(given, json, io)
  const own = given.list('header').map(headerOf)
  const names = new Set(own.map(([name]) => name.toLowerCase()))
  const user = given.text('user')
  const implied: [string, string][] = [
    ['user-agent', `trunkline/${version()}`],
    ['accept', '*/*'],
    ...defaults,
    ...(user === undefined ? [] : ([['authorization', basic(user)]] as [string, string][])),
  ]
  const last = new Map(implied)
  const kept = [...last].filter(([name]) => !names.has(name))
  return {
    method: given.text('method') ?? (body === null ? 'GET' : 'POST'),
    headers: [...kept, ...own],
    body,
  }
}

async function bodyOf(
  given: Arguments,
  json: string | undefined,
  io: Io,
): Promise<{ body: Uint8Array | null; defaults: [string, string][] }> {
  const data = given.list('data')
  if (json !== undefined && data.length > 0) throw new UsageError('Use either --data or --json, not both.')
  if (json !== undefined) {
    const defaults: [string, string][] = [
      ['content-type', JSON_TYPE],
      ['accept', JSON_TYPE],
    ]
    return { body: await contentOf(json, '--json', io), defaults }
  }
  if (data.length === 0) return { body: null, defaults: [] }
  const pieces: Uint8Array[] = []
  for (const piece of data) {
    if (pieces.length > 0) pieces.push(Buffer.from('&'))
    pieces.push(await contentOf(piece, '--data', io))
  }
  return { body: Buffer.concat(pieces), defaults: [['content-type', FORM]] }
}

function contentOf(text: string, option: string, io: Io): Promise<Uint8Array> {
  if (text === '-' || text === '@-') return readAll(io.stdin)
  return text.startsWith('@') ? readInput(text.slice(1), option) : Promise.resolve(Buffer.from(text))
}

function headerOf(text: string): [string, string] {
  const at = text.indexOf(':')
  if (at < 1) throw new UsageError(`--header needs 'NAME: VALUE', not '${text}'.`)
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

function basic(user: string): string {
  if (!user.includes(':')) throw new UsageError('--user needs NAME:PASSWORD.')
  return `Basic ${Buffer.from(user).toString('base64')}`
}
