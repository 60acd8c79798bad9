/** CPU time of another process, where the system tells. */
import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever the kernel's own tick is. */
const TICK_MICROS = 10_000

/** User and system time so far, microseconds; null where there is no /proc, or no such process. */
export function cpuMicrosOf(pid: number | null): number | null {
  if (pid === null) return null
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return null
  }
}

/** The name of the program stands in brackets and may hold anything; the fields are counted from behind it. */
export function parseStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS
}

/** The share of a stretch of time for which a process ran. */
export async function busyDuring<T>(pid: number | null, run: () => Promise<T>): Promise<[T, number | null]> {
  const before = cpuMicrosOf(pid)
  const start = performance.now()
  const result = await run()
  const micros = (performance.now() - start) * 1000
  const after = cpuMicrosOf(pid)
  return [result, before === null || after === null ? null : (after - before) / micros]
}
