/** A real name server on loopback: Debian's dnsmasq, as a child process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { waitFor } from './wait-for.ts'

const PROGRAM = '/usr/sbin/dnsmasq'

/** Why there is none to test with; null: there is one. */
export const dnsmasqMissing = existsSync(PROGRAM) ? null : `${PROGRAM} is not installed`

/** Asked for until it answers. */
const PROBE = 'probe.invalid'

export class Dnsmasq implements AsyncDisposable {
  /** `127.0.0.1:PORT`, as `dns.setServers` takes it. */
  readonly server: string
  readonly #port: number
  #child: ChildProcess

  constructor(port: number, child: ChildProcess) {
    this.#port = port
    this.#child = child
    this.server = `127.0.0.1:${port}`
  }

  /** `records`: dnsmasq's options, such as `--host-record=a.test,127.0.0.1,5` (name, address, TTL in seconds). */
  static async start(records: readonly string[]): Promise<Dnsmasq> {
    const port = await freePort()
    const started = new Dnsmasq(port, run(port, records))
    await started.#answers()
    return started
  }

  /** The same server with other records. */
  async restart(records: readonly string[]): Promise<void> {
    await this.stop()
    this.#child = run(this.#port, records)
    await this.#answers()
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill()
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #answers(): Promise<void> {
    const resolver = new dns.Resolver({ timeout: 200, tries: 1 })
    resolver.setServers([this.server])
    await waitFor(async () => (await resolver.resolve4(PROBE)).length > 0, {
      timeout: 5000,
      message: () => `dnsmasq to answer; it ended with ${this.#child.exitCode}`,
    })
  }
}

function run(port: number, records: readonly string[]): ChildProcess {
  const options = [
    '--keep-in-foreground',
    '--no-daemon',
    `--port=${port}`,
    '--listen-address=127.0.0.1',
    '--bind-interfaces',
    '--no-resolv',
    '--no-hosts',
    '--conf-file=/dev/null',
    '--pid-file=',
    `--user=${userInfo().username}`,
    `--host-record=${PROBE},192.0.2.1`,
    '--local=/#/',
  ]
  return spawn(PROGRAM, [...options, ...records], { stdio: 'ignore' })
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}
