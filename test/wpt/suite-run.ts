/** Runs cases on a few lanes, each file in a worker of its own, against one server per protocol. */
import { ensureCertificates } from '../support/certificates.ts'
import { expectedOf, judge, judgePlatform, readExpectations, type Verdict } from './judge.ts'
import { performCase, type Subtest } from './perform.ts'
import type { Case } from './plan.ts'
import { type Protocol, startServer, type WptServer } from './server/server.ts'
import type { FetchKind } from './worker.ts'

/** Files at once. More than cores: some of them wait for slow responses. */
const LANES = 3

export interface CaseResult {
  readonly subtests: readonly Subtest[]
  readonly verdict: Verdict
}

export interface SuiteRun {
  run(one: Case): Promise<CaseResult>
  close(): Promise<void>
}

export async function openSuiteRun(fetch: FetchKind): Promise<SuiteRun> {
  const expectations = readExpectations()
  const { ca } = await ensureCertificates()
  const servers: Record<Protocol, WptServer> = { h2: await startServer('h2'), h1: await startServer('h1') }
  const judged = fetch === 'ours' ? judge : judgePlatform
  const lanes = new Lanes(LANES)
  return {
    run: (one) =>
      lanes.enter(async () => {
        const server = servers[one.protocol]
        const before = server.faults.length
        const subtests = await performCase(one, { server, ca, fetch })
        const verdict = judged(subtests, expectedOf(expectations, one.name, one.protocol))
        const faults = server.faults.slice(before).map((fault) => `the test server failed at ${fault}`)
        return { subtests, verdict: { ...verdict, surprises: [...verdict.surprises, ...faults] } }
      }),
    async close() {
      await Promise.all([servers.h2.close(), servers.h1.close()])
    },
  }
}

class Lanes {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async enter<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
