import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { Child, output } from '../child.ts'
import type { Protocol, ServerDefinition, Site } from './server.ts'

export interface RunningServer {
  readonly definition: ServerDefinition
  readonly url: string
  logTail(): Promise<string>
  stop(): Promise<void>
}

/** Where Debian puts daemons; the PATH of an ordinary user leaves it out. */
const daemonDirectories = ['/usr/sbin', '/usr/local/sbin']

async function findBinary(name: string): Promise<string | undefined> {
  for (const directory of [...(process.env.PATH ?? '').split(delimiter), ...daemonDirectories]) {
    const path = join(directory, name)
    const found =
      directory !== '' &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ))
    if (found) return path
  }
  return undefined
}

export type Availability =
  | { readonly available: true; readonly binary: string; readonly version: string }
  | { readonly available: false; readonly reason: string }

export async function availability(definition: ServerDefinition): Promise<Availability> {
  const binary = await findBinary(definition.binary)
  if (binary === undefined) {
    const reason = `${definition.binary} is not installed (Debian: apt-get install ${definition.debianPackage})`
    return { available: false, reason }
  }
  const text = await output(binary, [definition.versionArgument])
  return { available: true, binary, version: text.match(/\d+\.\d+(\.\d+)?/)?.[0] ?? '?' }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** What the server picks in a TLS handshake; undefined if there is nobody yet. */
function negotiate(port: number, protocol: Protocol): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false }
    const socket = connect({ ...options, port, ALPNProtocols: [protocol] })
    socket.setTimeout(1000, () => socket.destroy())
    socket.once('secureConnect', () => {
      resolve(socket.alpnProtocol || 'nothing')
      socket.end()
    })
    socket.on('error', () => socket.destroy())
    socket.once('close', () => resolve(undefined))
  })
}

async function waitUntilReady(child: Child, definition: ServerDefinition, port: number): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    if (child.exited) throw new Error(`${definition.name} did not start:\n${await child.tail()}`)
    const protocol = await negotiate(port, 'h2')
    if (protocol === 'h2') return
    if (protocol !== undefined) throw new Error(`${definition.name} chose ${protocol} when h2 was offered`)
    if (Date.now() > deadline)
      throw new Error(`${definition.name} was not ready in 10 s:\n${await child.tail()}`)
    await delay(25)
  }
}

/** What all servers of a run share of a site; each gets a directory and a port of its own. */
export type SharedSite = Omit<Site, 'directory' | 'port'> & { readonly root: string }

async function attempt(
  definition: ServerDefinition,
  binary: string,
  shared: SharedSite,
): Promise<RunningServer> {
  const port = await freePort()
  const directory = join(shared.root, `${definition.name}-${port}`)
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const { args, ...options } = await definition.configure({ ...shared, directory, port })
  const child = new Child(binary, args, { ...options, cwd: directory })
  try {
    await waitUntilReady(child, definition, port)
  } catch (error) {
    await child.stop()
    throw error
  }
  return {
    definition,
    url: `https://localhost:${port}`,
    logTail: () => child.tail(),
    stop: () => child.stop(),
  }
}

/** Starts a server on a free port; once more if somebody else took the port in between. */
export async function startServer(
  definition: ServerDefinition,
  binary: string,
  shared: SharedSite,
): Promise<RunningServer> {
  try {
    return await attempt(definition, binary, shared)
  } catch {
    return attempt(definition, binary, shared)
  }
}
