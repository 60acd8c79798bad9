/** What a case is given: servers, peers and connections that are checked and closed behind it. */
import type { Socket } from 'node:net'
import type { AlpnProtocol, Engine } from '../../src/wire/contract.ts'
import { Cleanup } from '../support/cleanup.ts'
import type { RawHttp1Connection } from '../support/raw-http1-connection.ts'
import { RawHttp1Peer } from '../support/raw-http1-peer.ts'
import { type RouteHandler, startH1Server, startH2Server, type TestServer } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { listenPeer, type Peer, type PeerConnection } from './peer.ts'
import { dial, Wire } from './wire.ts'

/** Options that every engine has; a case asks for other limits with them. */
export interface EngineOptions {
  readonly maxHeaderListSize?: number
  readonly maxInformational?: number
}

export type MakeEngine = (options?: EngineOptions) => Engine

export type Case = (context: Context) => Promise<void>
/** By name; a skip list refers to the name. */
export type Cases = Readonly<Record<string, Case>>

export class Context {
  readonly protocol: AlpnProtocol
  readonly #makeEngine: MakeEngine
  readonly #cleanup = new Cleanup()

  constructor(protocol: AlpnProtocol, makeEngine: MakeEngine) {
    this.protocol = protocol
    this.#makeEngine = makeEngine
  }

  /** A real Node server; afterwards it must see no connection any more. */
  async serve(handler?: RouteHandler, maxConcurrentStreams?: number): Promise<TestServer> {
    const options = {
      ...(handler === undefined ? {} : { handler }),
      ...(maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams }),
    }
    const server = await (this.protocol === 'h2' ? startH2Server(options) : startH1Server(options))
    this.#cleanup.add(() => server.close())
    const open = openSockets(server)
    this.#cleanup.add(() =>
      waitFor(() => open() === 0, { message: 'the server to have no connection any more' }),
    )
    return server
  }

  /** A connection to a server, ready; afterwards the rules of the contract must have held. */
  async connect(origin: string, options?: EngineOptions): Promise<Wire> {
    const wire = await Wire.connect(this.#makeEngine(options), origin)
    this.#cleanup.add(() => wire.verify())
    return wire
  }

  /** As `connect`, but right after `attach`, with nothing awaited. */
  async attach(origin: string): Promise<Wire> {
    const engine = this.#makeEngine()
    const wire = new Wire(engine, await dial(origin, engine.protocol), origin)
    this.#cleanup.add(() => wire.verify())
    return wire
  }

  /** A connection to a real server with the default routes, or with `handler`. */
  async wireTo(handler?: RouteHandler): Promise<Wire> {
    const server = await this.serve(handler)
    return this.connect(server.origin)
  }

  /** A scripted HTTP/1.1 server at byte level, and a connection to it. */
  async http1Pair(options?: EngineOptions): Promise<{ wire: Wire; server: RawHttp1Connection }> {
    const listener = this.#cleanup.add(await RawHttp1Peer.listen())
    const [wire, server] = await Promise.all([
      this.connect(listener.origin, options),
      listener.nextConnection(),
    ])
    return { wire, server }
  }

  /** A scripted server, and a connection to it. */
  async pair(options?: EngineOptions): Promise<{ wire: Wire; peer: PeerConnection; listener: Peer }> {
    const listener = await listenPeer(this.protocol)
    this.#cleanup.add(listener)
    const [wire, peer] = await Promise.all([this.connect(listener.origin, options), listener.next()])
    return { wire, peer, listener }
  }

  defer(run: () => unknown): void {
    this.#cleanup.add(run)
  }

  finish(): Promise<void> {
    return this.#cleanup.run()
  }
}

/**
 * Sockets of a server that its kernel still has. Node's own count is of no use here: on Node 22 and 24 the server's
 * session, too, may miss the end of its connection (nodejs/node#61304), and then holds on to a socket that is gone;
 * but such a socket has no address any more.
 */
function openSockets(server: TestServer): () => number {
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return () => [...sockets].filter((socket) => socket.remotePort !== undefined).length
}

/** A request that is answered over the pair, and is over. */
export async function exchangeOnce(wire: Wire, peer: PeerConnection): Promise<void> {
  const recording = wire.open()
  const request = await peer.request()
  request.head(200)
  request.end()
  await recording.complete()
  await wire.untilFree()
}
