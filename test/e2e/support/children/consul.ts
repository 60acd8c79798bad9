/** One request to a service that is watched in Consul, and no `close()`: the watch must not keep the process alive. */
import { consulResolver, createClient } from '../../../../src/index.ts'

const resolver = consulResolver({ url: process.argv[2] as string, service: () => 'orders' })
const client = createClient({ discovery: { match: ['a.test'], resolver } })
const response = await client.fetch('https://a.test/')
await response.text()
// By then the question after the first one is kept open.
await new Promise((resolve) => setTimeout(resolve, 300))
const [service] = client.stats().services
console.log(JSON.stringify({ status: response.status, endpoints: service?.endpoints.length }))
