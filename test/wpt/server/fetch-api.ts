/** Handlers of `fetch/api/resources`. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Field, WptRequest } from './exchange.ts'
import type { Handler } from './handlers.ts'
import { Query } from './query.ts'

const PLAIN: Field = ['Content-Type', 'text/plain']

/** The folder of a request's path, under which its neighbours share what they stash. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

export const authentication: Handler = (request) => {
  const credentials = /^Basic (.*)$/i.exec(request.header('authorization') ?? '')?.[1] ?? ''
  if (Buffer.from(credentials, 'base64').toString('latin1') === 'user:password') {
    return { body: 'Authentication done' }
  }
  const realm = request.query.get('realm') ?? 'test'
  return {
    status: 401,
    reason: 'Unauthorized',
    fields: [['WWW-Authenticate', `Basic realm="${realm}"`]],
    body: "Please login with credentials 'user' and 'password'",
  }
}

/** A body that breaks off after some chunks. */
export const badChunkEncoding: Handler = async ({ query }, response) => {
  response.head(200, 'OK', [])
  await response.write('TEST_CHUNK'.repeat(query.number('count', 50)))
  // Long enough for the client to read what came before the error.
  await sleep(query.number('ms', 200))
  if (response.protocol === 'h1') response.raw('garbage')
  // What comes nearest over HTTP/2: the stream is reset.
  else response.abort()
}

export const cache: Handler = (request) => {
  const tag = '"123abc"'
  if (request.header('if-none-match') === tag) {
    return { status: 304, reason: 'Not Modified', fields: [['X-HTTP-STATUS', '304']] }
  }
  return { fields: [['ETag', tag], PLAIN], body: 'lorem ipsum dolor sit amet' }
}

export const cleanStash: Handler = ({ path, query }, _, { stash }) => ({
  body: stash.take(path, query.get('token') ?? '') === null ? '0' : '1',
})

export const dumpAuthorization: Handler = (request) => ({
  fields: [['Content-Type', 'text/html'], ['Cache-Control', 'no-cache'], ...corsFields(request)],
  body: request.header('authorization') ?? 'none',
})

export const echoStream: Handler = async ({ stream }, response) => {
  response.head(200, 'OK', [PLAIN])
  for await (const chunk of stream) await response.write(chunk as Buffer)
  response.end()
}

export const echoContent: Handler = async (request) => ({
  fields: [
    ['X-Request-Method', request.method],
    ['X-Request-Content-Length', request.header('content-length') ?? 'NO'],
    ['X-Request-Content-Type', request.header('content-type') ?? 'NO'],
    PLAIN,
  ],
  body: await request.body(),
})

export const infiniteSlowResponse: Handler = async ({ path, query }, response, { stash }) => {
  const folder = folderOf(path)
  const stateKey = query.get('stateKey')
  const abortKey = query.get('abortKey')
  if (stateKey !== null) stash.put(folder, stateKey, 'open')
  response.head(200, 'OK', [PLAIN])
  await response.write('.'.repeat(2048))
  while (await response.write('.')) {
    if (abortKey !== null && stash.take(folder, abortKey) !== null) break
    await sleep(10)
  }
  response.end()
  if (stateKey !== null) stash.put(folder, stateKey, 'closed')
}

export const inspectHeaders: Handler = (request) => {
  const asked = (request.query.get('headers') ?? '').split('|').filter((name) => name !== '')
  const seen = asked.flatMap((name): Field[] => {
    const value = request.header(name)
    return value === null ? [] : [[`x-request-${name}`, value]]
  })
  const shared: Field[] = request.query.has('cors')
    ? [
        ['Access-Control-Allow-Origin', request.header('origin') ?? '*'],
        ['Access-Control-Allow-Credentials', 'true'],
        ['Access-Control-Expose-Headers', asked.map((name) => `x-request-${name}`).join(', ')],
      ]
    : []
  return { fields: [...seen, ...shared, PLAIN], body: '' }
}

export const method: Handler = async (request) => {
  const about = ['type', 'length', 'encoding', 'language', 'location'].map(
    (name): Field => [`x-request-content-${name}`, request.header(`content-${name}`) ?? 'NO'],
  )
  const shared: Field[] = request.query.has('cors') ? [['Access-Control-Allow-Origin', '*']] : []
  return { fields: [...shared, ['x-request-method', request.method], ...about], body: await request.body() }
}

/** Nobody here sends preflights: it tells what the request was. */
export const preflight: Handler = (request, _, { stash }) => {
  const { path, query } = request
  const token = query.get('token')
  const origin: Field = ['Access-Control-Allow-Origin', query.get('origin') ?? '*']
  if (query.has('clear-stash')) {
    return { fields: [PLAIN, origin], body: stash.take(path, token ?? '') === null ? '0' : '1' }
  }
  if (token !== null) stash.put(path, token, true)
  return {
    fields: [
      PLAIN,
      origin,
      ['x-did-preflight', '0'],
      ['x-control-request-headers', ''],
      ['x-preflight-referrer', ''],
      ['x-referrer', request.header('referer') ?? ''],
      ['x-origin', request.header('origin') ?? ''],
    ],
    body: '',
  }
}

export const redirectEmptyLocation: Handler = () => ({ status: 302, fields: [['Location', '']] })

/** Answers before the body of the request has come. */
export const redirectUnread: Handler = ({ query }, response) => {
  const location = query.get('location')
  response.head(query.number('redirect_status', 302), 'Found', [
    ...(location === null ? [] : [['Location', location] as const]),
    PLAIN,
  ])
  response.end()
}

export const redirect: Handler = async (request, _, { stash }) => {
  const { path, query } = request
  const token = query.get('token')
  const count = 1 + ((token === null ? null : (stash.take(path, token) as number | null)) ?? 0)
  const location = query.get('location')
  const policy = query.get('redirect_referrerpolicy')
  await sleep(query.number('delay', 0))
  if (token !== null) {
    stash.put(path, token, count)
    if (query.has('max_count') && count > query.number('max_count', 0)) return { body: String(count - 1) }
  }
  return {
    status: await redirectStatus(request),
    fields: [
      PLAIN,
      ['Cache-Control', 'no-cache'],
      ['Pragma', 'no-cache'],
      ...corsFields(request),
      ...(location === null ? [] : [['Location', nextLocation(location, query, count)] as const]),
      ...(policy === null ? [] : [['Referrer-Policy', policy] as const]),
    ],
    body: '',
  }
}

async function redirectStatus(request: WptRequest): Promise<number> {
  if (request.query.has('redirect_status')) return request.query.number('redirect_status', 302)
  const form = new Query((await request.body()).toString('latin1'))
  return form.number('redirect_status', 302)
}

/** The target gets the same query, and a count so that no two of a loop are the same URL. */
function nextLocation(location: string, query: Query, count: number): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(location)?.[1]?.toLowerCase() ?? ''
  if (query.has('simple') || !['', 'http', 'https'].includes(scheme)) return location
  const passed = query.firsts().map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
  return `${location}${location.includes('?') ? '&' : '?'}${passed.join('&')}&count=${count}`
}

function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+')
}

export const stashPut: Handler = ({ path, query }, _, { stash }) => {
  stash.put(folderOf(path), query.get('key') ?? '', query.get('value') ?? '')
  return { fields: [['Access-Control-Allow-Origin', '*']], body: 'done' }
}

export const stashTake: Handler = ({ path, query }, _, { stash }) => ({
  fields: [
    ['Content-Type', 'application/json'],
    ['Access-Control-Allow-Origin', '*'],
  ],
  body: JSON.stringify(stash.take(folderOf(path), query.get('key') ?? '')),
})

export const status: Handler = ({ method: used, query }) => ({
  status: query.number('code', 200),
  reason: query.get('text') ?? 'OMG',
  fields: [
    ['Content-Type', query.get('type') ?? ''],
    ['X-Request-Method', used],
  ],
  body: query.get('content') ?? '',
})

export const trickle: Handler = async (request, response) => {
  const delay = request.query.number('ms', 500)
  await request.body()
  await sleep(delay)
  response.head(200, 'OK', request.query.has('notype') ? [] : [PLAIN])
  await sleep(delay)
  for (let sent = 0; sent < request.query.number('count', 50); sent++) {
    if (!(await response.write('TEST_TRICKLE\n'))) return
    await sleep(delay)
  }
  response.end()
}

function corsFields(request: WptRequest): Field[] {
  const origin = request.header('origin')
  if (origin === null) return [['Access-Control-Allow-Origin', '*']]
  return [
    ['Access-Control-Allow-Origin', origin],
    ['Access-Control-Allow-Credentials', 'true'],
  ]
}
