/**
 * `import 'trunkline/register'`, or `node --import trunkline/register`: Trunkline as the global `fetch`, and nothing
 * else. Data and blob URLs, and calls with a `dispatcher`, still go to the `fetch` that was there.
 *
 * It goes through the client of `setDefaultClient`. Where Node was told to use the proxies of the environment, and no
 * client was set, this `fetch` uses them, too: it stands in for one that would have.
 */
import { createClient } from './client.ts'
import { processRecord } from './core/process-record.ts'
import { usesEnvironmentProxies } from './environment-proxies.ts'
import { fetch, setDefaultClient } from './index.ts'

if (processRecord.defaultClient === null && usesEnvironmentProxies(process))
  setDefaultClient(createClient({ proxy: 'environment' }))

// The property stays as Node made it: enumerable, and others may replace it again.
Object.defineProperty(globalThis, 'fetch', {
  configurable: true,
  enumerable: true,
  writable: true,
  value: fetch,
})
