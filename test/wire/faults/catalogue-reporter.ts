/**
 * Ends a run of the fault catalogue with its account: cases met, failed, skipped, and every number of faults.md
 * accounted for. `vitest run --project wire test/wire/faults --reporter default --reporter
 * ./test/wire/faults/catalogue-reporter.ts`
 */
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { accountText, type CaseTest } from './catalogue.ts'

// biome-ignore lint/style/noDefaultExport: Vitest takes a reporter from a file in no other way.
export default class CatalogueReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules
      .filter(({ moduleId }) => moduleId.includes('/faults/'))
      .flatMap((module) => [...module.children.allTests()].map(caseTest))
    process.once('exit', () => process.stdout.write(`\n${accountText(tests)}\n`))
  }
}

function caseTest(test: TestCase): CaseTest {
  const { state } = test.result()
  if (state === 'passed') return { title: test.name, result: 'passed' }
  if (state !== 'skipped') return { title: test.name, result: 'failed' }
  const { note } = test.result() as { note?: string | undefined }
  return { title: test.name, result: test.options.mode === 'todo' ? 'todo' : 'skipped', note }
}
