/** A short-lived process: one request with the sessions that others left, and what became of it. */
import { createClient } from '../../../../src/index.ts'
import { openStore } from '../ticket-store.ts'

const [url = '', place = ''] = process.argv.slice(2)
const { store, close } = await openStore(JSON.parse(place))
const client = createClient({ tlsSessions: store })
const response = await client.fetch(url)
await response.text()
const { tlsSessions, handshakes, resumed } = client.stats()
await client.close()
await store.flush()
close()
console.log(
  JSON.stringify({
    status: response.status,
    first: response.timings.resumed,
    handshakes,
    resumed,
    tlsSessions,
  }),
)
