import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../support/cleanup.ts'
import { Relay, type RelayOptions } from '../../support/relay.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

let server: Server
const accepted: Socket[] = []

/** Echoes; keeps its sockets in `accepted`. */
beforeEach(async () => {
  accepted.length = 0
  server = createServer((socket) => {
    accepted.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => socket.write(bytes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanup.add(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
  })
})

async function relay(options: Omit<RelayOptions, 'target'> = {}): Promise<Relay> {
  return cleanup.add(await Relay.listen({ target: (server.address() as AddressInfo).port, ...options }))
}

async function dial(through: Relay): Promise<Socket> {
  const socket = connect(through.port, '127.0.0.1')
  socket.on('error', () => {})
  cleanup.add(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Resolves when the socket is gone, with whether it failed. */
function closed(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => socket.once('close', resolve))
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  let got = ''
  while (got.length < text.length) {
    const [bytes] = await once(socket, 'data')
    got += String(bytes)
  }
  return got
}

describe('Relay', () => {
  test('forwards both ways and counts', async () => {
    const through = await relay()
    const socket = await dial(through)
    expect(await echo(socket, 'hello')).toBe('hello')
    expect(through.connections).toEqual({ total: 1, open: 1, bytesUp: 5, bytesDown: 5 })
    socket.end()
    await waitFor(() => through.connections.open === 0)
    expect(through.connections.total).toBe(1)
  })

  test('delays each way, and keeps the order', async () => {
    const through = await relay({ delay: 30 })
    const socket = await dial(through)
    const started = performance.now()
    const texts = Array.from({ length: 20 }, (_, index) => `<${index}>`)
    let got = ''
    socket.on('data', (bytes) => {
      got += String(bytes)
    })
    for (const text of texts) {
      socket.write(text)
      await sleep(1)
    }
    await waitFor(() => got.length === texts.join('').length)
    expect(got).toBe(texts.join(''))
    expect(performance.now() - started).toBeGreaterThanOrEqual(60)
  })

  test('does not limit bandwidth by its delay', async () => {
    const through = await relay({ delay: 20 })
    const socket = await dial(through)
    let received = 0
    socket.on('data', (bytes) => {
      received += bytes.length
    })
    const started = performance.now()
    socket.write(Buffer.alloc(8 * 1024 * 1024))
    await waitFor(() => received === 8 * 1024 * 1024)
    // 64 KiB per round trip of 40 ms would take more than five seconds.
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('limits bandwidth, on top of the delay, and loses nothing', async () => {
    const through = await relay({ delay: 10, bandwidth: 10_000_000 })
    const socket = await dial(through)
    let received = 0
    socket.on('data', (bytes) => {
      received += bytes.length
    })
    const started = performance.now()
    socket.write(Buffer.alloc(2_000_000))
    await waitFor(() => received === 2_000_000)
    // 200 ms at 10 MB/s, and a round trip.
    expect(performance.now() - started).toBeGreaterThanOrEqual(220)
  })

  test('the end of one direction arrives after its bytes, and the other goes on', async () => {
    const through = await relay({ delay: 10 })
    const socket = await dial(through)
    let got = ''
    socket.on('data', (bytes) => {
      got += String(bytes)
    })
    socket.end('last words')
    await once(socket, 'close')
    expect(got).toBe('last words')
  })

  test('a black hole: what is there stays open and silent, what is new works', async () => {
    const through = await relay()
    const old = await dial(through)
    expect(await echo(old, 'before')).toBe('before')
    through.blackHole()
    let heard = false
    old.on('data', () => {
      heard = true
    })
    old.on('close', () => {
      heard = true
    })
    old.write('into the hole')
    accepted[0]?.write('out of the hole')
    const fresh = await dial(through)
    expect(await echo(fresh, 'new')).toBe('new')
    await sleep(50)
    expect(heard).toBe(false)
    expect(through.connections).toMatchObject({ total: 2, open: 2 })
  })

  test('a black hole swallows what is under way', async () => {
    const through = await relay({ delay: 30 })
    const socket = await dial(through)
    let heard = false
    socket.on('data', () => {
      heard = true
    })
    socket.write('late')
    await sleep(15)
    through.blackHole()
    await sleep(80)
    expect(heard).toBe(false)
  })

  test('a black hole for new connections too, until restored; and one way only', async () => {
    const through = await relay()
    through.blackHole({ newConnections: true, direction: 'down' })
    const lost = await dial(through)
    lost.write('hello')
    await waitFor(() => through.connections.bytesUp === 5)
    await sleep(20)
    expect(through.connections.bytesDown).toBe(0)
    through.restore()
    expect(await echo(await dial(through), 'again')).toBe('again')
  })

  test('resets, on both sides', async () => {
    const through = await relay()
    const socket = await dial(through)
    await echo(socket, 'x')
    const failures = Promise.all([closed(socket), closed(accepted[0] as Socket)])
    through.resetAll()
    expect(await failures).toEqual([true, true])
    await waitFor(() => through.connections.open === 0)
  })

  test('passes on a reset', async () => {
    const through = await relay()
    const socket = await dial(through)
    await echo(socket, 'x')
    accepted[0]?.resetAndDestroy()
    expect(await closed(socket)).toBe(true)
  })

  test('ends in order, on both sides', async () => {
    const through = await relay()
    const socket = await dial(through)
    await echo(socket, 'x')
    const ends = Promise.all([once(socket, 'end'), once(accepted[0] as Socket, 'end')])
    through.finAll()
    await ends
  })

  test('refuses new connections and takes them again, on the same port', async () => {
    const through = await relay()
    const kept = await dial(through)
    await echo(kept, 'x')
    await through.refuse(true)
    const refused = connect(through.port, '127.0.0.1')
    const [error] = await once(refused, 'error')
    expect(error.code).toBe('ECONNREFUSED')
    expect(await echo(kept, 'still here')).toBe('still here')
    await through.refuse(false)
    expect(await echo(await dial(through), 'back')).toBe('back')
  })

  test('a dead target looks like one', async () => {
    const through = await relay()
    server.close()
    const socket = connect(through.port, '127.0.0.1')
    const [error] = await once(socket, 'error')
    expect(error.code).toBe('ECONNRESET')
  })
})
