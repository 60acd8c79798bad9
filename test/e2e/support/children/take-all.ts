/** Takes sessions until there are none, and says which it got. Adds some of its own meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../ticket-store.ts'

const [place = '', name = '', count = '0'] = process.argv.slice(2)
const { store, close } = await openStore(JSON.parse(place))
const taken: string[] = []
const session = (ticket: string) => ({
  ticket: Buffer.from(ticket),
  version: 'TLSv1.3',
  fingerprint256: 'AA',
  verifiedAt: Date.now(),
  expiresAt: Date.now() + 60_000,
})
let empty = 0
for (let turn = 0; empty < 20; turn += 1) {
  if (turn < Number(count)) await store.add('shared', session(`${name}-${turn}`))
  const got = await store.take('shared')
  if (got === undefined) {
    empty += 1
    await sleep(5)
  } else {
    empty = 0
    taken.push(Buffer.from(got.ticket).toString())
  }
}
await store.flush()
close()
console.log(JSON.stringify(taken))
