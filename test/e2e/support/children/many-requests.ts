/**
 * Sends requests in three rounds and measures the heap after each, garbage collected; then closes and counts what is
 * left. Arguments: origin, requests of the first round, requests of the other two together.
 */
import * as tls from 'node:tls'
import * as v8 from 'node:v8'
import { timers } from './timers.ts'

const { createClient } = await import('../../../../src/index.ts')

const [origin, first, second] = process.argv.slice(2) as [string, string, string]
const { gc } = globalThis as unknown as { gc(): void }
const client = createClient()
const lanes = 50
let failed = 0

async function one(index: number): Promise<void> {
  // What a program does: bytes, JSON, a POST, request() and fetch(), with and without a signal.
  if (index % 4 === 0) await (await client.request(`${origin}/`)).body.json()
  else if (index % 4 === 1) await (await client.fetch(`${origin}/`, { signal: shared.signal })).json()
  else if (index % 4 === 2) await (await client.fetch(`${origin}/`, { method: 'POST', body: 'x' })).text()
  else await (await client.request(`${origin}/`, { signal: new AbortController().signal })).body.bytes()
}

const shared = new AbortController()

async function round(count: number): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (next < count) {
        const index = next++
        await one(index).catch(() => {
          failed += 1
        })
      }
    }),
  )
}

async function heap(): Promise<number> {
  for (let times = 0; times < 5; times += 1) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return process.memoryUsage().heapUsed
}

await round(Number(first))
const before = await heap()
await round(Number(second) / 2)
const halfway = await heap()
await round(Number(second) / 2)
const after = await heap()
const { dials, requests } = client.stats()
await client.close()
await heap()
const stats = client.stats()
console.log(
  JSON.stringify({
    failed,
    dials,
    requests,
    grownKiB: [before, halfway, after].map((heap) => Math.round((heap - before) / 1024)),
    handles: process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout|HTTP/.test(name)),
    timers: timers(),
    sockets: v8.queryObjects(tls.TLSSocket, { format: 'count' }),
    connections: stats.connections,
    origins: stats.origins.length,
    active: stats.active,
    queued: stats.queued,
  }),
)
