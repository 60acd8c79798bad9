/** Meets many servers, one after another, that each send one malformed response head. Run with its kind. */
import * as net from 'node:net'
import { createClient } from '../../../src/index.ts'
import { Flag, FrameType, rawFrame, settingsFrame } from '../../support/frames.ts'
import { hpack } from '../../support/hpack.ts'

const ROUNDS = 30
const AT_ONCE = 30

const literal = hpack.literal('x-a', 'w'.repeat(100))
const status = Buffer.from([0x88])
const headers = (flags: number, block: Buffer) =>
  rawFrame({ type: FrameType.HEADERS, flags, streamId: 1, payload: block })

const MALFORMED: Record<string, Buffer> = {
  'field-before-status': headers(Flag.END_HEADERS, Buffer.concat([literal, status])),
  'data-inside-a-head': Buffer.concat([
    headers(0, Buffer.concat([status, literal])),
    rawFrame({ type: FrameType.DATA, flags: 0, streamId: 1, payload: Buffer.from('x') }),
  ]),
}

const answer = MALFORMED[process.argv[2] ?? ''] as Buffer
const server = net.createServer((socket) => {
  socket.on('error', () => {})
  socket.write(settingsFrame({}))
  socket.once('data', () => {
    setTimeout(() => {
      socket.write(answer)
      setTimeout(() => socket.destroy(), 3)
    }, 3)
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`

let failed = 0
async function meet(): Promise<void> {
  const client = createClient({ http2: { priorKnowledge: true }, retry: false })
  await client.request(origin).then(
    ({ body }) => body.bytes().catch(() => failed++),
    () => failed++,
  )
  client.destroy()
}

process.on('warning', () => {})
for (let round = 0; round < ROUNDS; round += 1) {
  await Promise.all(Array.from({ length: AT_ONCE }, meet))
  // Garbage enough for the collector to come round.
  Array.from({ length: 20_000 }, (_, index) => ({ index }))
}
globalThis.gc?.()
process.stdout.write(JSON.stringify({ connections: ROUNDS * AT_ONCE, failed }))
server.close()
