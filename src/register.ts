/** `import 'trunkline/register'`, or `node --import trunkline/register`: Trunkline as the global `fetch`. */
import { fetch } from './index.ts'

globalThis.fetch = fetch as unknown as typeof globalThis.fetch
