/**
 * `trunkline/top`: lets `npx trunkline top` look at this process. Either call `expose()`, or start the process with
 * `TRUNKLINE_TOP=1` and `node --import trunkline/top`.
 */
import { expose } from './expose.ts'

export { type ExposeOptions, type Exposure, expose } from './expose.ts'
export type { TopConnection, TopSnapshot } from './snapshot.ts'

const wanted = process.env.TRUNKLINE_TOP
if (wanted !== undefined && !['', '0', 'false'].includes(wanted)) {
  // A process that cannot be looked at works all the same.
  expose().catch((error: Error) => {
    process.emitWarning(`trunkline top cannot look at this process: ${error.message}.`, 'TrunklineWarning')
  })
}
