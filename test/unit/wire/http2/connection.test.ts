/** The driver: what it does with a socket, in which turn, and how it lets go of it. */
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { ConnectionError } from '../../../../src/core/errors.ts'
import { parseTarget } from '../../../../src/core/origin.ts'
import type { Connection } from '../../../../src/wire/contract.ts'
import { createHttp2Engine } from '../../../../src/wire/http2/engine.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { settingsFrame, windowUpdateFrame } from '../../../support/frame-encoder.ts'
import { Call, head } from './scene.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A socket whose writes end when the test says so. */
class HeldSocket extends Duplex {
  writes: number[] = []
  open = true
  #waiting: (() => void)[] = []

  constructor() {
    super({ allowHalfOpen: false, highWaterMark: 16_384 })
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#took(bytes.length, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#took(
      chunks.reduce((sum, { chunk }) => sum + chunk.length, 0),
      done,
    )
  }

  destroySoon(): void {
    this.end()
    this.once('finish', () => this.destroy())
  }

  release(): void {
    for (const done of this.#waiting.splice(0)) done()
  }

  #took(length: number, done: () => void): void {
    this.writes.push(length)
    if (this.open) setImmediate(done)
    else this.#waiting.push(done)
  }
}

function attach() {
  const socket = new HeldSocket()
  const clock = new FakeClock()
  const closed: unknown[] = []
  const { origin } = parseTarget('https://server.test/')
  const listener = {
    onReady() {},
    onSlots() {},
    onDraining() {},
    onClosed: (error: unknown) => void closed.push(error),
  }
  const engine = createHttp2Engine({ clock })
  const connection = engine.attach(socket as unknown as Socket, { id: 1, origin }, listener)
  return { socket, clock, closed, connection, engine, origin, listener }
}

function open(connection: Connection, body: 'none' | 'data' = 'none'): Call {
  const call = new Call({})
  const parts = { method: 'POST', scheme: 'https', authority: 'server.test', path: '/', headers: [] } as const
  call.exchange = connection.open(parts, body, call)
  return call
}

test('everything that is said in a turn goes out in one write', async () => {
  const { socket, connection } = attach()
  open(connection)
  expect(socket.writes).toEqual([])
  await turn()
  expect(socket.writes).toHaveLength(1)
  socket.push(settingsFrame({}))
  await turn()
  await turn()
  for (let count = 0; count < 50; count += 1) open(connection)
  await turn()
  await turn()
  expect(socket.writes).toHaveLength(3)
  connection.destroy(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'over'))
})

test('an upload waits for a socket that is full, and goes on when it has emptied', async () => {
  const { socket, connection } = attach()
  socket.push(Buffer.concat([settingsFrame({ INITIAL_WINDOW_SIZE: 2 ** 30 }), windowUpdateFrame(0, 2 ** 30)]))
  await turn()
  await turn()
  await turn()
  socket.open = false
  const call = open(connection, 'data')
  // A little more than is written at a time, so that nothing waits behind it.
  call.exchange.write(Buffer.alloc(1000))
  call.exchange.write(Buffer.alloc(256 * 1024))
  await turn()
  await turn()
  for (let count = 0; count < 20; count += 1) call.exchange.write(Buffer.alloc(64 * 1024))
  await turn()
  expect(socket.writableLength).toBeLessThan(320 * 1024)
  socket.open = true
  socket.release()
  for (let count = 0; count < 50; count += 1) await turn()
  const sent = socket.writes.reduce((sum, length) => sum + length, 0)
  expect(sent).toBeGreaterThan(256 * 1024 + 20 * 64 * 1024)
  expect(call.log).toContain('drain')
  connection.destroy(new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'over'))
})

describe('the end', () => {
  test('a socket that is gone takes no connection', () => {
    const { engine, origin, listener } = attach()
    const socket = new HeldSocket()
    socket.destroy()
    expect(() => engine.attach(socket as unknown as Socket, { id: 2, origin }, listener)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' }),
    )
  })

  test('a peer that does not listen is not waited for longer than 250 ms', async () => {
    const { socket, clock, closed, connection } = attach()
    socket.open = false
    await turn()
    const error = new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'over')
    connection.destroy(error)
    await turn()
    await turn()
    expect([socket.destroyed, closed]).toEqual([false, []])
    await clock.advance(250)
    await turn()
    expect([socket.destroyed, closed]).toEqual([true, [error]])
    expect(clock.pending).toBe(0)
  })

  test('the last words are GOAWAY, and then the socket closes', async () => {
    const { socket, closed, connection } = attach()
    await turn()
    await turn()
    const before = socket.writes.length
    connection.drain()
    for (let count = 0; count < 5; count += 1) await turn()
    expect(socket.writes.slice(before)).toEqual([17])
    expect([socket.destroyed, closed]).toEqual([true, [null]])
  })

  test('an error of the socket is the cause, and what comes after it says nothing', async () => {
    const { socket, closed, connection } = attach()
    const call = open(connection)
    await turn()
    const reason = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
    socket.destroy(reason)
    await turn()
    await turn()
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', cause: reason })
    expect(closed).toHaveLength(1)
    socket.emit('data', head(1))
    expect(call.log).toEqual(['error'])
  })
})
