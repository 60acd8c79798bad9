/** faults.md section 2 C, 87 to 97: GOAWAY (RFC 9113 section 6.8). */
import { describe, expect } from 'vitest'
import type { RawConnection } from '../../support/raw-connection.ts'
import type { RawRequest } from '../../support/raw-request.ts'
import { waitFor } from '../../support/wait-for.ts'
import { connectionLost, connectionOf, expectFailure, expectGood, type Failure } from './expectations.ts'
import type { Http2Scene } from './http2-scene.ts'
import { goodResponse } from './http2-scene.ts'
import { settleDown } from './scene.ts'
import { fault, faultOn, insteadOn, Stage } from './stage.ts'

const stage = new Stage()

const goneAway: Failure = {
  name: 'ConnectionError',
  code: 'ERR_TRUNKLINE_GOAWAY',
  processed: 'no',
  phase: 'headers',
}

/** Takes `count` requests without answering them. */
async function take(connection: RawConnection, count: number): Promise<RawRequest[]> {
  const requests: RawRequest[] = []
  while (requests.length < count) requests.push(await connection.expectRequest())
  return requests
}

async function* chunks(count: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index += 1) {
    yield 'chunk'
    await settleDown(5)
  }
}

describe('GOAWAY', () => {
  fault(87, 'GOAWAY that accepts the request, then its response', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        scene.goAway(connection)
        await settleDown()
        await request.respond(await goodResponse(request, connection))
      },
    })
    const first = scene.send('/')
    await waitFor(() => scene.peer.connections[0]?.streams.lastStreamId === 1)
    await settleDown()
    expect(connectionOf(await scene.send('/'))).toBe(1)
    expect(connectionOf(await first)).toBe(0)
    await scene.connection(0).expectClose()
  })

  const replayable = [
    { title: 'GET', send: {} },
    { title: 'POST with a string', send: { method: 'POST', body: 'text' } },
    { title: 'POST with a function', send: { method: 'POST', body: () => chunks(2) } },
    { title: 'PATCH with bytes', send: { method: 'PATCH', body: Buffer.from('bytes') } },
  ]
  for (const { title, send } of replayable) {
    fault(88, `GOAWAY with last id 0: ${title} goes to a new connection`, async () => {
      const scene = await stage.http2({
        answer: (connection) => scene.goAway(connection, { lastStreamId: 0 }),
      })
      expect(connectionOf(await scene.play(send))).toBe(1)
    })
  }

  fault(89, 'GOAWAY with last id 0: POST of a stream that was read ends with processed no', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        await connection.expect('DATA', 1)
        scene.goAway(connection, { lastStreamId: 0 })
      },
    })
    const outcome = await scene.play({ method: 'POST', body: chunks(50) })
    expectFailure(outcome, goneAway)
    expect(scene.carriers('/fault')).toEqual([0])
  })

  fault(90, 'GOAWAY with an error: a stream above the last id goes to a new connection', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        await request.respond({ body: 'good' })
        await connection.expectRequest()
        scene.goAway(connection, { lastStreamId: 1, code: 'INTERNAL_ERROR' })
      },
    })
    expectGood(await scene.send('/'))
    expect(connectionOf(await scene.play({ method: 'POST', body: 'x' }))).toBe(1)
  })

  fault(90, 'GOAWAY with an error on every connection: bounded', async () => {
    const scene = await stage.http2({
      isBad: () => true,
      answer: (connection) => scene.goAway(connection, { lastStreamId: 0, code: 'INTERNAL_ERROR' }),
    })
    expectFailure(await scene.send('/'), goneAway)
    expect(scene.peer.tcpConnections).toBeLessThanOrEqual(4)
  })

  faultOn(
    'wire',
    91,
    'GOAWAY with an error that accepts the stream: its response is a success',
    'Node destroys the session',
    async () => {
      const scene = await stage.http2({
        answer: async (connection, request) => {
          scene.goAway(connection, { code: 'INTERNAL_ERROR' })
          await request.respond(await goodResponse(request, connection))
        },
      })
      expect(connectionOf(await scene.play({ method: 'POST', body: 'x' }))).toBe(0)
      expect(scene.carriers('/probe')).toEqual([1])
    },
  )

  insteadOn(
    'node',
    91,
    'GOAWAY with an error that accepts the stream: POST fails with processed maybe, and is not sent again',
    async () => {
      const scene = await stage.http2({
        answer: async (connection, request) => {
          scene.goAway(connection, { code: 'INTERNAL_ERROR' })
          await request.respond({ body: 'late' })
        },
      })
      const outcome = await scene.play({ method: 'POST', body: 'x' })
      expectFailure(outcome, { ...connectionLost(), http2Code: 2 })
      expect(scene.carriers('/fault')).toEqual([0])
    },
  )

  fault(92, 'GOAWAY with 2^31 - 1, and later the real one', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        connection.sendGoAway({ lastStreamId: 0x7fff_ffff })
        await settleDown()
        scene.goAway(connection, { lastStreamId: 1 })
        await settleDown()
        await request.respond(await goodResponse(request, connection))
      },
    })
    expect(connectionOf(await scene.play({ method: 'POST', body: 'x' }))).toBe(0)
    expect(scene.carriers('/probe')).toEqual([1])
  })

  /** Opens streams 1 and 3 on connection 0 and lets the script have them. */
  async function twoStreams(script: (connection: RawConnection, scene: Http2Scene) => unknown) {
    const scene = await stage.http2({
      answer: async (connection, first) => {
        const [second] = await take(connection, 1)
        await script(connection, scene)
        await first.respond(await goodResponse(first, connection))
        await second?.respond({ body: 'good', headers: { 'x-connection': '0' } })
      },
    })
    const send = { method: 'POST', body: 'x' }
    return { scene, outcomes: [scene.send('/1', send), scene.send('/2', send)] as const }
  }

  fault(93, 'a second GOAWAY with a lower id: the streams between are sent again', async () => {
    const { scene, outcomes } = await twoStreams(async (connection, scene) => {
      scene.goAway(connection, { lastStreamId: 3 })
      await settleDown()
      scene.goAway(connection, { lastStreamId: 1 })
      await settleDown()
    })
    expect(connectionOf(await outcomes[0])).toBe(0)
    expect(connectionOf(await outcomes[1])).toBe(1)
    expectGood(await scene.send('/probe'))
  })

  fault(93, 'a second GOAWAY with a higher id: no request is lost or sent twice', async () => {
    const { scene, outcomes } = await twoStreams(async (connection, scene) => {
      scene.goAway(connection, { lastStreamId: 1 })
      await settleDown()
      connection.sendGoAway({ lastStreamId: 3 })
      await settleDown()
    })
    const first = await outcomes[0]
    if (first.kind === 'error') expect(first.error).toMatchObject({ processed: 'maybe' })
    expect(connectionOf(await outcomes[1])).toBe(1)
    expectGood(await scene.send('/probe'))
  })

  fault(94, 'GOAWAY right after SETTINGS', async () => {
    const scene = await stage.http2({
      bad: async (connection) => {
        connection.sendSettings()
        scene.goAway(connection, { lastStreamId: 0 })
      },
    })
    expect(connectionOf(await scene.play({ method: 'POST', body: 'x' }))).toBe(1)
  })

  fault(94, 'GOAWAY before the first request of a connection made ahead', async () => {
    const scene = await stage.http2({
      bad: async (connection) => {
        await connection.preface()
        scene.goAway(connection, { lastStreamId: 0 })
      },
    })
    await scene.client.connect(scene.origin)
    await settleDown()
    expect(connectionOf(await scene.play({ method: 'POST', body: 'x' }))).toBe(1)
  })

  fault(94, 'GOAWAY right after SETTINGS on every connection: bounded', async () => {
    const scene = await stage.http2({
      isBad: () => true,
      bad: (connection) => {
        connection.sendSettings()
        scene.goAway(connection, { lastStreamId: 0 })
      },
    })
    const outcome = await scene.send('/', { method: 'POST', body: 'x' })
    expect(outcome).toMatchObject({ kind: 'error', error: { name: 'ConnectionError', processed: 'no' } })
    expect(scene.peer.tcpConnections).toBeLessThanOrEqual(6)
  })

  fault(95, 'too_many_pings doubles the interval of the next connection', async () => {
    const interval = 100
    const pinged: number[] = []
    const silent = async (connection: RawConnection) => {
      await connection.preface({ awaitAck: false })
      await connection.expectRequest()
      // The first PING of a connection only measures how far away its peer is.
      await connection.expect('PING')
      const openedAt = performance.now()
      await connection.expect('PING')
      pinged.push(performance.now() - openedAt)
      scene.goAway(connection, { code: 'ENHANCE_YOUR_CALM', debug: 'too_many_pings' })
      connection.fin()
    }
    const scene = await stage.http2({
      client: { keepAlive: { interval, timeout: 2000 } },
      isBad: (index) => index < 2,
      bad: silent,
    })
    for (let count = 0; count < 2; count += 1)
      expectFailure(await scene.send('/', { method: 'POST' }), { ...connectionLost(), http2Code: 11 })
    expectGood(await scene.send('/probe'))
    // Timers may be late and never early; the first sample is taken when the stream opens.
    expect(pinged[1]).toBeGreaterThan(2 * interval - 10)
  })

  fault(96, 'GOAWAY, and the server never closes: the client does when the last stream ended', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        scene.goAway(connection)
        await request.respond(await goodResponse(request, connection))
      },
    })
    expectGood(await scene.play())
    await scene.connection(0).expectClose()
  })

  fault(96, 'GOAWAY, and its last stream never ends: the client closes at the drain timeout', async () => {
    const scene = await stage.http2({
      client: { http2: { drainTimeout: 200 } },
      answer: (connection) => scene.goAway(connection),
    })
    expectFailure(await scene.play({ method: 'POST', body: 'x' }), connectionLost())
    await scene.connection(0).expectClose()
  })

  fault(
    97,
    '20 at once, GOAWAY in the middle: the accepted ones finish, the rest go to one new connection',
    async () => {
      const scene = await stage.http2({
        answer: async (connection, first) => {
          const requests = [first, ...(await take(connection, 19))]
          scene.goAway(connection, { lastStreamId: 21 })
          for (const request of requests.slice(0, 11))
            await request.respond({ body: 'good', headers: { 'x-connection': '0' } })
          connection.fin()
        },
      })
      const send = { method: 'POST', body: 'x' }
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => scene.send('/', send)))
      const carriers = outcomes.map(connectionOf)
      expect(carriers.filter((index) => index === 0)).toHaveLength(11)
      expect(carriers.filter((index) => index === 1)).toHaveLength(9)
      expectGood(await scene.send('/probe'))
      expect(scene.peer.tcpConnections).toBe(2)
    },
  )
})
