/** An HTTP cache: what is served without asking, what is asked about, and what is served when nobody answers. */
import { createClient } from '../src/index.ts'
import { type CacheHit, cache } from '../src/interceptors/cache.ts'
import { ms } from './support/format.ts'
import { dim, finish, good, note, table, title } from './support/print.ts'
import { startServer } from './support/server.ts'

const WORK_MS = 80

/** One report: fresh for a second, may be used for a minute more if the server fails. Its version is its ETag. */
let version = 1
let down = false
const server = await startServer(async (request, response) => {
  const etag = `"${version}"`
  if (request.method === 'PUT') version += 1
  else if (down) response.statusCode = 503
  else {
    response.setHeader('cache-control', 'max-age=1, stale-if-error=60')
    response.setHeader('etag', etag)
    if (request.headers['if-none-match'] === etag) response.statusCode = 304
    else {
      await sleep(WORK_MS)
      response.write(`report ${version} `.repeat(20_000))
    }
  }
  response.end()
})

const hits: CacheHit[] = []
const kept = cache({ onHit: (hit) => hits.push(hit) })
const client = createClient({ tls: { ca: server.ca }, networkInterceptors: [kept] })
await client.connect(server.origin)

const rows: string[][] = []
async function get(when: string): Promise<void> {
  const [asked, hit, startedAt] = [server.seen.requests, hits.length, performance.now()]
  const response = await client.fetch(`${server.origin}/report`)
  const text = await response.text()
  const how = hits[hit]?.kind ?? 'from the server'
  const took = ms(performance.now() - startedAt)
  const requests = server.seen.requests - asked
  rows.push([when, hits[hit] === undefined ? how : good(how), String(requests), took, dim(text.slice(0, 8))])
}

title('HTTP cache', `A report that takes the server ${WORK_MS} ms; it stays fresh for a second.`)
await get('first time')
await get('at once')
await sleep(1100)
await get('a second later')
await client.fetch(`${server.origin}/report`, { method: 'PUT', body: 'new' }).then((done) => done.text())
await get('after a PUT')
await sleep(1100)
down = true
await get('server down')
table(['GET', 'answered', 'requests', 'took', ''], rows)
note(
  'fresh: no request was sent. revalidated: the server answered 304, without a body. The PUT removed the entry.',
  'stale: the server failed, and its earlier response allowed the cache to stand in for it.',
)
await client.close()
await server.close()
const { fresh, revalidated, stale, misses } = kept.stats()
finish({ fresh, revalidated, stale, misses, requests: server.seen.requests })

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time))
}
