/** Uses several origins, closes, and prints what is left: handles, timers, sockets, counts. */
import * as tls from 'node:tls'
import * as v8 from 'node:v8'
import { timers } from './timers.ts'

const { createClient } = await import('../../../../src/index.ts')

const [how, ...origins] = process.argv.slice(2) as [string, ...string[]]
const before = process.getActiveResourcesInfo()
const client = createClient({ keepAlive: { interval: 50 }, http2: { maxLifetime: 60_000 } })
for (let round = 0; round < 3; round += 1) {
  await Promise.all(
    origins.flatMap((origin) =>
      Array.from({ length: 20 }, async (_, index) => {
        const response = await client.fetch(`${origin}/bytes/${index * 1000}`)
        await response.bytes()
      }),
    ),
  )
}
const during = client.stats()
const pending = origins.map((origin) => client.fetch(`${origin}/hang`).catch((error) => error.cause.code))
if (how === 'destroy') {
  // Streams and queue entries of open requests go as well.
  await new Promise((resolve) => setTimeout(resolve, 50))
  client.destroy()
}
await client.close(how === 'close' ? { timeout: 100 } : {})
const errors = await Promise.all(pending)
// Closing handles need one turn of the loop to be gone.
await new Promise((resolve) => setImmediate(resolve))
const handles = process
  .getActiveResourcesInfo()
  .filter((name) => !before.includes(name) && name !== 'Immediate')
const after = client.stats()
for (let round = 0; round < 3; round += 1) {
  ;(globalThis as { gc?: () => void }).gc?.()
  await new Promise((resolve) => setImmediate(resolve))
}
console.log(
  JSON.stringify({
    during: { connections: during.connections, origins: during.origins.length },
    errors,
    handles,
    timers: timers(),
    sockets: v8.queryObjects(tls.TLSSocket, { format: 'count' }),
    connections: after.connections,
    origins: after.origins.length,
    active: after.active,
    queued: after.queued,
  }),
)
