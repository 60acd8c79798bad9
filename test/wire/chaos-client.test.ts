/** Trunkline against each fault of the chaos server: a right answer, a safe replay or an error that says so. */
import { afterEach, describe, expect, test } from 'vitest'
import { type ClientOptions, createClient, MemoryTlsSessionStore } from '../../src/index.ts'
import { ChaosServer, type ChaosServerOptions, type Fault } from '../../src/testing/index.ts'
import { ensureCertificates } from '../support/certificates.ts'
import { Cleanup } from '../support/cleanup.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const { ca, localhost } = await ensureCertificates()
const { cert, key } = localhost
const text = 'All that can go wrong, will.\n'

async function scene(fault: Fault, client: ClientOptions = {}, options: Partial<ChaosServerOptions> = {}) {
  const server = cleanup.add(await ChaosServer.listen({ cert, key, faults: [fault], ...options }))
  const made = createClient({ tlsSessions: new MemoryTlsSessionStore(), ...client, tls: { ca } })
  cleanup.add(() => made.destroy())
  return { server, client: made }
}

describe('a replay that is safe, whatever the method', () => {
  test.each<[Fault, connections: number, protocol: 'h2' | 'http/1.1']>([
    [{ kind: 'goaway', atStream: 1 }, 2, 'h2'],
    [{ kind: 'refuse', first: 1 }, 1, 'h2'],
    [{ kind: 'misdirected' }, 2, 'h2'],
    [{ kind: 'http-1.1-required' }, 2, 'http/1.1'],
  ])('%j', async (fault, connections, protocol) => {
    const { server, client } = await scene(
      fault,
      {},
      { respond: ({ body, protocol }) => ({ body: `${protocol} ${body}` }) },
    )
    const response = await client.fetch(server.origin, { method: 'POST', body: 'once' })
    expect([response.status, await response.text()]).toEqual([200, `${protocol} once`])
    expect(server.counts).toMatchObject({ requests: 2, processed: 1, faults: { [fault.kind]: 1 } })
    expect(server.counts.tcpConnections).toBeGreaterThanOrEqual(connections)
  })
})

describe('an answer, later', () => {
  test.each<[Fault]>([
    [{ kind: 'tiny-windows', size: 100 }],
    [{ kind: 'max-streams', ms: 150 }],
    [{ kind: 'late-settings', ms: 150 }],
    [{ kind: 'slow-drip', chunk: 10, ms: 20 }],
  ])('%j', async (fault) => {
    const { server, client } = await scene(fault)
    const response = await client.fetch(server.origin, { method: 'POST', body: 'x'.repeat(2000) })
    expect([response.status, await response.text()]).toEqual([200, text])
    // A request that crossed MAX_CONCURRENT_STREAMS 0 on its way was refused, and came again.
    expect(server.counts).toMatchObject({ processed: 1, tcpConnections: 1, faults: { [fault.kind]: 1 } })
  })
})

describe('an error that says what happened', () => {
  test.each<[Fault, code: string]>([
    [{ kind: 'reset-mid-body' }, 'ERR_TRUNKLINE_STREAM_RESET'],
    [{ kind: 'cut-mid-body' }, 'ERR_TRUNKLINE_CONNECTION_LOST'],
  ])('%j: half a body is not taken for a whole one', async (fault, code) => {
    const { server, client } = await scene(fault)
    const response = await client.fetch(server.origin)
    expect(response.status).toBe(200)
    const error = await response.text().catch((reason: unknown) => reason)
    expect(error).toMatchObject({ cause: { code, processed: 'yes', phase: 'body' } })
  })

  test('a black hole: the time limit, and then a new connection', async () => {
    const { server, client } = await scene(
      { kind: 'black-hole', after: 1 },
      { timeouts: { headers: 300 }, retry: false },
    )
    expect(await (await client.fetch(server.origin)).text()).toBe(text)
    const lost = await client.fetch(server.origin, { method: 'POST', body: 'x' }).catch((error) => error)
    expect(lost).toMatchObject({ cause: { code: 'ERR_TRUNKLINE_HEADERS_TIMEOUT' } })
    expect(server.counts).toMatchObject({ requests: 2, processed: 1, faults: { 'black-hole': 1 } })
  })
})

test('a load of requests over a bad connection and a good one: none is lost, none is run twice', async () => {
  const { server, client } = await scene({ kind: 'goaway', atStream: 21 })
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const response = await client.fetch(server.origin, { method: 'POST', body: 'x' })
      await response.arrayBuffer()
      return response.status
    }),
  )
  expect(statuses).toEqual(Array(50).fill(200))
  expect(server.counts).toMatchObject({ processed: 50, http2Connections: 2, faults: { goaway: 1 } })
})
