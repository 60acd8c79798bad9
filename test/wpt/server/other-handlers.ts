/** Handlers outside of `fetch/api/resources`. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Field, WptRequest } from './exchange.ts'
import type { Handler } from './handlers.ts'

const suite = fileURLToPath(new URL('../suite', import.meta.url))

export const commonRedirect: Handler = ({ query }) => ({
  status: query.number('status', 302),
  fields: [['Location', query.get('location') ?? '']],
  body: '',
})

/** Remembers which conditions each request came with. */
export const conditional: Handler = (request, _, { stash }) => {
  const { path, query } = request
  const token = query.get('token') ?? ''
  const seen = (stash.take(path, token) as Record<string, string>[] | null) ?? []
  if (query.has('querystate')) return { fields: [['Content-Type', 'text/plain']], body: JSON.stringify(seen) }
  const names = ['If-None-Match', 'If-Modified-Since', 'Pragma', 'Cache-Control']
  const state = names.flatMap((name) => {
    const value = request.header(name)
    return value === null || query.has('ignore') ? [] : [[name, value] as const]
  })
  stash.put(path, token, [...seen, Object.fromEntries(state)])
  return answerConditional(request)
}

function answerConditional(request: WptRequest): ReturnType<Handler> {
  const { query } = request
  const tag = query.get('tag')
  const date = query.get('date')
  const quoted = tag === null ? null : `"${tag}"`
  const optional: readonly (readonly [string, string | null])[] = [
    ['ETag', quoted],
    ['Last-Modified', quoted === null ? date : null],
    ['Expires', query.get('expires')],
    ['Vary', query.get('vary')],
    ['Cache-Control', query.get('cache_control')],
    ['Location', query.get('redirect')],
  ]
  const fields = optional.filter((field): field is [string, string] => field[1] !== null)
  if (query.has('redirect')) return { status: 302, reason: 'Redirect', fields, body: '' }
  const match = request.header('if-none-match')
  const since = request.header('if-modified-since')
  const fresh = (match !== null && match === quoted) || (since !== null && since === date)
  if (fresh) return { status: 304, reason: 'Not Modified', fields }
  return { fields: [...fields, ['Content-Type', 'text/plain']], body: query.get('content') ?? '' }
}

/** Counts requests, and the connections that they came by. */
export const countConnections: Handler = ({ path, query }, _, { stash, connection }) => {
  const uuid = query.get('uuid') ?? ''
  const seen = [...((stash.take(path, uuid) as string[] | null) ?? []), connection]
  stash.put(path, uuid, seen)
  const connections = new Set(seen).size
  return {
    status: query.number('status', 200),
    fields: [
      ['Content-Type', 'text/plain'],
      ['Cache-Control', 'no-store'],
    ],
    body: `ok. Request was sent ${seen.length} times. ${connections} connections were created.`,
  }
}

export function badCoding(coding: string): Handler {
  return () => ({ fields: [['Content-Encoding', coding]], body: `not actually ${coding}` })
}

export const contentLength: Handler = ({ query }, response) => {
  const head = ['HTTP/1.1 200 OK', 'Content-Type: text/plain;charset=UTF-8', 'Connection: close']
  const body = 'Fact: this is really forty-two bytes long.'
  response.raw(`${[...head, query.get('length') ?? ''].join('\r\n')}\r\n\r\n${body}`)
}

/** A response in a file. Its lines end in LF, which Node's parser refuses; what matters here are the fields. */
export const asIs: Handler = ({ path }, response) => {
  const text = readFileSync(suite + path, 'latin1')
  const cut = text.indexOf('\n\n')
  response.raw(`${text.slice(0, cut).replaceAll('\n', '\r\n')}\r\n\r\n${text.slice(cut + 2)}`)
}

export const contentType: Handler = (request) => {
  const values = request.query.all('value')
  const single = request.query.has('single_header')
  const types = single ? [values.join(',')] : values
  return {
    fields: [['X-Content-Type-Options', 'nosniff'], ...types.map((value): Field => ['Content-Type', value])],
    body: request.query.get('content') ?? '<b>hi</b>\n',
  }
}

export const rawMessage: Handler = ({ query }, response) => {
  response.raw(query.get('message') ?? '')
}

export const rawStatus: Handler = ({ query }, response) => {
  response.raw(`HTTP/1.1 ${query.get('input') ?? ''}\nheader-parsing: is sad\n`)
}

const WAV_BYTES = 8000 * 60 * 5

/** A silent recording of five minutes, or the range of it that was asked for, slowly. */
export const longWav: Handler = async (request, response, { stash }) => {
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.header('range') ?? '')
  const key = request.query.get('accept-encoding-key')
  if (key !== null) stash.put('/fetch/range/', key, request.header('accept-encoding') ?? '')
  const received = request.query.get('range-received-key')
  if (received !== null && request.header('range'))
    stash.put('/fetch/range/', received, 'range-header-received')
  const start = Number(range?.[1] ?? 0)
  const end = Number(range?.[2] || WAV_BYTES - 1)
  const fields: Field[] = [
    ['Content-Type', 'audio/wav'],
    ['Accept-Ranges', 'bytes'],
    ['Cache-Control', 'no-cache'],
    ['Access-Control-Allow-Origin', request.header('origin') ?? ''],
    ...(range === null ? [] : [['Content-Range', `bytes ${start}-${end}/${WAV_BYTES}`] as const]),
    ['Content-Length', String(end + 1 - start)],
  ]
  response.head(range === null ? 200 : 206, 'OK', fields)
  for (let left = end + 1 - start; left > 0; left -= 8000) {
    if (!(await response.write(Buffer.alloc(Math.min(left, 8000))))) return
    if (left > 8000) await sleep(500)
  }
  response.end()
}

export const partialText: Handler = (request) => {
  const { query } = request
  const total = query.number('length', 100)
  const shared: Field[] = [
    ['Content-Type', query.get('type') ?? 'text/plain'],
    ['Cache-Control', 'no-cache'],
  ]
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.header('range') ?? '')
  if (range === null) return { fields: shared, body: '0'.repeat(total) }
  const start = Number(range[1])
  const end = Number(range[2] || total)
  if (end <= start || end > total) return { status: 416, reason: 'Range Not Satisfiable', fields: shared }
  const ranged: Field[] = [
    ['Accept-Ranges', 'bytes'],
    ['Content-Range', `bytes ${start}-${end}/${total}`],
  ]
  return {
    status: query.number('partial', 206),
    fields: [...shared, ...ranged],
    body: '0'.repeat(end - start),
  }
}

export const rangeStash: Handler = ({ query }, _, { stash }) => ({
  fields: [['Content-Type', 'application/json']],
  body: JSON.stringify(stash.take('/fetch/range/', query.get('key') ?? '')),
})

export const wasmStatus: Handler = ({ query }) => ({
  status: query.number('status', 200),
  fields: [['Content-Type', 'application/wasm']],
  body: '\0asm\x01\0\0\0',
})

/** The fields of the request as they came, a line each. */
export const echoHeaders: Handler = ({ fields }) => ({
  fields: [['Content-Type', 'text/plain']],
  body: fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''),
})

export const customHeader: Handler = ({ query }) => {
  const value = query.get('my-custom-header')
  return { fields: value === null ? [] : [['My-Custom-Header', value]], body: '' }
}
