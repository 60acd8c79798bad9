/** Squid, and HAProxy in front of it, as child processes on loopback: HTTP/1.1, TLS and HTTP/2 as others speak them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverCertificate } from './certificates.ts'
import { waitFor } from './wait-for.ts'

const SQUID = '/usr/sbin/squid'
const HAPROXY = '/usr/sbin/haproxy'

const missing = [SQUID, HAPROXY].filter((program) => !existsSync(program))

/** Why there are none to test with; null: there are. */
export const daemonsMissing = missing.length === 0 ? null : `${missing.join(' and ')} not installed`

/** Accepts this login and no other. */
export const DAEMON_LOGIN = 'user:s3cret'

const squidConfiguration = (directory: string, port: number) => `
http_port 127.0.0.1:${port}
pid_filename none
cache deny all
server_persistent_connections off
access_log stdio:${directory}/access.log
cache_log ${directory}/cache.log
hosts_file ${directory}/hosts
shutdown_lifetime 0 seconds
visible_hostname proxy.test
auth_param basic program /bin/sh ${directory}/login.sh
auth_param basic children 1
acl known proxy_auth REQUIRED
acl forbidden dstdomain forbidden.test
http_access deny forbidden
http_access allow known
http_access deny all
`

const LOGIN_SCRIPT = `while read name password; do
  if [ "$name" = user ] && [ "$password" = s3cret ]; then echo OK; else echo ERR; fi
done
`

const HOSTS = `127.0.0.1 a.test b.test trunkline.test localhost
`

/** CONNECT goes through: of HTTP/2 into one stream, of HTTP/1.1 into one connection. */
const haproxyConfiguration = (bundle: string, port: number, squidPort: number) => `
global
  nbthread 1
  log stderr format raw local0 err

defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s

frontend proxy
  bind 127.0.0.1:${port} ssl crt ${bundle} alpn h2,http/1.1
  default_backend squid

backend squid
  server squid 127.0.0.1:${squidPort}
`

export class ProxyDaemons implements AsyncDisposable {
  readonly #directory: string
  readonly #children: ChildProcess[] = []
  squidPort = 0
  haproxyPort = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  static async start(): Promise<ProxyDaemons> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'trunkline-proxies-')))
    const daemons = new ProxyDaemons(directory)
    try {
      await daemons.#start()
    } catch (error) {
      await daemons.close()
      throw error
    }
    return daemons
  }

  /** Lines of Squid's access log. */
  async accessLog(): Promise<string> {
    return readFile(join(this.#directory, 'access.log'), 'utf8')
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map(stop))
    await rm(this.#directory, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #start(): Promise<void> {
    const directory = this.#directory
    this.squidPort = await freePort()
    this.haproxyPort = await freePort()
    const write = (name: string, text: string) => writeFile(join(directory, name), text)
    const { cert, key } = await serverCertificate()
    await write('squid.conf', squidConfiguration(directory, this.squidPort))
    await write('login.sh', LOGIN_SCRIPT)
    await write('hosts', HOSTS)
    await write('bundle.pem', `${cert}\n${key}`)
    await write(
      'haproxy.cfg',
      haproxyConfiguration(join(directory, 'bundle.pem'), this.haproxyPort, this.squidPort),
    )
    // Started by root, Squid becomes another user.
    await chmod(directory, 0o777)
    this.#run(SQUID, ['-N', '-f', join(directory, 'squid.conf')])
    this.#run(HAPROXY, ['-db', '-f', join(directory, 'haproxy.cfg')])
    await Promise.all([answers(this.squidPort, 'squid'), answers(this.haproxyPort, 'haproxy')])
  }

  #run(program: string, args: readonly string[]): void {
    this.#children.push(spawn(program, args, { stdio: 'ignore', cwd: this.#directory }))
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

async function answers(port: number, name: string): Promise<void> {
  const tryOnce = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
  await waitFor(tryOnce, { timeout: 15_000, interval: 50, message: `${name} to listen` })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
