import { once } from 'node:events'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { dialTcp } from '../../support/dial.ts'
import { CONNECTION_PREFACE } from '../../support/frames.ts'
import { waitFor } from '../../support/wait-for.ts'
import { cleanup, dial, listen, outcome, session } from './node-client.ts'

afterEach(() => cleanup.run())

describe('RawPeer and the transport', () => {
  test('ends with FIN, and without close_notify', async () => {
    for (const closeNotify of [true, false]) {
      const peer = await listen({ onConnection: (connection) => connection.fin({ closeNotify }) })
      const socket = await dial(peer)
      socket.on('error', () => {})
      socket.resume()
      await once(socket, 'close')
      expect(await peer.connections[0]?.closed).toBe('local')
    }
  })

  test('ends with TCP RST', async () => {
    const peer = await listen({ onConnection: (connection) => connection.reset() })
    const socket = await dial(peer)
    const [error] = await once(socket, 'error')
    expect(error.code).toBe('ECONNRESET')
  })

  test('tells FIN from RST of the client', async () => {
    const peer = await listen()
    const first = await dial(peer)
    first.end()
    expect(await (await peer.nextConnection()).expectClose()).toBe('fin')
    const tcp = await dialTcp(peer.port)
    const second = await dial(peer, { socket: tcp, servername: 'localhost' })
    second.on('error', () => {})
    const connection = await peer.nextConnection()
    // A reset right behind the handshake looks like FIN to Node's TLS server.
    second.write(CONNECTION_PREFACE)
    await waitFor(() => connection.transport.bytesRead > 0)
    tcp.resetAndDestroy()
    expect(await connection.expectClose()).toBe('reset')
  })

  test('hangs: nothing is read or written, nothing is closed', async () => {
    const peer = await listen({
      async onConnection(connection) {
        await connection.preface()
        connection.hang()
      },
    })
    const client = session(peer)
    await once(client, 'remoteSettings')
    const connection = await peer.nextConnection()
    await waitFor(() => connection.transport.socket.isPaused())
    let answered = false
    client.ping(() => {
      answered = true
    })
    const received = connection.received.length
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(answered).toBe(false)
    expect(connection.received.length).toBe(received)
    expect(client.closed).toBe(false)
  })

  test('several frames leave as one write', async () => {
    const peer = await listen({
      onConnection(connection) {
        connection.together(() => {
          connection.sendSettings()
          connection.sendPing()
          connection.sendGoAway()
        })
      },
    })
    const socket = await dial(peer)
    const [bytes] = await once(socket, 'data')
    expect(bytes.length).toBe(9 + 17 + 17)
  })

  test('misbehaves before TLS', async () => {
    const peer = await listen({
      beforeTls(tcp, index) {
        if (index > 0) return
        tcp.end('HTTP/1.1 400 Bad Request\r\n\r\n')
        return 'handled'
      },
    })
    const socket = tlsConnect({ port: peer.port, host: 'localhost', rejectUnauthorized: false })
    await expect(once(socket, 'secureConnect')).rejects.toThrow()
    await dial(peer)
    await peer.nextConnection()
    expect(peer.counts).toMatchObject({ tcpConnections: 2, tlsHandshakes: 1 })
  })

  test('counts resumed handshakes', async () => {
    const peer = await listen({ autoRespond: {} })
    const first = await dial(peer)
    const [ticket] = await once(first.resume(), 'session')
    const second = await dial(peer, { session: ticket, servername: 'localhost' })
    expect(second.isSessionReused()).toBe(true)
    await waitFor(() => peer.tlsHandshakes === 2)
    expect(peer.counts).toMatchObject({ tlsHandshakes: 2, resumedHandshakes: 1 })
    peer.rotateTicketKeys(Buffer.alloc(48, 1))
    const third = await dial(peer, { session: ticket, servername: 'localhost' })
    expect(third.isSessionReused()).toBe(false)
  })

  test.each([
    ['h2', 'h2'],
    ['http/1.1', 'http/1.1'],
    ['none', false],
    [['http/1.1', 'h2'], 'http/1.1'],
    [(offered: readonly string[]) => offered.at(-1), 'http/1.1'],
  ] as const)('ALPN %s', async (alpn, negotiated) => {
    const peer = await listen({ alpn })
    expect((await dial(peer)).alpnProtocol).toBe(negotiated)
  })

  test('ALPN reject: the alert no_application_protocol', async () => {
    const peer = await listen({ alpn: 'reject' })
    await expect(dial(peer)).rejects.toThrow(/no application protocol/i)
    await waitFor(() => peer.counts.failedHandshakes === 1)
  })

  test.each(['expired', 'wrongHost', 'selfSigned', 'otherCa'] as const)(
    'the certificate can be: %s',
    async (certificate) => {
      const peer = await listen({ certificate })
      await expect(dial(peer)).rejects.toThrow(/expired|altnames|self.signed|unable to verify|issuer/i)
    },
  )

  test('speaks HTTP/2 over plain TCP', async () => {
    const peer = await listen({ tls: false, autoRespond: { body: 'plain' } })
    expect((await outcome(session(peer).request({ ':path': '/' }))).body).toBe('plain')
    expect(peer.counts).toMatchObject({ tcpConnections: 1, tlsHandshakes: 0 })
  })

  test('speaks HTTP/1.1 to a connection that agreed to it, HTTP/2 to others', async () => {
    const peer = await listen({
      alpn: ['h2', 'http/1.1'],
      onConnection: (connection) => connection.autoRespond({ body: 'two' }),
      onHttp1Connection: (connection) => connection.autoRespond({ body: 'one' }),
    })
    expect((await outcome(session(peer).request({ ':path': '/' }))).body).toBe('two')
    const socket = await dial(peer, { ALPNProtocols: ['http/1.1'] })
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    const [bytes] = await once(socket, 'data')
    expect(String(bytes)).toContain('\r\n\r\none')
  })
})
