/**
 * Sends requests without a pause, and gets SIGTERM in the middle of it. Prints what became of them: those that were
 * accepted before the signal, and those that came after it. `second`: a second signal follows, and nothing finishes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, createClient } from '../../../../src/index.ts'

const [origin = '', mode = ''] = process.argv.slice(2)
const client = createClient({ closeOnSignals: { timeout: 10_000 } })
const counts = { finished: 0, refused: 0, cut: 0, other: 0 }

async function send(): Promise<void> {
  try {
    const response = await client.request(`${origin}/slow-body/${mode === 'second' ? 60_000 : 300}`)
    if ((await response.body.text()) === 'first,last') counts.finished += 1
    else counts.other += 1
  } catch (error) {
    const code = error instanceof ClientError ? error.code : ''
    if (code === 'ERR_TRUNKLINE_CLIENT_CLOSED') counts.refused += 1
    else if (code === 'ERR_TRUNKLINE_CLIENT_DESTROYED') counts.cut += 1
    else counts.other += 1
  }
}

const running: Promise<void>[] = []
for (let round = 0; round < 20; round += 1) {
  for (let request = 0; request < 10; request += 1) running.push(send())
  if (round === 10) process.kill(process.pid, 'SIGTERM')
  if (round === 12 && mode === 'second') process.kill(process.pid, 'SIGINT')
  await sleep(10)
}
client.closed.then(async () => {
  await Promise.all(running)
  console.log(JSON.stringify({ ...counts, sent: running.length }))
})
