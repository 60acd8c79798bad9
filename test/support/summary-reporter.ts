import type { Reporter, TestModule } from 'vitest/node'

/** Closes a run with one plain line, `N passed, N failed, N skipped`, that people and scripts can read alike. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++
      count.failed += module.errors().length
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length
    }
    // A test that never came to a result (the run was cut short) did not pass.
    const failed = count.failed + count.pending
    process.once('exit', () => {
      process.stdout.write(`\n${count.passed} passed, ${failed} failed, ${count.skipped} skipped\n`)
    })
  }
}
