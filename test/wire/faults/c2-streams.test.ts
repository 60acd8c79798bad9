/** faults.md section 2 C, 98 to 107: limits on streams, and RST_STREAM. */
import { describe, expect } from 'vitest'
import type { ErrorCodeName } from '../../support/frame-types.ts'
import type { RawConnection } from '../../support/raw-connection.ts'
import type { RawRequest } from '../../support/raw-request.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'
import {
  connectionOf,
  expectFailure,
  expectGood,
  type Failure,
  lengthMismatch,
  streamReset,
  timedOut,
} from './expectations.ts'
import { goodResponse } from './http2-scene.ts'
import { type Outcome, settleDown } from './scene.ts'
import { fault, faultOn, Stage } from './stage.ts'

const stage = new Stage()

const refused: Failure = {
  name: 'StreamError',
  code: 'ERR_TRUNKLINE_STREAM_REFUSED',
  processed: 'no',
  phase: 'headers',
  http2Code: 7,
}

describe('MAX_CONCURRENT_STREAMS', () => {
  fault(98, 'a limit of 0 that is raised later: requests wait, then succeed', async () => {
    const scene = await stage.http2({
      settings: { MAX_CONCURRENT_STREAMS: 0 },
      answer: async (connection, request) => {
        connection.sendReset(request.streamId, 'REFUSED_STREAM')
        await sleep(150)
        expect(connection.streams.requestCount).toBe(1)
        connection.sendSettings({ MAX_CONCURRENT_STREAMS: 10 })
      },
    })
    const outcomes = await Promise.all([1, 2, 3].map(() => scene.send('/', { method: 'POST', body: 'x' })))
    expect(outcomes.map(connectionOf)).toEqual([0, 0, 0])
  })

  fault(98, 'a limit of 0 for ever: the queue timeout ends the wait', async () => {
    const timeouts = { queue: 200 } as object
    const scene = await stage.http2({
      client: { timeouts },
      settings: { MAX_CONCURRENT_STREAMS: 0 },
      answer: (connection, request) => connection.sendReset(request.streamId, 'REFUSED_STREAM'),
    })
    expectFailure(await scene.send('/'), timedOut('ERR_TRUNKLINE_QUEUE_TIMEOUT', 'queue'))
  })

  fault(98, 'a limit of 0 for ever: an abort ends the wait, and close() does', async () => {
    const scene = await stage.http2({
      settings: { MAX_CONCURRENT_STREAMS: 0 },
      answer: (connection, request) => connection.sendReset(request.streamId, 'REFUSED_STREAM'),
    })
    const outcomes = [scene.send('/', { signal: AbortSignal.timeout(150) }), scene.send('/')]
    expect(await outcomes[0]).toMatchObject({ kind: 'error', error: { name: 'TimeoutError' } })
    await scene.client.close({ timeout: 50 })
    expect(await outcomes[1]).toMatchObject({ error: { code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' } })
  })

  fault(99, 'a limit lowered from 100 to 1 with 50 streams open, and raised again', async () => {
    const held: RawRequest[] = []
    const scene = await stage.http2({
      settings: { MAX_CONCURRENT_STREAMS: 100 },
      bad: async (connection) => {
        await connection.preface({ settings: { MAX_CONCURRENT_STREAMS: 100 } })
        connection.autoRespond((request) => void held.push(request))
      },
    })
    const outcomes = Array.from({ length: 50 }, () => scene.send('/'))
    await waitFor(() => held.length === 50)
    const connection = scene.connection(0)
    connection.sendSettings({ MAX_CONCURRENT_STREAMS: 1 })
    await connection.barrier()
    outcomes.push(...Array.from({ length: 10 }, () => scene.send('/')))
    for (const request of held.splice(0, 49)) await request.respond({ body: 'good' })
    await connection.barrier()
    await settleDown()
    expect(held).toHaveLength(1)
    expect(connection.streams.requestCount).toBe(50)
    connection.sendSettings({ MAX_CONCURRENT_STREAMS: 11 })
    await waitFor(() => held.length === 11)
    for (const request of held) await request.respond({ body: 'good' })
    for (const outcome of await Promise.all(outcomes)) expectGood(outcome)
  })

  fault(100, 'a limit of 1, 5 requests at once: never more than 1 stream', async () => {
    const scene = await stage.http2({
      settings: { MAX_CONCURRENT_STREAMS: 1 },
      good: async (request, connection) => {
        await settleDown(5)
        return goodResponse(request, connection)
      },
    })
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => scene.send('/', { method: 'POST', body: 'x' })),
    )
    expect(outcomes.map(connectionOf)).toEqual([0, 0, 0, 0, 0])
    expect(scene.connection(0).streams.maxConcurrentSeen).toBe(1)
    expect(scene.peer.tcpConnections).toBe(1)
  })

  fault(101, 'SETTINGS come late: no more streams than will be allowed', async () => {
    const scene = await stage.http2({
      bad: async (connection) => {
        await connection.expectRequest()
        await sleep(100)
        expect(connection.streams.requestCount).toBe(1)
        await connection.preface({ settings: { MAX_CONCURRENT_STREAMS: 2 }, awaitAck: false })
        connection.sendReset(1, 'REFUSED_STREAM')
        connection.autoRespond((request) => goodResponse(request, connection))
      },
    })
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => scene.send('/', { method: 'POST' })))
    expect(outcomes.map(connectionOf)).toEqual(outcomes.map(() => 0))
    expect(scene.connection(0).streams.maxConcurrentSeen).toBeLessThanOrEqual(2)
  })
})

describe('RST_STREAM', () => {
  fault(102, 'REFUSED_STREAM once: sent again, whatever the method', async () => {
    const scene = await stage.http2({
      answer: (connection, request) => connection.sendReset(request.streamId, 'REFUSED_STREAM'),
    })
    expectGood(await scene.play({ method: 'POST', body: 'x' }))
  })

  fault(102, 'REFUSED_STREAM always: bounded, and a typed error', async () => {
    const scene = await stage.http2({
      isBad: () => true,
      bad: async (connection) => {
        await connection.preface({ awaitAck: false })
        connection.autoRespond((request) => void connection.sendReset(request.streamId, 'REFUSED_STREAM'))
      },
    })
    expectFailure(await scene.send('/', { method: 'POST', body: 'x' }), refused)
    expect(scene.peer.requestCount).toBeLessThanOrEqual(4)
  })

  fault(102, 'REFUSED_STREAM with the one-shot body already read: processed no', async () => {
    async function* body() {
      yield 'once'
      await sleep(50)
      yield 'more'
    }
    const scene = await stage.http2({
      answer: async (connection, request) => {
        await connection.expect('DATA', 1)
        connection.sendReset(request.streamId, 'REFUSED_STREAM')
      },
    })
    expectFailure(await scene.play({ method: 'POST', body: body() }), refused)
  })

  const midBody: readonly ErrorCodeName[] = [
    'CANCEL',
    'INTERNAL_ERROR',
    'REFUSED_STREAM',
    'ENHANCE_YOUR_CALM',
  ]
  for (const code of midBody) {
    fault(103, `${code} in the middle of a body is no success`, async () => {
      const scene = await stage.http2({
        answer: async (connection) => {
          connection.sendHeaders(1, { ':status': 200 })
          connection.sendData(1, 'the first half')
          connection.sendReset(1, code)
        },
      })
      expectFailure(await scene.play(), streamReset(code, 'body'))
      expect(scene.carriers('/probe')).toEqual([0])
    })
  }

  fault(103, 'NO_ERROR in the middle of a body with content-length is no success', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        connection.sendHeaders(1, { ':status': 200, 'content-length': 1000 })
        connection.sendData(1, 'the first half')
        connection.sendReset(1, 'NO_ERROR')
      },
    })
    expectFailure(await scene.play(), lengthMismatch)
  })

  faultOn(
    'wire',
    103,
    'NO_ERROR in the middle of a body without content-length is no success',
    'node:http2 shows it as END_STREAM',
    async () => {
      const scene = await stage.http2({
        answer: (connection) => {
          connection.sendHeaders(1, { ':status': 200 })
          connection.sendData(1, 'the first half')
          connection.sendReset(1, 'NO_ERROR')
        },
      })
      expectFailure(await scene.play(), streamReset('NO_ERROR', 'body'))
      expect(scene.carriers('/probe')).toEqual([0])
    },
  )

  const beforeHead: readonly [number, ErrorCodeName][] = [
    [104, 'INTERNAL_ERROR'],
    [104, 'CANCEL'],
    [104, 'PROTOCOL_ERROR'],
    [107, 'ENHANCE_YOUR_CALM'],
  ]
  for (const [number, code] of beforeHead) {
    fault(number, `${code} before the head of a POST: processed maybe, not sent again`, async () => {
      const scene = await stage.http2({
        answer: (connection, request) => connection.sendReset(request.streamId, code),
      })
      expectFailure(await scene.play({ method: 'POST', body: 'x' }), streamReset(code))
      expect(scene.carriers('/fault')).toEqual([0])
      expect(scene.carriers('/probe')).toEqual([0])
    })
  }

  fault(104, 'NO_ERROR before the head of a POST: processed maybe, not sent again', async () => {
    const scene = await stage.http2({
      answer: (connection, request) => connection.sendReset(request.streamId, 'NO_ERROR'),
    })
    const outcome = await scene.play({ method: 'POST', body: 'x' })
    expect(outcome).toMatchObject({ kind: 'error', error: { processed: 'maybe', phase: 'headers' } })
    expect(scene.carriers('/fault')).toEqual([0])
  })

  async function upload(answer: (connection: RawConnection) => void): Promise<Outcome> {
    let pulled = 0
    let returned = false
    async function* body() {
      try {
        for (; pulled < 500; pulled += 1) {
          yield Buffer.alloc(1000)
          await settleDown(2)
        }
      } finally {
        returned = true
      }
    }
    const scene = await stage.http2({
      answer: async (connection) => {
        await connection.expect('DATA', 1)
        answer(connection)
      },
    })
    const outcome = await scene.play({ method: 'POST', body: body() })
    await waitFor(() => returned, { message: 'the source of the upload to be let go' })
    expect(pulled).toBeLessThan(490)
    return outcome
  }

  fault(105, 'a whole response and RST NO_ERROR during the upload: a success, the upload stops', async () => {
    const outcome = await upload((connection) => {
      connection.sendHeaders(1, { ':status': 413 })
      connection.sendData(1, 'too big', { endStream: true })
      connection.sendReset(1, 'NO_ERROR')
    })
    expect(outcome).toMatchObject({ status: 413, body: 'too big' })
  })

  fault(105, 'a whole response without a body and RST NO_ERROR during the upload', async () => {
    const outcome = await upload((connection) => {
      connection.sendHeaders(1, { ':status': 403 }, { endStream: true })
      connection.sendReset(1, 'NO_ERROR')
    })
    expect(outcome).toMatchObject({ status: 403 })
  })

  fault(106, 'HTTP_1_1_REQUIRED: over HTTP/1.1, now and later', async () => {
    const scene = await stage.http2({
      alpn: ['h2', 'http/1.1'],
      answer: (connection, request) => connection.sendReset(request.streamId, 'HTTP_1_1_REQUIRED'),
      onHttp1Connection: (connection) => connection.autoRespond({ body: 'good' }),
    })
    const first = await scene.send('/', { method: 'POST', body: 'x' })
    const second = await scene.send('/')
    for (const outcome of [first, second])
      expect(outcome).toMatchObject({ body: 'good', protocol: 'http/1.1' })
    expect(scene.peer.connections).toHaveLength(1)
  })

  fault(106, 'HTTP_1_1_REQUIRED where HTTP/1.1 is not allowed: bounded, and a typed error', async () => {
    const scene = await stage.http2({
      client: { protocols: ['h2'] },
      isBad: () => true,
      bad: async (connection) => {
        await connection.preface({ awaitAck: false })
        connection.autoRespond((request) => void connection.sendReset(request.streamId, 'HTTP_1_1_REQUIRED'))
      },
    })
    const outcome = await scene.send('/')
    expect(outcome).toMatchObject({ kind: 'error', error: { code: 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED' } })
    expect(scene.peer.requestCount).toBeLessThanOrEqual(4)
  })
})
