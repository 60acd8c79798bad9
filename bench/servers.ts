/** The servers of a run, each started when the first scenario wants it, and all ended with the bench. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Certificates } from '../certs/generate.ts'
import { Child } from './child-process.ts'
import { writeFiles } from './files.ts'
import type { ServerReply } from './messages.ts'
import { type Cores, findProgram } from './pinning.ts'
import type { Site } from './scenarios.ts'
import type { Link } from './servers/site.ts'

type ServerName = 'nghttpd' | 'node-http2' | 'node-http1' | 'raw-tls' | 'relay'

export interface Running {
  readonly name: ServerName
  readonly child: Child
  readonly ports: readonly number[]
}

const START_TIMEOUT = 15_000
/** ms each way. */
const LINK_DELAY = 25
/** Bytes per second: 1 Gbit/s. Narrow enough that the link, and not the CPU of this machine, is the limit. */
const LINK_BANDWIDTH = 125_000_000

export class Servers {
  readonly #certificates: Certificates
  readonly #cores: Cores | null
  readonly #started = new Map<ServerName, Promise<Running>>()
  /** Holds what is served. */
  readonly folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'))
  /** nghttpd where it is installed, the cheapest server there is. */
  readonly fastest: ServerName = findProgram('nghttpd') === null ? 'node-http2' : 'nghttpd'

  constructor(certificates: Certificates, cores: Cores | null) {
    this.#certificates = certificates
    this.#cores = cores
  }

  start(name: ServerName): Promise<Running> {
    const started = this.#started.get(name) ?? this.#launch(name)
    this.#started.set(name, started)
    return started
  }

  /** The server of a site; over the relay, the one behind it. */
  forSite(site: Site): Promise<Running> {
    if (site === 'http1') return this.start('node-http1')
    return this.start(site === 'node' ? 'node-http2' : this.fastest)
  }

  /** Where clients reach it. `raw` is the bare TLS server at the same end. */
  async originOf(site: Site, kind: 'http' | 'raw' = 'http'): Promise<string> {
    if (site !== 'link' && site !== 'far') return `https://localhost:${(await this.forSite(site)).ports[0]}`
    const relay = await this.start('relay')
    return `https://localhost:${relay.ports[(site === 'link' ? 0 : 2) + (kind === 'http' ? 0 : 1)]}`
  }

  /** Removes the files; the processes go with the bench. */
  removeFiles(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #launch(name: ServerName): Promise<Running> {
    if (name === 'nghttpd') await writeFiles(this.folder)
    const { certFile, keyFile } = this.#certificates.localhost
    const options = { folder: this.folder, certFile, keyFile, ...(name === 'relay' && (await this.#links())) }
    const child = new Child({
      script: 'server-process.ts',
      args: [name, JSON.stringify(options)],
      core: this.#cores?.[name === 'relay' ? 'relay' : 'server'] ?? null,
    })
    const ready = await child.next<ServerReply>(START_TIMEOUT)
    if (ready.kind !== 'ready') {
      throw new Error(`${name}: ${ready.kind === 'failed' ? ready.message : 'did not start'}`)
    }
    child.worker = ready.worker ?? null
    return { name, child, ports: ready.ports }
  }

  async #links(): Promise<{ links: Link[] }> {
    const behind = await Promise.all([this.start(this.fastest), this.start('raw-tls')])
    const to = (bandwidth: number | null) =>
      behind.map(({ ports }) => ({ target: ports[0] as number, delay: LINK_DELAY, bandwidth }))
    return { links: [...to(LINK_BANDWIDTH), ...to(null)] }
  }
}
