/** `promtool check metrics`, of Debian's package prometheus: what the makers of the format say to a scrape. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** Why its tests are skipped; null: they are not. */
export const promtoolMissing =
  spawnSync('promtool', ['--version']).status === 0 ? null : "promtool is not installed (Debian's prometheus)"

/** What it complains of; empty: nothing. Its opinions of names (lint) are among it. */
export async function promtoolComplaints(metrics: string): Promise<string> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(metrics)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  const said = `${stdout}${stderr}`.trim()
  return code === 0 && said === '' ? '' : `exit code ${code}: ${said}`
}
