/** Holds what happened to what is expected. */
import { readFileSync } from 'node:fs'
import type { Subtest } from './perform.ts'
import type { Protocol } from './server/server.ts'

/** Subtests of one file that fail, and why. */
export interface ExpectedFailures {
  /** A key of `reasons`. */
  readonly reason: string
  /** What becomes of the same subtests with the platform's fetch, on the Node that `node` names. */
  readonly platform: 'fails' | 'passes'
  /** The protocol over which they fail; both when it is left out. */
  readonly protocol?: Protocol
  readonly subtests: readonly string[]
}

export interface Expectations {
  /** Major version of Node for which they are kept: the platform's classes differ between versions. */
  readonly node: number
  readonly reasons: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, readonly ExpectedFailures[]>>
}

export interface Verdict {
  readonly passed: number
  readonly expectedFailures: number
  /** What is not as expected, a line each; empty is good. */
  readonly surprises: readonly string[]
}

export const EXPECTATIONS_FILE = new URL('./expectations.json', import.meta.url)

export function readExpectations(): Expectations {
  const expectations = JSON.parse(readFileSync(EXPECTATIONS_FILE, 'utf8')) as Expectations
  for (const [file, groups] of Object.entries(expectations.files)) {
    const unexplained = groups.find(({ reason }) => expectations.reasons[reason] === undefined)
    if (unexplained) throw new Error(`${file}: "${unexplained.reason}" is not one of the reasons`)
  }
  return expectations
}

/** The expected failures of a file over a protocol, by the names of their subtests. */
export function expectedOf(
  expectations: Expectations,
  file: string,
  protocol: Protocol,
): ReadonlyMap<string, ExpectedFailures> {
  const groups = (expectations.files[file] ?? []).filter((group) => (group.protocol ?? protocol) === protocol)
  return new Map(groups.flatMap((group) => group.subtests.map((name) => [name, group] as const)))
}

/** Each subtest that fails must be expected to, and each that is expected to must be there and fail. */
export function judge(
  subtests: readonly Subtest[],
  expected: ReadonlyMap<string, ExpectedFailures>,
): Verdict {
  const failing = subtests.filter(isFailure)
  const names = new Set(failing.map(({ name }) => name))
  const unexpected = failing.filter(({ name }) => !expected.has(name))
  const passing = [...expected.keys()].filter((name) => !names.has(name))
  return {
    passed: subtests.filter(({ outcome }) => outcome === 'pass').length,
    expectedFailures: failing.length - unexpected.length,
    surprises: [
      ...unexpected.map(({ name, outcome, message }) => `${outcome}: ${name}\n      ${message}`),
      ...passing.map((name) => `expected to fail, and did not: ${name}`),
    ],
  }
}

/** The same for a run with the platform's fetch: what is claimed of it must be true. */
export function judgePlatform(
  subtests: readonly Subtest[],
  expected: ReadonlyMap<string, ExpectedFailures>,
): Verdict {
  const failing = new Set(subtests.filter(isFailure).map(({ name }) => name))
  const wrong = [...expected].filter(([name, { platform }]) => failing.has(name) !== (platform === 'fails'))
  return {
    passed: subtests.length - failing.size,
    expectedFailures: failing.size,
    surprises: wrong.map(
      ([name, { platform }]) => `expectations.json says that the platform ${platform}: ${name}`,
    ),
  }
}

function isFailure({ outcome }: Subtest): boolean {
  return outcome !== 'pass' && outcome !== 'not applicable'
}
