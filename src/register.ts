/**
 * `import 'trunkline/register'`, or `node --import trunkline/register`: Trunkline as the global `fetch`, and nothing
 * else. Data and blob URLs, and calls with a `dispatcher`, still go to the `fetch` that was there.
 */
import { fetch } from './index.ts'

// The property stays as Node made it: enumerable, and others may replace it again.
Object.defineProperty(globalThis, 'fetch', {
  configurable: true,
  enumerable: true,
  writable: true,
  value: fetch,
})
