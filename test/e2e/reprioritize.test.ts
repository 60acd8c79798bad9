import { afterEach, expect, test } from 'vitest'
import { createClient } from '../../src/index.ts'
import { ensureCertificates } from '../support/certificates.ts'
import { Cleanup } from '../support/cleanup.ts'
import { RawPeer } from '../support/raw-peer.ts'

const { ca, localhost } = await ensureCertificates()
const cleanup = new Cleanup()

afterEach(() => cleanup.run())

/** A server that sends a head and half of the body, and the rest when `go` is called. */
async function halfway(tell: (frame: Buffer) => void): Promise<{ origin: string; go: () => void }> {
  const gate = Promise.withResolvers<void>()
  const peer = cleanup.add(
    await RawPeer.listen({
      ...localhost,
      async onConnection(connection) {
        await connection.preface()
        const request = await connection.expectRequest()
        connection.sendHeaders(request.streamId, { ':status': '200' })
        connection.sendData(request.streamId, 'half')
        if (process.env.TRUNKLINE_ENGINE === 'wire') tell((await connection.expect('UNKNOWN')).payload)
        await gate.promise
        connection.sendData(request.streamId, 'half', { endStream: true })
      },
    }),
  )
  return { origin: `https://localhost:${peer.port}`, go: gate.resolve }
}

test('the rest of a response gets another priority, where the engine can tell it', async () => {
  const told = Promise.withResolvers<Buffer>()
  const { origin, go } = await halfway(told.resolve)
  await using client = createClient({ tls: { ca } })
  const response = await client.request(`${origin}/large`)
  const canTell = process.env.TRUNKLINE_ENGINE === 'wire'
  expect(response.reprioritize({ urgency: 0, incremental: true })).toBe(canTell)
  // RFC 9218 section 7.1: the stream, then the value of the field.
  if (canTell) expect((await told.promise).toString('latin1')).toBe('\0\0\0\u0001u=0, i')
  go()
  expect(await response.body.text()).toBe('halfhalf')
  expect(response.reprioritize('high')).toBe(false)
  expect(() => response.reprioritize({ urgency: 9 })).toThrow('urgency')
})
