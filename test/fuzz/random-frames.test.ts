/**
 * Peers that answer with random frames. Whatever comes, every request settles in time, with a response or a typed
 * error, nothing else in the process notices, and the client works on.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Client, ClientError, createClient, type RequestOptions } from '../../src/index.ts'
import { activeHandles, expectNoNewHandles } from '../support/handles.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import { RawPeer } from '../support/raw-peer.ts'
import { Random } from '../unit/fakes/random.ts'
import { type ProcessWatch, watchProcess } from '../wire/faults/process-watch.ts'
import { randomFrames } from './random-frames.ts'
import { patience, runs, seed } from './runs.ts'

const PEERS = 10
const CONNECTIONS = Math.ceil((runs(400).numRuns as number) / PEERS)
/** ms; the timeouts of one request, its replays and its retry together stay below it. */
const SETTLED_AFTER = 5000

let watch: ProcessWatch
let handles: Record<string, number>
beforeEach(() => {
  watch = watchProcess()
  handles = activeHandles()
})
afterEach(() => watch.finish())

function fuzzedClient(): Client {
  return createClient({
    http2: { priorKnowledge: true, settingsTimeout: 300, drainTimeout: 1000 },
    timeouts: { connect: 1000, queue: 800, headers: 300, body: 300 },
    keepAlive: { interval: 100, timeout: 200 },
    limits: { responseBody: 1_000_000 },
  })
}

/** One peer of many connections; each is random until `kind`. */
class FuzzPeer {
  readonly random: Random
  peer!: RawPeer
  kind = false
  readonly #ended = new WeakSet<RawConnection>()

  constructor(number: number) {
    this.random = new Random(number)
  }

  static async listen(number: number): Promise<FuzzPeer> {
    const fuzz = new FuzzPeer(number)
    fuzz.peer = await RawPeer.listen({
      tls: false,
      record: false,
      onConnection: (one) => fuzz.#onConnection(one),
    })
    return fuzz
  }

  get done(): boolean {
    return this.peer.tcpConnections >= CONNECTIONS
  }

  #onConnection(connection: RawConnection): void {
    if (this.kind) return connection.autoRespond({ body: 'good' })
    // Some say nothing of what a server has to say first.
    if (this.random.chance(0.9))
      connection.sendSettings({ MAX_CONCURRENT_STREAMS: 1 + this.random.below(20) })
    if (this.random.chance(0.9)) connection.acknowledgeSettings = true
    connection.answerPings = this.random.chance(0.8)
    if (this.random.chance(0.1)) this.#send(connection, 1)
    connection.autoRespond((request) => {
      if (this.kind) return { body: 'good' }
      this.#send(connection, request.streamId)
      if (this.random.chance(0.5)) this.#end(connection)
      return undefined
    })
  }

  #send(connection: RawConnection, streamId: number): void {
    for (const frame of randomFrames(this.random, streamId)) connection.sendRaw(frame)
  }

  /** Once: Node never closes the handle of a socket that is reset after its FIN. */
  #end(connection: RawConnection): void {
    if (this.#ended.has(connection)) return
    this.#ended.add(connection)
    const how = this.random.below(3)
    const end = () => {
      if (how === 0) connection.fin()
      else if (how === 1) connection.reset()
      else connection.transport.destroy()
    }
    if (this.random.chance(0.5)) end()
    else setTimeout(end, this.random.below(10))
  }
}

type Outcome = { readonly status: number; readonly body: string } | { readonly error: unknown }

async function send(client: Client, url: string, options: RequestOptions): Promise<Outcome> {
  const answer = client
    .request(url, options)
    .then(async ({ status, body }) => ({ status, body: await body.text() }))
  const late = sleep(SETTLED_AFTER, 'late' as const, { ref: false })
  const outcome = await Promise.race([answer.catch((error: unknown) => ({ error })), late])
  if (outcome === 'late')
    throw new Error(`${options.method} ${url} did not settle within ${SETTLED_AFTER} ms`)
  return outcome
}

function optionsOf(random: Random): RequestOptions {
  const method = random.pick(['GET', 'POST', 'PUT', 'HEAD'])
  const decompress = random.chance(0.3)
  if (method === 'GET' || method === 'HEAD') return { method, decompress }
  if (random.chance(0.5)) return { method, decompress, body: 'x'.repeat(random.below(70_000)) }
  return { method, decompress, body: () => ['some', 'pieces', 'of', 'text'] }
}

function expectTyped(outcome: Outcome): void {
  if ('error' in outcome) {
    expect(outcome.error).toBeInstanceOf(ClientError)
    const { code, message, processed, origin } = outcome.error as ClientError
    expect(code).toMatch(/^ERR_TRUNKLINE_/)
    expect(['no', 'maybe', 'yes']).toContain(processed)
    expect(message).not.toMatch(/undefined|null|\[object/)
    expect(origin).toMatch(/^http:/)
  } else {
    expect(outcome.status).toBeGreaterThanOrEqual(200)
    expect(outcome.status).toBeLessThan(600)
  }
}

test(
  `${PEERS * CONNECTIONS} connections of random frames`,
  async () => {
    const client = fuzzedClient()
    const base = seed()
    const peers = await Promise.all(
      Array.from({ length: PEERS }, (_, at) => FuzzPeer.listen(base * 1000 + at)),
    )
    const counts = { responses: 0, errors: 0 }
    const codes = new Set<string>()

    async function play(fuzz: FuzzPeer): Promise<void> {
      const random = new Random(fuzz.random.below(2 ** 31))
      while (!fuzz.done) {
        const some = Array.from({ length: 1 + random.below(3) }, () =>
          send(client, `${fuzz.peer.origin}/`, optionsOf(random)),
        )
        for (const outcome of await Promise.all(some)) {
          expectTyped(outcome)
          if ('error' in outcome) codes.add((outcome.error as ClientError).code)
          counts['error' in outcome ? 'errors' : 'responses'] += 1
        }
        // One that is left in peace would serve for ever.
        if (random.chance(0.5)) for (const { transport } of fuzz.peer.connections) transport.destroy()
      }
    }

    try {
      await Promise.all(peers.map(play))
      // Of everything something came: the peers were neither all good nor all bad.
      expect(counts.responses).toBeGreaterThan(CONNECTIONS)
      expect(counts.errors).toBeGreaterThan(CONNECTIONS)
      expect(codes.size).toBeGreaterThan(3)
      for (const fuzz of peers) {
        fuzz.kind = true
        for (const { transport } of fuzz.peer.connections) transport.destroy()
      }
      await sleep(20)
      for (const { peer } of peers) {
        expect(await send(client, peer.origin, { method: 'GET' })).toEqual({ status: 200, body: 'good' })
        expect(await send(client, peer.origin, { method: 'POST', body: 'x' })).toEqual({
          status: 200,
          body: 'good',
        })
      }
      expect(client.stats()).toMatchObject({ active: 0, queued: 0 })
    } finally {
      await client.close({ timeout: 2000 })
      await Promise.all(peers.map(({ peer }) => peer.close().catch(() => {})))
    }
    expect(client.stats().connections).toBe(0)
    await expectNoNewHandles(handles, { timeout: 2000 })
  },
  patience(60_000, 100),
)
