/** A function that is started for one request and ends: what it has to remember lies in Redis. */
import { createClient as createRedis } from 'redis'
import { createClient } from '../../src/index.ts'
import { RedisTlsSessionStore } from '../../src/integrations/tickets/index.ts'

const { ORIGIN = '', CA, REDIS = '', TICKET_KEY = '' } = process.env

const redis = createRedis({ socket: { path: REDIS, tls: false } })
redis.on('error', (error) => console.error(error.message))
await redis.connect()

// A busy machine may take longer than the usual 50 ms, and the example is to show the resumption.
const tlsSessions = new RedisTlsSessionStore({ client: redis, key: TICKET_KEY, timeout: 2000 })
const client = createClient({ tlsSessions, ...(CA !== undefined && { tls: { ca: CA } }) })
const response = await client.fetch(ORIGIN)
await response.text()
await client.close()
// Before a function is frozen or ends: what the server issued has to be where the next one finds it.
await tlsSessions.flush()
redis.destroy()

const { tls, resumed } = response.timings
console.log(JSON.stringify({ resumed, tls: tls ?? 0, status: response.status }))
