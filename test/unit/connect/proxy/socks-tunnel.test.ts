import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import type { ProxyServer } from '../../../../src/connect/proxy/proxy-server.ts'
import { askBySocks } from '../../../../src/connect/proxy/socks-tunnel.ts'

const PLACE = { host: 'a.test', port: 443 }

/** The end of a connection whose other end gives these answers, one for each thing it is told. */
function answering(...answers: readonly number[][]): Socket {
  const left = [...answers]
  const stream: Duplex = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      const answer = left.shift()
      if (answer !== undefined) setImmediate(() => stream.push(Buffer.from(answer)))
      done()
    },
  })
  return stream as Socket
}

function serverOf(username: string): ProxyServer {
  const origin = { hostname: 'p.test', port: 1080 }
  return { origin, kind: 'socks5', credentials: { username, password: 'p' } } as ProxyServer
}

test('what the package throws while it reads an answer is a refusal, and no fault of the process', async () => {
  const socket = answering([5, 2])
  const asking = askBySocks(socket, serverOf('u'.repeat(300)), PLACE, new AbortController().signal, 1000)
  await expect(asking).rejects.toMatchObject({
    name: 'SocksRefusal',
    message: expect.stringContaining('range'),
  })
})

test('the listeners of the package are gone when the tunnel stands', async () => {
  const socket = answering([5, 2], [1, 0], [5, 0, 0, 1, 127, 0, 0, 1, 0, 80])
  await askBySocks(socket, serverOf('u'), PLACE, new AbortController().signal, 1000)
  expect(socket.listenerCount('data')).toBe(0)
})
