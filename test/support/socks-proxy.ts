/** A SOCKS server on loopback (RFC 1928, RFC 1929, and SOCKS 4 and 4a). Every host it is asked for is 127.0.0.1. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export interface SocksAsk {
  readonly version: 4 | 5
  /** As it was sent: a name or an address. */
  readonly host: string
  readonly port: number
  /** SOCKS 5: `user:password`; SOCKS 4: the user; null: none. */
  readonly login: string | null
}

export interface SocksProxyOptions {
  readonly login?: string
  /** A reply code in place of a connection (RFC 1928 section 6), or `handled`. */
  readonly answer?: (ask: SocksAsk, socket: Socket) => number | 'handled' | undefined
  /** Sends what the origin says first in the same packet as the reply. Default false. */
  readonly together?: boolean
}

/** Bytes as they are needed. */
class Reader {
  readonly #socket: Socket
  #bytes = Buffer.alloc(0)
  #wake: (() => void) | null = null

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', this.#onData)
  }

  async take(length: number): Promise<Buffer> {
    while (this.#bytes.length < length)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    const taken = this.#bytes.subarray(0, length)
    this.#bytes = this.#bytes.subarray(length)
    return taken
  }

  async takeText(): Promise<string> {
    let text = ''
    for (;;) {
      const [byte = 0] = await this.take(1)
      if (byte === 0) return text
      text += String.fromCharCode(byte)
    }
  }

  /** What came beyond what was taken. */
  release(): Buffer {
    this.#socket.off('data', this.#onData)
    return this.#bytes
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    this.#wake?.()
  }
}

export class SocksProxy implements AsyncDisposable {
  readonly port: number
  readonly asks: SocksAsk[] = []
  readonly upstreamPorts = new Set<number>()
  tcpConnections = 0
  readonly #server: Server
  readonly #options: SocksProxyOptions
  readonly #sockets = new Set<Socket>()

  constructor(server: Server, options: SocksProxyOptions) {
    this.#server = server
    this.#options = options
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => {
      this.tcpConnections += 1
      this.#keep(socket)
      this.#serve(socket).catch(() => socket.destroy())
    })
  }

  static async start(options: SocksProxyOptions = {}): Promise<SocksProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new SocksProxy(server, options)
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => {})
  }

  async #serve(socket: Socket): Promise<void> {
    const reader = new Reader(socket)
    const [version = 0] = await reader.take(1)
    const ask = version === 5 ? await this.#greet5(reader, socket) : await this.#greet4(reader)
    if (ask === null) return void socket.end()
    this.asks.push(ask)
    const code = this.#options.answer?.(ask, socket)
    if (code === 'handled') return
    if (code !== undefined && code !== 0) return void socket.end(replyOf(ask.version, code))
    const upstream = connect(ask.port, '127.0.0.1')
    this.#keep(upstream)
    upstream.on('close', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    await once(upstream, 'connect')
    this.upstreamPorts.add(upstream.localPort ?? 0)
    const first =
      this.#options.together === true ? ((await once(upstream, 'data')) as [Buffer])[0] : Buffer.alloc(0)
    upstream.pause()
    socket.write(Buffer.concat([replyOf(ask.version, 0), first]))
    upstream.write(reader.release())
    upstream.pipe(socket)
    socket.pipe(upstream)
  }

  async #greet5(reader: Reader, socket: Socket): Promise<SocksAsk | null> {
    const [count = 0] = await reader.take(1)
    const methods = await reader.take(count)
    const wanted = this.#options.login === undefined ? 0 : 2
    socket.write(Buffer.from([5, methods.includes(wanted) ? wanted : 255]))
    if (!methods.includes(wanted)) return null
    let login: string | null = null
    if (wanted === 2) {
      const [, nameLength = 0] = await reader.take(2)
      const name = (await reader.take(nameLength)).toString()
      const [passwordLength = 0] = await reader.take(1)
      login = `${name}:${(await reader.take(passwordLength)).toString()}`
      socket.write(Buffer.from([1, login === this.#options.login ? 0 : 1]))
      if (login !== this.#options.login) return null
    }
    const [, , , kind = 0] = await reader.take(4)
    const host = await hostOf(reader, kind)
    return { version: 5, host, port: (await reader.take(2)).readUInt16BE(), login }
  }

  async #greet4(reader: Reader): Promise<SocksAsk> {
    await reader.take(1)
    const port = (await reader.take(2)).readUInt16BE()
    const address = [...(await reader.take(4))]
    const login = await reader.takeText()
    const isName = address[0] === 0 && address[1] === 0 && address[2] === 0
    const host = isName ? await reader.takeText() : address.join('.')
    return { version: 4, host, port, login: login === '' ? null : login }
  }
}

async function hostOf(reader: Reader, kind: number): Promise<string> {
  if (kind === 1) return [...(await reader.take(4))].join('.')
  if (kind === 4) return (await reader.take(16)).toString('hex')
  const [length = 0] = await reader.take(1)
  return (await reader.take(length)).toString()
}

function replyOf(version: 4 | 5, code: number): Buffer {
  if (version === 4) return Buffer.from([0, code === 0 ? 90 : 91, 0, 0, 0, 0, 0, 0])
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0])
}
