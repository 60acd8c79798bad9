/** The web-platform-tests of fetch, over HTTP/2 and over HTTP/1.1. `expectations.json` says what fails, and why. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readExpectations } from './judge.ts'
import { planCases } from './plan.ts'
import { openSuiteRun, type SuiteRun } from './suite-run.ts'

const { node } = readExpectations()
const here = Number.parseInt(process.versions.node, 10)
/** What fails depends on the platform's own classes, and so on the version of Node. */
const titled =
  here === node ? 'web-platform-tests' : `web-platform-tests (kept for Node ${node}, this is ${here})`

describe.skipIf(here !== node)(titled, async () => {
  let suite: SuiteRun
  beforeAll(async () => {
    suite = await openSuiteRun('ours')
  })
  afterAll(() => suite.close())

  for (const protocol of ['h2', 'h1'] as const) {
    for (const one of await planCases(protocol)) {
      const title = `${one.name} over ${protocol}`
      if (one.skip !== null) test.skip(`${title}: ${one.skip}`)
      else {
        test.concurrent(title, async () => {
          const { verdict } = await suite.run(one)
          expect(verdict.surprises, verdict.surprises.join('\n')).toEqual([])
        })
      }
    }
  }
})
