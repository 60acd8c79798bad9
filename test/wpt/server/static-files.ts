/** Files of the suite as WPT's server sends them: `.headers` beside them, substitutions, pipes. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Field, WptRequest } from './exchange.ts'
import { Query } from './query.ts'

/** What `{{host}}`, `{{ports[...]}}` and the like stand for. */
export interface Place {
  readonly host: string
  /** The host that stands for all others; the suite has names for them, all are this one. */
  readonly otherHost: string
  readonly ports: Readonly<Record<'http' | 'https' | 'h2', readonly number[]>>
}

export interface StaticReply {
  readonly status: number
  readonly reason: string
  readonly fields: readonly Field[]
  readonly body: Buffer
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.txt': 'text/plain',
  '.wasm': 'application/wasm',
}

/** Reads a file of the suite; null when there is none. */
export async function readSuiteFile(root: string, path: string): Promise<Buffer | null> {
  if (path.split('/').includes('..')) return null
  return readFile(join(root, path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return null
    throw error
  })
}

/** A script of the suite as text, with its substitutions made as for a page at `location`. */
export async function readScript(root: string, path: string, location: URL, place: Place): Promise<string> {
  const bytes = await readSuiteFile(root, path)
  if (bytes === null) throw new Error(`The suite has no ${path}`)
  const text = bytes.toString('utf8')
  if (!isSubstituted(path)) return text
  return substitute(text, {
    place,
    scheme: location.protocol.slice(0, -1),
    authority: location.host,
    query: new Query(location.search),
  })
}

export async function serveFile(
  root: string,
  request: WptRequest,
  place: Place,
): Promise<StaticReply | null> {
  const { path } = request
  const bytes = await readSuiteFile(root, path)
  if (bytes === null) return null
  const type = TYPES[extname(path)]
  const beside = parseFields((await readSuiteFile(root, `${path}.headers`))?.toString('latin1') ?? '')
  const fields: Field[] = beside.some(([name]) => name.toLowerCase() === 'content-type')
    ? beside
    : [...(type === undefined ? [] : [['Content-Type', type] as const]), ...beside]
  const pipes = [...(isSubstituted(path) ? ['sub'] : []), ...splitPipes(request.query.get('pipe') ?? '')]
  const context = { place, scheme: request.scheme, authority: request.authority, query: request.query }
  return pipes.reduce((reply, pipe) => applyPipe(reply, pipe, context), {
    status: 200,
    reason: 'OK',
    fields,
    body: bytes,
  } as StaticReply)
}

interface Context {
  readonly place: Place
  readonly scheme: string
  readonly authority: string
  readonly query: Query
}

function isSubstituted(path: string): boolean {
  return /\.sub\.[^/]*$/.test(path)
}

function parseFields(text: string): Field[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.includes(':'))
    .map((line) => {
      const cut = line.indexOf(':')
      return [line.slice(0, cut), line.slice(cut + 1).trim()] as const
    })
}

/** `a(x)|b(y)`; a bar inside of parentheses is text. */
function splitPipes(text: string): string[] {
  return text === '' ? [] : (text.match(/[a-z]+(?:\((?:\\.|[^)\\])*\))?/g) ?? [])
}

function applyPipe(reply: StaticReply, pipe: string, context: Context): StaticReply {
  const open = pipe.indexOf('(')
  const name = open === -1 ? pipe : pipe.slice(0, open)
  const args = open === -1 ? [] : splitArguments(pipe.slice(open + 1, -1))
  const [first = '', second = '', third] = args
  if (name === 'sub') return { ...reply, body: Buffer.from(substitute(reply.body.toString('utf8'), context)) }
  if (name === 'status') return { ...reply, status: Number(first), reason: '' }
  if (name === 'gzip') {
    return { ...reply, body: gzipSync(reply.body), fields: [...reply.fields, ['Content-Encoding', 'gzip']] }
  }
  if (name === 'header') {
    const others = reply.fields.filter(([key]) => key.toLowerCase() !== first.toLowerCase())
    return { ...reply, fields: [...(third === 'True' ? reply.fields : others), [first, second]] }
  }
  throw new Error(`There is no pipe ${name} here yet`)
}

function splitArguments(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\])*,?/g) ?? [])
    .filter((part, index, all) => part !== '' || index < all.length - 1)
    .map((part) => part.replace(/,$/, '').replace(/\\(.)/g, '$1'))
}

function substitute(text: string, context: Context): string {
  return text.replace(/\{\{([^}]*)\}\}/g, (_, expression: string) => valueFor(expression.trim(), context))
}

function valueFor(expression: string, { place, scheme, authority, query }: Context): string {
  const [, name = '', first = '', second] =
    /^(\w+)(?:\[([^\]]*)\])?(?:\[([^\]]*)\])?(?:\(\))?$/.exec(expression) ?? []
  switch (name) {
    case 'host':
      return place.host
    case 'ports':
      return String(place.ports[first as keyof Place['ports']]?.[Number(second)] ?? '')
    case 'domains':
    case 'hosts':
      return first === '' && name === 'domains' ? place.host : place.otherHost
    case 'location':
      return locationPart(first, scheme, authority)
    case 'GET':
      return query.get(first) ?? ''
    case 'uuid':
      return randomUUID()
    default:
      throw new Error(`There is no substitution for {{${expression}}} here yet`)
  }
}

function locationPart(part: string, scheme: string, authority: string): string {
  const url = new URL(`${scheme}://${authority}`)
  if (part === 'scheme') return scheme
  if (part === 'port') return url.port
  if (part === 'host') return authority
  throw new Error(`There is no {{location[${part}]}} here yet`)
}
