/** faults.md section 2 D, 118 to 128: flow control and bodies. */
import { describe, expect } from 'vitest'
import { deterministicBytes } from '../../support/routes.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'
import { connectionOf, expectFailure, expectGood, type Failure, timedOut } from './expectations.ts'
import { goodResponse } from './http2-scene.ts'
import { settleDown } from './scene.ts'
import { fault, Stage } from './stage.ts'
import { expectResetBy } from './wire-expectations.ts'

const stage = new Stage()

const MB = 2 ** 20

const bodyFailed: Failure = {
  name: 'BodyError',
  code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED',
  processed: 'maybe',
  phase: 'headers',
}

describe('windows of the server', () => {
  const body = deterministicBytes(200_000)

  fault(118, 'INITIAL_WINDOW_SIZE 0, opened later: the upload completes', async () => {
    const scene = await stage.http2({
      settings: { INITIAL_WINDOW_SIZE: 0 },
      bad: async (connection) => {
        await connection.preface({ settings: { INITIAL_WINDOW_SIZE: 0 } })
        const request = await connection.expectRequest()
        await connection.barrier()
        // Upload may have begun under the default window, before SETTINGS came (RFC 9113 section 6.9.2).
        const early = request.bodyLength
        expect(early).toBeLessThanOrEqual(65_535)
        connection.sendSettings({ INITIAL_WINDOW_SIZE: 100_000 })
        expect((await request.body()).equals(body)).toBe(true)
        await request.respond(await goodResponse(request, connection))
        connection.autoRespond((next) => goodResponse(next, connection))
      },
    })
    expect(connectionOf(await scene.play({ method: 'POST', body }))).toBe(0)
  })

  fault(119, 'a window of zero for ever: a timeout ends the upload', async () => {
    const timeouts = { headers: 300 } as object
    const scene = await stage.http2({
      client: { timeouts },
      bad: async (connection) => {
        connection.returnCredit = false
        await connection.preface({ settings: { INITIAL_WINDOW_SIZE: 0 } })
      },
    })
    const outcome = await scene.send('/', { method: 'POST', body })
    expectFailure(outcome, timedOut('ERR_TRUNKLINE_HEADERS_TIMEOUT', 'headers', 'maybe'))
  })

  fault(119, 'a window of zero for ever: an abort ends the upload, and its source is let go', async () => {
    let returned = false
    async function* source() {
      try {
        for (;;) yield body
      } finally {
        returned = true
      }
    }
    const scene = await stage.http2({
      answer: async (connection) => {
        connection.returnCredit = false
        await connection.expect('RST_STREAM', 1)
        connection.returnCredit = true
        connection.sendWindowUpdate(0, MB)
      },
    })
    const outcome = await scene.send('/', {
      method: 'POST',
      body: source(),
      signal: AbortSignal.timeout(150),
    })
    expect(outcome).toMatchObject({ error: { name: 'TimeoutError' } })
    await waitFor(() => returned)
    expectGood(await scene.send('/probe', { method: 'POST', body }))
  })

  fault(120, 'a window driven below zero, then raised: the upload completes', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        connection.returnCredit = false
        await waitFor(() => request.bodyLength >= 60_000)
        connection.sendSettings({ INITIAL_WINDOW_SIZE: 10 })
        await connection.barrier()
        connection.sendWindowUpdate(0, MB)
        await connection.barrier()
        expect(request.bodyLength).toBeLessThanOrEqual(65_535)
        connection.returnCredit = true
        connection.sendWindowUpdate(1, MB)
        expect((await request.body()).equals(body)).toBe(true)
        await request.respond(await goodResponse(request, connection))
      },
    })
    expect(connectionOf(await scene.play({ method: 'POST', body }))).toBe(0)
  })
})

describe('windows of the client', () => {
  fault(121, 'one slow reader: other streams go on, and what waits is bounded', async () => {
    const size = 4 * MB
    const scene = await stage.http2({
      client: { http2: { initialWindowSize: 256 * 1024, connectionWindowSize: MB } },
      answer: (_connection, request) => void request.respond({ body: deterministicBytes(size) }),
    })
    const slow = await scene.client.request(`${scene.origin}/slow`)
    for (let count = 0; count < 20; count += 1) expectGood(await scene.send('/probe'))
    const received = scene.client.stats().origins[0]?.connections[0]?.bytesReceived ?? 0
    expect(received).toBeLessThan(2 * MB)
    expect((await slow.body.bytes()).length).toBe(size)
  })

  fault(122, 'readers that cancel: RST CANCEL, the credit comes back, siblings do not stall', async () => {
    const scene = await stage.http2({
      client: { http2: { initialWindowSize: 65_535, connectionWindowSize: 65_535 } },
      good: async (request, connection) =>
        request.path === '/big' ? { body: Buffer.alloc(MB) } : goodResponse(request, connection),
    })
    for (let count = 0; count < 10; count += 1) {
      const response = await scene.client.request(`${scene.origin}/big`)
      await settleDown(5)
      response.body.cancel()
    }
    expectGood(await scene.send('/probe'))
    await expectResetBy(scene.connection(0), 1, 'CANCEL')
    const whole = await scene.client.request(`${scene.origin}/big`)
    expect((await whole.body.bytes()).length).toBe(MB)
    expect(scene.peer.tcpConnections).toBe(1)
  })

  fault(122, 'readers that never read and are dropped with close(): no stall', async () => {
    const scene = await stage.http2({
      client: { http2: { initialWindowSize: 65_535, connectionWindowSize: 200_000 } },
      answer: (_connection, request) => void request.respond({ body: Buffer.alloc(MB) }),
    })
    const unread = await scene.client.request(`${scene.origin}/unread`)
    await sleep(50)
    expectGood(await scene.send('/probe'))
    await scene.client.close({ timeout: 50 })
    await expect(unread.body.bytes()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CLIENT_DESTROYED' })
  })

  fault(123, 'the credit of padding comes back', async () => {
    const scene = await stage.http2({
      client: { http2: { initialWindowSize: 65_535, connectionWindowSize: 65_535 } },
      answer: async (connection) => {
        connection.sendHeaders(1, { ':status': 200 })
        // 300 KB of padding around 30 KB, through windows of 64 KB.
        const sent = await connection.sendBody(1, Buffer.alloc(30_000, 'p'), {
          chunkSize: 25,
          padding: 255,
          endStream: true,
        })
        expect(sent).toBe(30_000)
      },
    })
    const outcome = await scene.play()
    expect(outcome).toMatchObject({ status: 200, body: 'p'.repeat(30_000) })
  })
})

describe('request bodies', () => {
  fault(124, 'the source fails in the middle: RST on the wire, its error as the cause', async () => {
    const reason = new Error('the disk is gone')
    async function* source() {
      yield 'first'
      await settleDown(10)
      throw reason
    }
    const scene = await stage.http2({
      answer: async (connection) => {
        const frame = await connection.expect('RST_STREAM', 1)
        expect(frame.errorCode).toBeOneOf(['CANCEL', 'INTERNAL_ERROR'])
      },
    })
    const outcome = await scene.play({ method: 'POST', body: source() })
    expectFailure(outcome, bodyFailed)
    expect(outcome).toMatchObject({ error: { cause: reason } })
    expect(scene.carriers('/probe')).toEqual([0])
  })

  fault(124, 'the source fails at once', async () => {
    const scene = await stage.http2()
    const outcome = await scene.play({
      method: 'POST',
      // biome-ignore lint/correctness/useYield: it fails before it could.
      body: (async function* () {
        throw new Error('never opened')
      })() as AsyncGenerator<string>,
    })
    expectFailure(outcome, bodyFailed)
  })

  const lengths: readonly [title: string, declared: number][] = [
    ['longer than its content-length', 5],
    ['shorter than its content-length', 500],
  ]
  for (const [title, declared] of lengths) {
    for (const kind of ['a stream', 'a string']) {
      fault(125, `${kind} ${title}: an error before END_STREAM`, async () => {
        async function* source() {
          for (let count = 0; count < 10; count += 1) yield '1234567890'
        }
        const scene = await stage.http2()
        const outcome = await scene.play({
          method: 'POST',
          body: kind === 'a stream' ? source() : '1234567890'.repeat(10),
          headers: { 'content-length': String(declared) },
        })
        expect(outcome).toMatchObject({
          kind: 'error',
          error: { name: expect.stringMatching(/BodyError|InvalidRequestError/) },
        })
        const request = scene.peer.connections[0]?.received.filter(({ type }) => type === 'DATA') ?? []
        expect(request.some((frame) => 'endStream' in frame && frame.endStream && frame.streamId === 1)).toBe(
          false,
        )
      })
    }
  }

  fault(
    126,
    'the server answers 413 and goes on reading: the answer comes, the upload is cancelled',
    async () => {
      let pulled = 0
      async function* source() {
        for (; pulled < 1000; pulled += 1) {
          yield Buffer.alloc(1000)
          await settleDown(1)
        }
      }
      const scene = await stage.http2({
        answer: async (connection) => {
          await connection.expect('DATA', 1)
          connection.sendHeaders(1, { ':status': 413 })
          connection.sendData(1, 'too much', { endStream: true })
          await connection.expect('RST_STREAM', 1)
        },
      })
      const outcome = await scene.play({ method: 'POST', body: source() })
      expect(outcome).toMatchObject({ status: 413, body: 'too much' })
      expect(pulled).toBeLessThan(1000)
      expect(scene.carriers('/probe')).toEqual([0])
    },
  )

  fault(126, 'the server answers 200 before the upload is over and reads on: both go on', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        connection.sendHeaders(1, { ':status': 200 })
        connection.sendData(1, 'go')
        expect((await request.body()).length).toBe(20_000)
        connection.sendData(1, 'od', { endStream: true })
      },
    })
    async function* source() {
      for (let count = 0; count < 20; count += 1) {
        yield Buffer.alloc(1000)
        await settleDown(2)
      }
    }
    expectGood(await scene.play({ method: 'POST', body: source() }))
  })

  const continues: readonly [title: string, interim: boolean, status: number][] = [
    ['100 comes', true, 200],
    ['never answered: the body goes after a while', false, 200],
    ['refused with 417', false, 417],
  ]
  for (const [title, interim, status] of continues) {
    fault(127, `expect: 100-continue: ${title}`, async () => {
      const scene = await stage.http2({
        answer: async (connection, request) => {
          await settleDown()
          const early = request.bodyLength
          if (interim) connection.sendHeaders(1, { ':status': 100 })
          if (status !== 417) await request.body()
          connection.respond(1, { status, body: String(early) })
        },
      })
      const outcome = await scene.play({
        method: 'POST',
        body: 'x'.repeat(1000),
        headers: { expect: '100-continue' },
      })
      expect(outcome).toMatchObject({ status })
    })
  }

  fault(127, 'expect: 100-continue: the body waits for 100', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        await settleDown()
        const early = request.bodyLength
        connection.sendHeaders(1, { ':status': 100 })
        await request.body()
        await request.respond({ body: String(early) })
      },
    })
    const outcome = await scene.play({
      method: 'POST',
      body: 'x'.repeat(1000),
      headers: { expect: '100-continue' },
    })
    expect(outcome).toMatchObject({ status: 200, body: '0' })
  })

  fault(128, 'a response above the limit of the user: cancelled, a typed error', async () => {
    const limits = { responseBody: 100_000 } as object
    const scene = await stage.http2({
      client: { limits },
      answer: (_connection, request) => void request.respond({ body: Buffer.alloc(MB) }),
    })
    const outcome = await scene.play()
    expectFailure(outcome, {
      name: 'ProtocolError',
      code: 'ERR_TRUNKLINE_BODY_TOO_LARGE',
      processed: 'yes',
      phase: 'body',
    })
    await expectResetBy(scene.connection(0), 1, 'CANCEL')
  })
})
