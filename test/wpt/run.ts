/**
 * `npm run test:wpt`: the web-platform-tests of fetch, with an account of every file.
 *
 *   --filter TEXT           only files with TEXT in their path
 *   --protocol h2|h1        over one protocol only
 *   --fetch ours|platform   the platform's fetch instead: whether it fails where expectations.json says so
 *   --verbose               name every subtest that failed, expected or not
 *   --update                write what failed into expectations.json; new failures get the reason "new" and need a true one
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ensureCertificates } from '../support/certificates.ts'
import { type Case, planCases } from './plan.ts'
import { printFile, printSummary } from './report.ts'
import type { Protocol } from './server/server.ts'
import { type CaseResult, openSuiteRun } from './suite-run.ts'
import { updateExpectations } from './update.ts'

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    protocol: { type: 'string' },
    fetch: { type: 'string', default: 'ours' },
    verbose: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
  },
})
const fetch = oneOf('fetch', values.fetch, ['ours', 'platform'])
const protocols: readonly Protocol[] =
  values.protocol === undefined ? ['h2', 'h1'] : [oneOf('protocol', values.protocol, ['h2', 'h1'])]

await ensureCertificates()
const suite = await openSuiteRun(fetch)
const plans = await Promise.all(protocols.map((protocol) => planCases(protocol, values.filter)))
const results = new Map<Case, CaseResult | null>()
await Promise.all(
  plans.flat().map(async (one) => {
    const result = one.skip === null ? await suite.run(one) : null
    results.set(one, result)
    printFile(one, result, values.verbose)
  }),
)
await suite.close()
if (values.update) await updateExpectations(results, fetch, writeFile)
process.exitCode = printSummary(results, fetch) ? 0 : 1

function oneOf<T extends string>(option: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value)
  if (found === undefined) throw new Error(`--${option} is one of ${known.join(', ')}, not ${value}`)
  return found
}
