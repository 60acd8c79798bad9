/** Brings `expectations.json` up to date with a run; reasons that were given stay. */
import type { writeFile } from 'node:fs/promises'
import { EXPECTATIONS_FILE, type ExpectedFailures, readExpectations } from './judge.ts'
import type { Case } from './plan.ts'
import type { Protocol } from './server/server.ts'
import type { CaseResult } from './suite-run.ts'
import type { FetchKind } from './worker.ts'

interface Entry {
  readonly reason: string
  readonly platform: ExpectedFailures['platform']
}

/** By protocol, then by subtest. */
type Entries = Map<Protocol, Map<string, Entry>>

/**
 * After a run of ours: what fails is expected to, what passes is not. After a run of the platform: the claims about it
 * are made true. Files and protocols that did not run are left as they are.
 */
export async function updateExpectations(
  results: ReadonlyMap<Case, CaseResult | null>,
  fetch: FetchKind,
  write: typeof writeFile,
): Promise<void> {
  const { node, reasons, files } = readExpectations()
  const updated: Record<string, readonly ExpectedFailures[]> = { ...files }
  for (const [{ name, protocol }, result] of results) {
    if (result === null) continue
    const entries = entriesOf(updated[name] ?? [])
    const failing = result.subtests.filter(
      ({ outcome }) => outcome !== 'pass' && outcome !== 'not applicable',
    )
    const failed = new Set(failing.map((subtest) => subtest.name))
    const before = entries.get(protocol)!
    if (fetch === 'platform') {
      for (const [key, { reason }] of before)
        before.set(key, { reason, platform: failed.has(key) ? 'fails' : 'passes' })
    } else {
      entries.set(
        protocol,
        new Map([...failed].map((key) => [key, before.get(key) ?? { reason: 'new', platform: 'fails' }])),
      )
    }
    updated[name] = groupsOf(entries)
  }
  const kept = Object.entries(updated).filter(([, groups]) => groups.length > 0)
  const sorted = Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)))
  await write(EXPECTATIONS_FILE, `${JSON.stringify({ node, reasons, files: sorted }, null, 2)}\n`)
}

function entriesOf(groups: readonly ExpectedFailures[]): Entries {
  const entries: Entries = new Map([
    ['h2', new Map()],
    ['h1', new Map()],
  ])
  for (const { reason, platform, protocol, subtests } of groups) {
    for (const one of protocol === undefined ? (['h2', 'h1'] as const) : [protocol])
      for (const name of subtests) entries.get(one)!.set(name, { reason, platform })
  }
  return entries
}

/** Subtests with the same reason become one group; those of both protocols name none. */
function groupsOf(entries: Entries): ExpectedFailures[] {
  const groups = new Map<string, ExpectedFailures & { subtests: string[] }>()
  const add = (name: string, { reason, platform }: Entry, protocol?: Protocol): void => {
    const key = [reason, platform, protocol].join()
    const group = groups.get(key) ?? { reason, platform, ...(protocol && { protocol }), subtests: [] }
    group.subtests.push(name)
    groups.set(key, group)
  }
  const h2 = entries.get('h2')!
  const h1 = entries.get('h1')!
  for (const [name, entry] of h2) {
    const other = h1.get(name)
    const same = other?.reason === entry.reason && other.platform === entry.platform
    add(name, entry, same ? undefined : 'h2')
  }
  for (const [name, entry] of h1) {
    const other = h2.get(name)
    if (other?.reason !== entry.reason || other.platform !== entry.platform) add(name, entry, 'h1')
  }
  return [...groups.values()]
}
