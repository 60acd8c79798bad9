/** faults.md section 2 C, 108 to 117: connections that end, die in silence, or run out. */
import type { ClientHttp2Session } from 'node:http2'
import { describe, expect } from 'vitest'
import type { RawConnection } from '../../support/raw-connection.ts'
import type { RawRequest } from '../../support/raw-request.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'
import { numberStreamsFrom, observeSessions } from './builtins.ts'
import { engine } from './engine-under-test.ts'
import {
  connectionLost,
  connectionOf,
  expectFailure,
  expectGood,
  type Failure,
  violation,
} from './expectations.ts'
import { goodResponse, type Http2Scene } from './http2-scene.ts'
import { settleDown } from './scene.ts'
import { fault, Stage } from './stage.ts'

const stage = new Stage()

type End = (connection: RawConnection) => void
const ends: readonly [title: string, end: End][] = [
  ['TCP RST', (connection) => connection.reset()],
  ['FIN', (connection) => connection.fin()],
  ['FIN without close_notify', (connection) => connection.fin({ closeNotify: false })],
]

const pingTimeout = (where: 'headers' | 'body'): Failure => ({
  ...connectionLost(where),
  code: 'ERR_TRUNKLINE_PING_TIMEOUT',
})

describe('the connection ends', () => {
  for (const [title, end] of ends) {
    fault(108, `${title} in the middle of a body`, async () => {
      const scene = await stage.http2({
        answer: async (connection) => {
          connection.sendHeaders(1, { ':status': 200 })
          connection.sendData(1, 'the first half')
          await connection.barrier()
          end(connection)
        },
      })
      expectFailure(await scene.play(), connectionLost('body'))
      expect(scene.carriers('/probe')).toEqual([1])
    })

    fault(108, `${title} in the body of a POST: not sent again`, async () => {
      const scene = await stage.http2({
        answer: async (connection) => {
          connection.sendHeaders(1, { ':status': 200, 'content-length': 1000 })
          connection.sendData(1, 'the first half')
          await connection.barrier()
          end(connection)
        },
      })
      expectFailure(await scene.play({ method: 'POST', body: 'x' }), connectionLost('body'))
      expect(scene.carriers('/fault')).toEqual([0])
    })

    fault(108, `${title} behind a whole response: it stands`, async () => {
      const scene = await stage.http2({
        answer: async (connection, request) => {
          await request.respond(await goodResponse(request, connection))
          await connection.barrier()
          end(connection)
        },
      })
      expect(connectionOf(await scene.play({ method: 'POST', body: 'x' }))).toBe(0)
    })

    fault(109, `${title} after a POST was sent: processed maybe, not sent again`, async () => {
      const scene = await stage.http2({
        answer: async (connection, request) => {
          await request.body()
          end(connection)
        },
      })
      expectFailure(await scene.play({ method: 'POST', body: 'x' }), connectionLost())
      expect(scene.carriers('/fault')).toEqual([0])
      expect(scene.carriers('/probe')).toEqual([1])
    })

    for (const count of [1, 5, 20]) {
      fault(110, `${title} with ${count} streams open: each one settles`, async () => {
        const scene = await stage.http2({
          answer: async (connection, first) => {
            const requests: RawRequest[] = [first]
            while (requests.length < count) requests.push(await connection.expectRequest())
            connection.sendHeaders(first.streamId, { ':status': 200 })
            connection.sendData(first.streamId, 'a part')
            await settleDown(5)
            end(connection)
          },
        })
        const send = { method: 'POST', body: 'x' }
        const playing = Array.from({ length: count }, () => scene.play(send))
        const outcomes = await Promise.all(playing)
        expect(outcomes.every(({ kind }) => kind === 'error')).toBe(true)
        for (const outcome of outcomes) {
          const { phase } = (outcome.kind === 'error' ? outcome.error : {}) as { phase?: string }
          expectFailure(outcome, connectionLost(phase === 'body' ? 'body' : 'headers'))
        }
        expect(scene.carriers('/probe')).toEqual([1])
      })
    }

    fault(
      111,
      `${title} as a GET goes out on a connection that answered before: sent again once`,
      async () => {
        const scene = await idleCloseRace(end)
        expect(connectionOf(await scene.play())).toBe(1)
      },
    )

    fault(111, `${title} as a POST goes out on a connection that answered before: an error`, async () => {
      const scene = await idleCloseRace(end)
      expectFailure(await scene.play({ method: 'POST', body: 'x' }), connectionLost())
      expect(scene.carriers('/fault')).toEqual([0])
    })

    fault(111, `${title} while idle: the next request, a POST, goes to a new connection`, async () => {
      const scene = await stage.http2()
      expectGood(await scene.send('/'))
      end(scene.connection(0))
      await scene.connection(0).closed
      await settleDown()
      expect(connectionOf(await scene.play({ method: 'POST', body: 'x' }))).toBe(1)
    })
  }

  fault(
    108,
    'FIN right behind a whole response that nobody has read yet: whole or an error, never short',
    async () => {
      const scene = await stage.http2({
        answer: async (connection, request) => {
          await request.respond({ body: Buffer.alloc(300_000, 'x') })
          connection.fin()
        },
      })
      const response = await scene.client.request(`${scene.origin}/`, { method: 'POST' })
      await scene.connection(0).closed
      await settleDown(100)
      const length = await response.body.bytes().then(
        (bytes) => bytes.length,
        (error: Failure) => error.code,
      )
      expect(length).toBeOneOf([300_000, 'ERR_TRUNKLINE_CONNECTION_LOST'])
    },
  )

  fault(108, 'FIN right behind a part of a body that nobody has read yet', async () => {
    const scene = await stage.http2({
      answer: (connection) => {
        connection.sendHeaders(1, { ':status': 200, 'content-length': 1000 })
        connection.sendData(1, 'the first half')
        connection.fin()
      },
    })
    const response = await scene.client.request(`${scene.origin}/`, { method: 'POST' })
    await scene.connection(0).closed
    await settleDown(100)
    const outcome = await response.body.bytes().then(
      () => ({ kind: 'error' as const, error: 'a whole body' }),
      (error: unknown) => ({ kind: 'error' as const, error }),
    )
    expectFailure(outcome, connectionLost('body'))
  })

  /** Connection 0 answers one request well and ends when the second one comes. */
  async function idleCloseRace(end: End): Promise<Http2Scene> {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        await request.respond({ body: 'good' })
        await connection.expectRequest()
        end(connection)
      },
    })
    expectGood(await scene.send('/'))
    return scene
  }

  fault(111, 'GOAWAY and FIN as a POST goes out: not processed, sent again', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        await request.respond({ body: 'good' })
        await connection.expectRequest()
        scene.goAway(connection, { lastStreamId: 1 })
        connection.fin()
      },
    })
    expectGood(await scene.send('/'))
    expect(connectionOf(await scene.play({ method: 'POST', body: 'x' }))).toBe(1)
  })
})

describe('the connection is silent', () => {
  const keepAlive = { interval: 100, timeout: 150 }

  fault(112, 'a black hole while waiting for a head: PING timeout', async () => {
    const scene = await stage.http2({
      client: { keepAlive },
      answer: (connection) => connection.hang(),
    })
    expectFailure(await scene.play({ method: 'POST', body: 'x' }), pingTimeout('headers'))
    expect(scene.carriers('/probe')).toEqual([1])
  })

  fault(112, 'a black hole in the middle of a body: PING timeout', async () => {
    const scene = await stage.http2({
      client: { keepAlive },
      answer: async (connection) => {
        connection.sendHeaders(1, { ':status': 200 })
        connection.sendData(1, 'the first half')
        await connection.barrier()
        connection.hang()
      },
    })
    expectFailure(await scene.play(), pingTimeout('body'))
    expect(scene.carriers('/probe')).toEqual([1])
  })

  fault(112, 'a black hole, and the caller gives up first: the connection is not used again', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        await request.respond({ body: 'good' })
        await connection.expectRequest()
        connection.hang()
      },
    })
    expectGood(await scene.send('/'))
    await settleDown()
    const outcome = await scene.send('/', { signal: AbortSignal.timeout(100) })
    expect(outcome).toMatchObject({ error: { name: 'TimeoutError' } })
    const next = await Promise.all(
      Array.from({ length: 5 }, () => scene.send('/', { method: 'POST', body: 'x' })),
    )
    expect(next.map(connectionOf)).toEqual([1, 1, 1, 1, 1])
    await waitFor(() => scene.client.stats().connections === 1, { timeout: 4000 })
  })

  fault(
    113,
    'a black hole on an idle connection, then a burst: one probe, all others go elsewhere',
    async () => {
      const scene = await stage.http2({
        client: { keepAlive: { interval: 50, timeout: 1000 } },
        answer: async (connection, request) => {
          await request.respond({ body: 'good' })
          await connection.barrier()
          await settleDown(20)
          connection.hang()
        },
      })
      expectGood(await scene.send('/'))
      await sleep(150)
      const burst = await Promise.all(
        Array.from({ length: 20 }, () => scene.send('/burst', { method: 'POST', body: 'x' })),
      )
      expect(new Set(burst.map(connectionOf))).toEqual(new Set([1]))
      expect(scene.peer.tcpConnections).toBe(2)
      await waitFor(() => scene.client.stats().connections === 1, { timeout: 4000 })
    },
  )

  fault(114, 'idle for longer than the interval: a PING goes first, and the connection is kept', async () => {
    const scene = await stage.http2({ client: { keepAlive: { interval: 50, timeout: 1000 } } })
    expectGood(await scene.send('/'))
    const connection = scene.connection(0)
    const pings = () => connection.received.filter((frame) => frame.type === 'PING' && !frame.ack).length
    await sleep(120)
    const before = pings()
    expect(connectionOf(await scene.send('/', { method: 'POST', body: 'x' }))).toBe(0)
    const types = connection.received.map(({ type }) => type)
    expect(pings()).toBe(before + 1)
    expect(types.lastIndexOf('PING')).toBeLessThan(types.lastIndexOf('HEADERS'))
  })
})

describe('the connection is used up', () => {
  fault(115, 'stream ids run out: a new connection takes over, without an error', async () => {
    // Some 500 ids are left; all of them are used before the new connection stands.
    const firstId = 2 ** 31 - 1 - 2 * 520
    const { sessions, restore } = engine === 'node' ? observeSessions() : numberStreamsFrom(firstId)
    const scene = await stage.http2()
    await scene.client.connect(scene.origin)
    restore()
    for (const session of sessions)
      (session as ClientHttp2Session & { setNextStreamID(id: number): void }).setNextStreamID(firstId)
    const carriers: number[] = []
    for (let round = 0; round < 12; round += 1) {
      const batch = Array.from({ length: 50 }, () => scene.send('/', { method: 'POST', body: 'x' }))
      carriers.push(...(await Promise.all(batch)).map(connectionOf))
    }
    expect(new Set(carriers)).toEqual(new Set([0, 1]))
    await scene.connection(0).expectClose()
  })

  fault(116, '421: sent again once, over another connection', async () => {
    const scene = await stage.http2({
      answer: (_connection, request) => request.respond({ status: 421, body: 'misdirected' }),
    })
    expect(connectionOf(await scene.play())).toBe(1)
  })

  fault(116, '421 on every connection: the answer is handed on', async () => {
    const scene = await stage.http2({
      isBad: () => true,
      answer: (_connection, request) => request.respond({ status: 421, body: 'misdirected' }),
      good: () => ({ status: 421, body: 'misdirected' }),
    })
    expect(await scene.send('/')).toMatchObject({ status: 421, body: 'misdirected' })
    expect(scene.peer.requestCount).toBeLessThanOrEqual(2)
  })

  fault(
    117,
    '10 streams end in one violation: each one is sent again in the same turn, and all go well',
    async () => {
      const scene = await stage.http2({
        answer: async (connection) => {
          for (let count = 1; count < 10; count += 1) await connection.expectRequest()
          connection.sendFrame({ type: 'DATA', streamId: 0 })
          await connection.expectClose()
        },
      })
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => scene.play({ method: 'POST', body: 'x' })),
      )
      for (const outcome of outcomes) expectFailure(outcome, violation('PROTOCOL_ERROR'))
      expect(scene.carriers('/probe')).toEqual([1])
      expect(scene.peer.tcpConnections).toBe(2)
    },
  )
})
