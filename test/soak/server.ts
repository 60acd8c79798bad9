/**
 * The chaos server, a process of its own (`fork`, its options as one JSON argument): HTTP/2 and HTTP/1.1 by the raw
 * peer, so that every frame is ours to send, to withhold or to get wrong.
 */
import { RawPeer } from '../support/raw-peer.ts'
import { sleep, waitFor } from '../support/wait-for.ts'
import { cpuSeconds } from './cpu.ts'
import { connectionPlan, strike } from './faults.ts'
import { Http1Script } from './http1-script.ts'
import { Http2Script, type Scene } from './http2-script.ts'
import { Ledger } from './ledger.ts'
import type { Answer, Question, ServerOptions, ServerReport } from './messages.ts'
import { Random } from './random.ts'

/** ms that the client has to close its connections once it said that it has. */
const CLOSE_PATIENCE = 3000

class ChaosServer {
  readonly #ledger = new Ledger()
  readonly #scene: Scene
  readonly #seed: number
  readonly #http2 = new Set<Http2Script>()
  readonly #http1 = new Set<Http1Script>()
  /** TCP sockets that are open, with what became of them. */
  #peer!: RawPeer
  #downgraded = false
  #stopped = false

  constructor({ seed, engine }: ServerOptions) {
    this.#seed = seed
    this.#scene = { seed, engine, ledger: this.#ledger }
  }

  async listen(): Promise<number> {
    this.#peer = await RawPeer.listen({
      record: false,
      alpn: (offered) => (this.#downgraded && offered.includes('http/1.1') ? 'http/1.1' : offered[0]),
      beforeTls: (tcp, index) => {
        const { start } = connectionPlan(this.#seed, index)
        if (start !== 'reset' && start !== 'fin') return undefined
        this.#ledger.played(`dial ${start}`)
        if (start === 'reset') tcp.resetAndDestroy()
        else tcp.resume().end()
        return 'handled'
      },
      onConnection: (connection, index) => {
        const plan = connectionPlan(this.#seed, index)
        const script = new Http2Script(connection, this.#scene, plan)
        this.#keep(this.#http2, script, this.#peer.connections, connection)
        connection.closed.then(() => {
          this.#ledger.violated(connection.violations)
          const { maxConcurrentSeen } = connection.streams
          this.#ledger.maxConcurrentSeen = Math.max(this.#ledger.maxConcurrentSeen, maxConcurrentSeen)
        })
        if (plan.start === 'silent') this.#stayDumb(script)
        else script.start()
      },
      onHttp1Connection: (connection, index) => {
        const script = new Http1Script(connection, this.#scene, connectionPlan(this.#seed, index))
        this.#keep(this.#http1, script, this.#peer.http1Connections, connection)
        script.start()
      },
    })
    for (const run of [this.#strikes, this.#settings, this.#blackHoles, this.#protocolErrors])
      this.#repeat(run.bind(this))
    for (const run of [this.#downgrades, this.#drains]) this.#repeat(run.bind(this))
    return this.#peer.port
  }

  /** The books as they are when the client has closed everything. */
  async report(unprocessed: readonly number[]): Promise<ServerReport> {
    this.#stopped = true
    // Nothing is read from a black hole, the client's goodbye included.
    for (const { hung, connection } of this.#http2) if (hung) connection.transport.socket.resume()
    await waitFor(() => this.#peer.counts.openConnections === 0, { timeout: CLOSE_PATIENCE }).catch(() => {})
    const { tcpConnections, tlsHandshakes, resumedHandshakes } = this.#peer.counts
    for (const { connection } of this.#http2) this.#ledger.violated(connection.violations)
    for (const error of this.#peer.errors) this.#ledger.failed(error)
    const { requests, duplicated, corruptUploads, violations, violationCount, faults, errors } = this.#ledger
    return {
      requests,
      duplicated,
      misjudged: unprocessed.filter((id) => this.#ledger.wasProcessed(id)).length,
      corruptUploads,
      violations,
      violationCount,
      maxConcurrentSeen: this.#ledger.maxConcurrentSeen,
      tcpConnections,
      tlsHandshakes,
      resumedHandshakes,
      cpuSeconds: cpuSeconds(),
      faults,
      errors,
    }
  }

  #keep<Script, Connection extends { readonly closed: Promise<unknown> }>(
    scripts: Set<Script>,
    script: Script,
    connections: Connection[],
    connection: Connection,
  ): void {
    scripts.add(script)
    connection.closed.then(() => {
      scripts.delete(script)
      // A long run must not fill the server's memory with connections of long ago.
      const index = connections.indexOf(connection)
      if (index >= 0) connections.splice(index, 1)
    })
  }

  /** TLS is done, and not even SETTINGS comes. */
  async #stayDumb(script: Http2Script): Promise<void> {
    this.#ledger.played('dial silent')
    await sleep(3000)
    if (!script.connection.isClosed) script.connection.reset()
  }

  /** `run` returns how long to wait, ms, and what then to do. */
  async #repeat(run: (tick: number) => number | Promise<number>): Promise<void> {
    try {
      for (let tick = 0; !this.#stopped; tick += 1) await sleep(await run(tick))
    } catch (error) {
      this.#ledger.failed(error)
    }
  }

  #strikes(tick: number): number {
    for (const script of [...this.#http2, ...this.#http1]) {
      if (script.connection.isClosed || (script instanceof Http2Script && script.hung)) continue
      const how = strike(this.#seed, tick, script.connection.index)
      if (how !== 'spared') script.end(how)
    }
    return new Random(this.#seed, 4, tick).whole(150, 250)
  }

  #settings(tick: number): number {
    const random = new Random(this.#seed, 5, tick)
    const script = this.#any(random)
    const limit = random.chance(0.05) ? 0 : random.whole(20, 100)
    script?.limitStreams(limit, random.whole(20, 100)).catch((error) => this.#ledger.failed(error))
    return random.whole(50, 150)
  }

  #blackHoles(tick: number): number {
    const random = new Random(this.#seed, 6, tick)
    if (tick > 0) this.#any(random)?.hang()
    return random.whole(6000, 12_000)
  }

  #protocolErrors(tick: number): number {
    const random = new Random(this.#seed, 7, tick)
    if (tick > 0)
      this.#any(random)
        ?.breakProtocol()
        .catch((error) => this.#ledger.failed(error))
    return random.whole(3000, 6000)
  }

  async #downgrades(tick: number): Promise<number> {
    const random = new Random(this.#seed, 8, tick)
    if (tick === 0) return random.whole(3000, 5000)
    this.#ledger.played('downgrade to HTTP/1.1')
    this.#downgraded = true
    await sleep(random.whole(300, 1200))
    this.#downgraded = false
    return random.whole(5000, 9000)
  }

  #drains(tick: number): number {
    const random = new Random(this.#seed, 9, tick)
    if (tick > 0) {
      this.#ledger.played('drain of everything')
      for (const script of this.#http2)
        if (!script.hung) script.drain().catch((error) => this.#ledger.failed(error))
    }
    return random.whole(4000, 8000)
  }

  #any(random: Random): Http2Script | undefined {
    const scripts = [...this.#http2].filter(({ connection, hung }) => !hung && !connection.isClosed)
    return scripts.length === 0 ? undefined : random.pick(scripts)
  }
}

const server = new ChaosServer(JSON.parse(process.argv[2] ?? '{}') as ServerOptions)
const say = (answer: Answer) => process.send?.(answer)

process.on('uncaughtException', (error) => {
  console.error('The chaos server failed:', error)
  process.exit(1)
})
process.on('disconnect', () => process.exit(0))
process.on('message', async (question: Question) => {
  say({ type: 'report', report: await server.report(question.unprocessed) })
})
say({ type: 'ready', port: await server.listen() })
