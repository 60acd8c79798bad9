/** What a run of the peers prints. */
import type { Peer } from './clients.ts'
import { CLASSES, isMet, type Verdict } from './verdict.ts'

export interface PeerRun {
  readonly peer: Peer
  /** null: not installed. */
  readonly version: string | null
  readonly verdicts: readonly Verdict[]
  readonly skipped: number
}

export function titleOf({ name }: Peer, version: string): string {
  return `\n${name} ${version}, Node ${process.versions.node}`
}

export function notInstalled({ name, install }: Peer): string {
  return `\n${name} skipped: it is not installed. To have it: ${install}`
}

export function lineOf({ name }: Peer, verdict: Verdict): string {
  const { number, title } = verdict.case
  const result = `${verdict.class}${verdict.probe ? '' : ', probe failed'}`
  const start = `  ${isMet(verdict) ? 'ok  ' : 'FAIL'} ${name} #${number} ${title}: ${result}`
  return `${start} (${verdict.took.toFixed(0)} ms${isMet(verdict) ? '' : `; ${verdict.note}`})`
}

const COLUMNS = ['cases', ...CLASSES, 'probe failed', '100 ms later', 'met'] as const

export function printTable(runs: readonly PeerRun[]): void {
  const measured = runs.filter(({ version }) => version !== null)
  if (measured.length === 0) return
  const numbers = new Set(measured.flatMap(({ verdicts }) => verdicts.map((one) => one.case.number)))
  console.log(`\n${numbers.size} numbers of the catalogue`)
  const rows = [['', ...COLUMNS], ...measured.map(rowOf)]
  const widths = rows[0]?.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0))) ?? []
  for (const row of rows)
    console.log(
      row
        .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
        .join('  '),
    )
}

function rowOf({ peer, verdicts }: PeerRun): string[] {
  const counts = [
    verdicts.length,
    ...CLASSES.map((name) => verdicts.filter((one) => one.class === name).length),
    verdicts.filter(({ probe }) => !probe).length,
    verdicts.filter(({ laterProbe }) => !laterProbe).length,
    verdicts.filter(isMet).length,
  ]
  return [peer.name, ...counts.map(String)]
}

export function totals(runs: readonly PeerRun[]): string {
  const verdicts = runs.flatMap((run) => run.verdicts)
  const passed = verdicts.filter(isMet).length
  const skipped = runs.reduce((sum, run) => sum + run.skipped, 0)
  return `${passed} passed, ${verdicts.length - passed} failed, ${skipped} skipped`
}
