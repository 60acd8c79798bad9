/**
 * Random calls of `fetch` by the platform and by us, at the same server: what it saw, and all that the caller sees. Without
 * faults and aborts, of which the time decides who comes first. docs/fetch.md says what differs by design: it is not drawn.
 */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { createClient } from 'trunkline'
import { expect, test } from 'vitest'
import { type AnyFetch, failure, withoutBoundaries } from '../e2e/support/parity.ts'
import { type RouteHandler, startH1Server } from '../support/servers.ts'
import { patience, runs } from './runs.ts'

type Read = (response: Response) => unknown
type Bodies = Readonly<Record<string, () => unknown>>

const from = <T>(...values: T[]) => fc.constantFrom(...values)
const seldom = <T>(...values: T[]) => fc.option(from(...values), { freq: 6, nil: undefined })

const BODIES: Bodies = {
  string: () => 'héllo\ud800',
  empty: () => '',
  bytes: () => new Uint16Array([1, 2, 3]).subarray(1),
  buffer: () => new ArrayBuffer(5),
  params: () => new URLSearchParams({ ü: 'a b' }),
  blob: () => new Blob(['blob'], { type: 'A/b' }),
  form: () => {
    const form = new FormData()
    form.append('a"\n', 'x\ny')
    form.append('f', new File(['zz'], 'ü.txt', { type: 'a/b' }))
    return form
  },
  stream: () => new Blob(['one', 'two']).stream(),
  number: () => 42,
  object: () => ({ a: 1 }),
  none: () => null,
}

const READS: Readonly<Record<string, Read>> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  bytes: async (response) => Buffer.from(await response.bytes()).toString('base64'),
  buffer: async (response) => (await response.arrayBuffer()).byteLength,
  blob: async (response) => [(await response.blob()).type, response.bodyUsed],
  form: async (response) => JSON.stringify([...(await response.formData())]),
  reader: async (response) => new Response(response.body).text(),
  byob: async (response) => {
    const reader = response.body?.getReader({ mode: 'byob' })
    const step = await reader?.read(new Uint8Array(3), { min: 3 })
    reader?.releaseLock()
    return step?.done
  },
  clone: async (response) => Promise.all([response.clone().text(), response.text()]),
  // One half alone is never done with.
  half: (response) => void response.clone().body?.cancel(),
  tee: async (response) => Promise.all((response.body?.tee() ?? []).map((half) => new Response(half).text())),
  pipe: (response) => response.body?.pipeTo(new WritableStream()),
  leave: async (response) => {
    for await (const _ of response.body as ReadableStream) break
  },
  cancel: (response) => response.body?.cancel('why'),
  names: (response) => {
    const names = []
    for (const name in response) names.push(name)
    return [names.sort(), Object.keys(response), `${response}`, JSON.stringify({ ...response })]
  },
  headers: ({ headers }) => [
    headers.get('X-A'),
    headers.getSetCookie(),
    headers.has('none'),
    [...headers.keys()].length > 0,
  ],
  change: ({ headers }) => headers.append('a', 'b'),
}

const CODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  DEFLATE: deflateRawSync,
  br: (bytes) => brotliCompressSync(bytes),
  zstd: zstdCompressSync,
  unknown: (bytes) => bytes,
}

const field = from<[string, string]>(
  ...(
    [
      ['x-a', '1'],
      ['x-a', '2'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b'],
      ['x-b', 'é'],
      ['x-c', ''],
      ['constructor', 'c'],
    ] as const
  ).map(([name, value]): [string, string] => [name, value]),
)
const type = seldom(
  'application/json',
  'multipart/form-data; boundary=X',
  'application/x-www-form-urlencoded',
  'a/b;C="d"',
  '?',
)
const text = from(
  '',
  '{"a":1}',
  '\ufeffa=1&b=%ff',
  'plain',
  'x'.repeat(70_000),
  '--X\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--X--',
)
const answer = fc.record({
  status: from(200, 200, 200, 201, 204, 205, 206, 300, 304, 305, 400, 404, 500, 503, 599),
  fields: fc.array(field, { maxLength: 4 }),
  type,
  text,
  codings: fc.oneof(
    { weight: 2, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: fc.array(from(...Object.keys(CODERS)), { maxLength: 3 }) },
  ),
})
const hop = fc.record({
  status: from(301, 302, 303, 307, 308),
  to: from('HERE', 'THERE', 'HERE?ü#f', '.', '//', 'ftp://x/', 'http://u:p@localhost/', undefined),
})
const given = from<[string, string]>(
  ['x-a', ' 1 '],
  ['X-A', '2'],
  ['accept', 'a/b'],
  ['cookie', 'a=1'],
  ['authorization', 'x'],
  ['range', 'bytes=0-'],
  ['content-type', 'a/b'],
  ['if-match', 'x'],
  ['sec-fetch-mode', 'x'],
  ['bad name', '1'],
  ['x-b', '€'],
)
const options = fc.record(
  {
    method: seldom(
      'GET',
      'POST',
      'PUT',
      'HEAD',
      'DELETE',
      'PATCH',
      'OPTIONS',
      'put',
      'QUERY',
      'a b',
      'TRACE',
    ),
    redirect: seldom('follow', 'manual', 'error', 'bogus'),
    mode: seldom('cors', 'no-cors', 'same-origin', 'navigate'),
    cache: seldom('no-store', 'reload', 'no-cache', 'only-if-cached', 'bogus'),
    referrerPolicy: seldom('no-referrer', 'origin', 'unsafe-url', 'bogus'),
    referrer: seldom('https://elsewhere.test/page#f', '', 'bogus'),
  },
  { requiredKeys: [] },
)
const call = fc
  .record({
    input: from('string', 'URL', 'Request'),
    options,
    given: fc.array(given, { maxLength: 4 }),
    pairs: fc.boolean(),
    body: seldom(...Object.keys(BODIES)),
    hops: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(hop, { maxLength: 3 }) },
    ),
    answer,
    reads: fc.array(from(...Object.keys(READS)), { minLength: 1, maxLength: 3 }),
  })
  // Both are sent with their length, which is written down.
  .filter(({ input, body }) => body !== 'empty' && (input !== 'Request' || body !== 'stream'))
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never

/** They name the client, or the connection. */
const OWN = new Set(['user-agent', 'connection', 'host', 'transfer-encoding'])

class World {
  plan: Call | null = null
  seen: string[] = []
  origins: string[] = []

  readonly handler: RouteHandler = async (request, response) => {
    const { hops, answer } = this.plan as Call
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const fields = request.rawHeaders.flatMap((name, at, all) =>
      at % 2 === 0 && !OWN.has(name.toLowerCase()) ? [`${name.toLowerCase()}: ${all[at + 1]}`] : [],
    )
    this.seen.push(
      JSON.stringify([request.method, request.url, fields.sort(), Buffer.concat(chunks).toString('latin1')]),
    )
    const at = Number(new URL(request.url ?? '', 'http://x').pathname.slice(1))
    const hop = hops[at]
    if (hop === undefined) return this.#answer(answer, request.method === 'HEAD', response)
    const [here = '', there = ''] = this.origins
    const to = hop.to?.replace('THERE', `${there}/${at + 1}`).replace('HERE', `${here}/${at + 1}`)
    response.writeHead(hop.status, to === undefined ? {} : { location: Buffer.from(to).toString('latin1') })
    response.end('moved')
  }

  #answer(
    { status, fields, type, text, codings }: Call['answer'],
    head: boolean,
    response: Parameters<RouteHandler>[1],
  ): void {
    const bytes = codings.reduce<Buffer>(
      (coded, name) => (CODERS[name] as (bytes: Buffer) => Buffer)(coded),
      Buffer.from(text),
    )
    const all = [...fields, ...(type === undefined ? [] : [['content-type', type]])]
    if (codings.length > 0) all.push(['content-encoding', codings.join(', ')])
    ;(response as unknown as { writeHead(status: number, fields: string[]): void }).writeHead(
      status,
      all.flat() as string[],
    )
    response.end(head || status === 204 || status === 304 ? undefined : bytes)
  }

  async run(plan: Call, fetch: AnyFetch): Promise<string> {
    this.plan = plan
    this.seen = []
    const told: unknown[] = []
    try {
      const response = await fetch(...this.#arguments(plan))
      told.push(lookOf(response))
      for (const name of plan.reads) {
        told.push(await settled(async () => (READS[name] as Read)(response)))
        told.push([response.bodyUsed, response.body?.locked])
      }
      // Whatever is left of it would keep its connection.
      if (response.body?.locked === false) await settled(async () => void response.body?.cancel())
    } catch (error) {
      told.push(failure(error))
    }
    const all = withoutBoundaries([told, this.seen])
    return plan.body === 'form' ? all.replaceAll(/content-length: \d+/g, 'content-length: N') : all
  }

  #arguments({ input, options, given, pairs, body, hops }: Call): Parameters<AnyFetch> {
    const url = `${this.origins[0]}/${hops.length === 0 ? 9 : 0}?q=ü`
    const headers = pairs ? given : Object.fromEntries(given)
    const made = body === undefined ? undefined : (BODIES[body] as () => unknown)()
    const init = {
      ...options,
      headers,
      ...(made === undefined ? {} : { body: made, duplex: 'half' }),
    } as RequestInit
    if (input === 'Request') return [new Request(url, init)]
    return [input === 'URL' ? new URL(url) : url, init]
  }
}

function lookOf(response: Response): unknown {
  const { status, statusText, ok, type, url, redirected, headers } = response
  const fields = [...headers].filter(([name]) => !OWN.has(name) && name !== 'date' && name !== 'keep-alive')
  return [status, statusText, ok, type, url, redirected, fields]
}

async function settled(run: () => unknown): Promise<unknown> {
  try {
    return (await run()) ?? null
  } catch (error) {
    return failure(error)
  }
}

/** Earlier lines have faults of their own in their fetch. */
const sameNode = test.runIf(Number.parseInt(process.versions.node, 10) >= 26)

sameNode('the platform and we do the same', { timeout: patience(60_000, 20) }, async () => {
  const world = new World()
  const servers = [
    await startH1Server({ plain: true, handler: world.handler }),
    await startH1Server({ plain: true, handler: world.handler }),
  ]
  const client = createClient()
  try {
    world.origins = servers.map(({ origin }) => origin)
    await fc.assert(
      fc.asyncProperty(call, async (plan) => {
        const theirs = await world.run(plan, globalThis.fetch as AnyFetch)
        expect(await world.run(plan, client.fetch as unknown as AnyFetch)).toBe(theirs)
      }),
      runs(200),
    )
  } finally {
    await client.close({ timeout: 500 })
    for (const server of servers) await server.close()
  }
})
