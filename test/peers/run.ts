/**
 * `npm run test:faults -- --peer NAME`: the cases of the catalogue that need nothing of our API, against another
 * client. It measures, so the exit code is 0 whatever comes out.
 *
 *   --peer NAME     trunkline, undici, fetch, got, http2-wrapper, or all; may be repeated
 *   --case N        only the cases of this number; may be repeated
 */
import { parseArgs } from 'node:util'
import { CHECKS, casesByNumber } from './cases.ts'
import { PeerProcess } from './child-process.ts'
import { type Peer, peers } from './clients.ts'
import type { FaultCase } from './fault-case.ts'
import { host } from './host.ts'
import { lineOf, notInstalled, type PeerRun, printTable, titleOf, totals } from './report.ts'
import { isMet, judge, type Verdict } from './verdict.ts'

const { values } = parseArgs({
  options: {
    peer: { type: 'string', multiple: true, default: ['all'] },
    case: { type: 'string', multiple: true, default: [] },
  },
})

function misused(message: string): never {
  console.error(message)
  process.exit(2)
}

function chosenPeers(names: readonly string[]): readonly Peer[] {
  if (names.includes('all')) return peers
  return names.map((name) => {
    const peer = peers.find((one) => one.name === name)
    return peer ?? misused(`No peer is called ${name}; there are ${peers.map((one) => one.name).join(', ')}`)
  })
}

async function playOne(one: FaultCase, process: PeerProcess): Promise<Verdict> {
  const server = await host(one)
  try {
    const result = await process.run({
      origin: server.origin,
      send: one.send ?? {},
      warm: one.warm ?? false,
      probe: !one.noProbe,
    })
    return judge(one, result, server.timesSent())
  } finally {
    await server.close()
  }
}

async function playAll(peer: Peer, cases: readonly FaultCase[]): Promise<PeerRun> {
  const version = await peer.version()
  if (version === null) {
    console.log(notInstalled(peer))
    return { peer, version, verdicts: [], skipped: cases.length }
  }
  console.log(titleOf(peer, version))
  const process = new PeerProcess(peer.name)
  try {
    const spoken = new Set<string>()
    for (const check of CHECKS) {
      const verdict = await playOne(check, process)
      if (isMet(verdict)) spoken.add(check.protocol)
      else console.log(`  no ${check.protocol} here (${verdict.note}); those cases are skipped`)
    }
    const playable = cases.filter(({ protocol }) => spoken.has(protocol))
    const verdicts: Verdict[] = []
    for (const one of playable) {
      const verdict = await playOne(one, process)
      console.log(lineOf(peer, verdict))
      verdicts.push(verdict)
    }
    return { peer, version, verdicts, skipped: cases.length - playable.length }
  } finally {
    process.close()
  }
}

const cases = casesByNumber(values.case.map(Number))
if (cases.length === 0) misused(`No case has a number of ${values.case.join(', ')}`)
const runs: PeerRun[] = []
for (const peer of chosenPeers(values.peer)) runs.push(await playAll(peer, cases))
printTable(runs)
console.log(`\n${totals(runs)}`)
process.exit()
