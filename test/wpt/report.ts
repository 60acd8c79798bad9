/** What a run prints. */
import type { Case } from './plan.ts'
import type { CaseResult } from './suite-run.ts'
import type { FetchKind } from './worker.ts'

/** One line per file: passed of all, how many failed as expected, and below it what was not expected. */
export function printFile(one: Case, result: CaseResult | null, verbose: boolean): void {
  const name = `${one.protocol}  ${one.name}`
  if (result === null) {
    console.log(`   -      ${name}  (skipped: ${one.skip})`)
    return
  }
  const { subtests, verdict } = result
  const counts = `${verdict.passed}/${subtests.length}`.padStart(8)
  const expected = verdict.expectedFailures === 0 ? '' : `  (${verdict.expectedFailures} fail as expected)`
  console.log(`${verdict.surprises.length === 0 ? ' ' : '!'}${counts}  ${name}${expected}`)
  for (const surprise of verdict.surprises) console.log(`    ${surprise}`)
  if (!verbose) return
  for (const { name: subtest, outcome, message } of subtests) {
    if (outcome !== 'pass') console.log(`      ${outcome}: ${subtest}\n        ${message}`)
  }
}

/** Returns whether all went as expected. */
export function printSummary(results: ReadonlyMap<Case, CaseResult | null>, fetch: FetchKind): boolean {
  for (const protocol of ['h2', 'h1']) {
    const ran = [...results].flatMap(([one, result]) => (one.protocol === protocol && result ? [result] : []))
    if (ran.length === 0) continue
    const subtests = ran.reduce((sum, { subtests: list }) => sum + list.length, 0)
    const passed = ran.reduce((sum, { verdict }) => sum + verdict.passed, 0)
    console.log(`\n${fetch} over ${protocol}: ${ran.length} files, ${passed} of ${subtests} subtests passed`)
  }
  const verdicts = [...results.values()].flatMap((result) => (result === null ? [] : [result.verdict]))
  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0)
  const failed = verdicts.reduce((sum, verdict) => sum + verdict.surprises.length, 0)
  const expected = verdicts.reduce((sum, verdict) => sum + verdict.expectedFailures, 0)
  const files = results.size - verdicts.length
  console.log(`${expected} subtests failed as expected, ${files} files were skipped`)
  console.log(`\n${passed} passed, ${failed} failed, ${files + expected} skipped`)
  return failed === 0
}
