/** faults.md section 2 B, 72 to 86: frames that are allowed one by one and a flood together, and windows. */
import { describe, expect } from 'vitest'
import {
  altSvcFrame,
  originFrame,
  pingFrame,
  priorityFrame,
  rawFrame,
  settingsFrame,
} from '../../support/frame-encoder.ts'
import { type ErrorCodeName, FrameType } from '../../support/frame-types.ts'
import { hpack } from '../../support/hpack.ts'
import type { RawConnection } from '../../support/raw-connection.ts'
import {
  expectFailure,
  expectGood,
  failureOf,
  streamReset,
  streamViolation,
  timedOut,
  violation,
  violationWithHiddenCode,
} from './expectations.ts'
import { type Outcome, settleDown } from './scene.ts'
import { fault, faultOn, insteadOn, Stage } from './stage.ts'
import { expectGoAwayOf, expectResetBy } from './wire-expectations.ts'

const stage = new Stage()

const OK = hpack.indexed(8)
const MB = 2 ** 20

interface Flood {
  readonly number: number
  readonly title: string
  readonly frame: Buffer
  readonly times: number
  /** The peer reads nothing of what the client answers. */
  readonly deaf?: boolean
  readonly head?: boolean
  /** nghttp2 ignores them up to its glitch limit, and then says no more than errno -505. */
  readonly ignored?: boolean
}

const headers = (flags: number, block: Buffer) =>
  rawFrame({ type: 'HEADERS', streamId: 1, flags, payload: block })

const floods: readonly Flood[] = [
  { number: 72, title: 'PING', frame: pingFrame(Buffer.alloc(8, 1)), times: 200_000, deaf: true },
  {
    number: 73,
    title: 'SETTINGS',
    frame: settingsFrame({ MAX_CONCURRENT_STREAMS: 100 }),
    times: 200_000,
    deaf: true,
  },
  {
    number: 74,
    title: 'empty DATA',
    frame: rawFrame({ type: 'DATA', streamId: 1 }),
    times: 50_000,
    head: true,
  },
  {
    number: 75,
    title: 'DATA of one byte in 255 of padding',
    frame: rawFrame({ type: 'DATA', streamId: 1, flags: 8, payload: Buffer.alloc(257, 0).fill(255, 0, 1) }),
    times: 4000,
    head: true,
  },
  {
    number: 76,
    title: 'PRIORITY',
    frame: priorityFrame(1, { exclusive: false, dependency: 0, weight: 16 }),
    times: 50_000,
    ignored: true,
  },
  {
    number: 76,
    title: 'PRIORITY_UPDATE',
    frame: rawFrame({
      type: 'PRIORITY_UPDATE',
      payload: Buffer.concat([Buffer.of(0, 0, 0, 1), Buffer.from('u=3')]),
    }),
    times: 50_000,
    ignored: true,
  },
  {
    number: 76,
    title: 'frames of an unknown type',
    frame: rawFrame({ type: 0xee, payload: Buffer.alloc(8) }),
    times: 50_000,
    ignored: true,
  },
  {
    number: 76,
    title: 'ALTSVC',
    frame: altSvcFrame(0, 'https://localhost', 'h2=":1"'),
    times: 20_000,
    ignored: true,
  },
  {
    number: 78,
    title: 'WINDOW_UPDATE',
    frame: rawFrame({ type: 'WINDOW_UPDATE', payload: Buffer.of(0, 0, 0, 1) }),
    times: 50_000,
  },
  { number: 79, title: 'ORIGIN', frame: originFrame(['https://a.test', 'https://b.test']), times: 20_000 },
  { number: 80, title: 'GOAWAY with 16 KB of debug data', frame: goAwayWithDebug(), times: 1000 },
]

function goAwayWithDebug(): Buffer {
  const fixed = Buffer.of(0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0)
  return rawFrame({ type: 'GOAWAY', payload: Buffer.concat([fixed, Buffer.alloc(16_000, 'd')]) })
}

async function sendFlood(connection: RawConnection, flood: Flood): Promise<void> {
  if (flood.head) connection.sendRaw(headers(4, OK))
  if (flood.deaf) connection.transport.socket.pause()
  const batch = Buffer.concat(Array.from({ length: Math.min(flood.times, 1000) }, () => flood.frame))
  for (let sent = 0; sent < flood.times && !connection.isClosed; sent += 1000) {
    connection.sendRaw(batch)
    if (flood.deaf) continue
    await connection.transport.writable()
  }
  if (!flood.deaf) return
  await settleDown(500)
  connection.transport.socket.resume()
}

/** A flood ends in ENHANCE_YOUR_CALM, or is borne at a bounded cost; the next request goes well in either case. */
describe('floods', () => {
  for (const flood of floods) {
    fault(flood.number, `a flood of ${flood.times} ${flood.title}`, async () => {
      const scene = await stage.http2({
        ignoreViolations: flood.number === 73,
        answer: async (connection, request) => {
          await sendFlood(connection, flood)
          if (flood.head) connection.sendData(1, 'good', { endStream: true })
          else await request.respond({ body: 'good' })
        },
      })
      const before = process.memoryUsage.rss()
      const outcome = await scene.play()
      expectCalm(outcome, flood)
      // Both sides of the flood are in this process.
      expect(process.memoryUsage.rss() - before).toBeLessThan(150 * MB)
    })
  }

  function expectCalm(outcome: Outcome, flood: Flood): void {
    const where = flood.head ? 'body' : 'headers'
    if (outcome.kind === 'error')
      expectFailure(
        outcome,
        (flood.ignored ? violationWithHiddenCode : violation)('ENHANCE_YOUR_CALM', where),
      )
    else expect(failureOf(outcome)).toMatchObject({ status: 200 })
  }

  fault(
    77,
    'RST_STREAM to every request: each fails once, and no more are sent than were asked for',
    async () => {
      const scene = await stage.http2({
        isBad: () => true,
        bad: async (connection) => {
          await connection.preface({ awaitAck: false })
          connection.autoRespond((request) => {
            connection.sendReset(request.streamId, 'INTERNAL_ERROR')
            return undefined
          })
        },
      })
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, () => scene.send('/', { method: 'POST' })),
      )
      for (const outcome of outcomes) expectFailure(outcome, streamReset('INTERNAL_ERROR'))
      expect(scene.peer.requestCount).toBe(50)
      expect(scene.peer.tcpConnections).toBe(1)
    },
  )

  fault(80, 'debug data of a GOAWAY goes into messages short and clean', async () => {
    const scene = await stage.http2({
      answer: (connection) => {
        connection.sendGoAway({
          lastStreamId: 1,
          code: 'INTERNAL_ERROR',
          debug: `\r\n\x1b[31mlog\0${'d'.repeat(10_000)}`,
        })
        connection.fin()
      },
    })
    const outcome = await scene.play({ method: 'POST' })
    expect(outcome.kind).toBe('error')
    if (outcome.kind === 'response') return
    const { message } = outcome.error as Error
    expect(message.length).toBeLessThan(500)
    expect(message).toMatch(/^[\x20-\x7e]*$/)
    expect(message).toContain('log')
  })
})

describe('frames to be ignored', () => {
  faultOn(
    'wire',
    81,
    'PING ACK that nobody asked for is ignored',
    'Node ends the session with PROTOCOL_ERROR',
    async () => {
      const scene = await stage.http2({
        answer: async (connection, request) => {
          connection.sendPing(Buffer.alloc(8), { ack: true })
          await request.respond({ body: 'good' })
        },
      })
      expectGood(await scene.play())
      expect(scene.carriers('/probe')).toEqual([0])
    },
  )

  insteadOn('node', 81, 'PING ACK that nobody asked for ends in a typed error', async () => {
    const scene = await stage.http2({
      answer: (connection) => connection.sendPing(Buffer.alloc(8), { ack: true }),
    })
    expectFailure(await scene.play(), violation('PROTOCOL_ERROR'))
  })

  const ignored: readonly [title: string, send: (connection: RawConnection) => void][] = [
    [
      'a frame of an unknown type',
      (connection) => connection.sendFrame({ type: 0xbb, streamId: 1, flags: 0xff, payload: OK }),
    ],
    [
      'an unknown flag',
      (connection) => connection.sendFrame({ type: 'PING', flags: 0xfe, payload: Buffer.alloc(8) }),
    ],
    ['an unknown setting', (connection) => connection.sendSettings([[0xf0f0, 0xffff_ffff]])],
    [
      'the reserved bit of a stream id',
      (connection) => connection.sendFrame({ type: 'PING', reserved: true, payload: Buffer.alloc(8) }),
    ],
    [
      'the reserved bit of a window increment',
      (connection) => connection.sendFrame({ type: 'WINDOW_UPDATE', payload: Buffer.of(0x80, 0, 0, 1) }),
    ],
    [
      'a type of RFC 9218',
      (connection) => connection.sendFrame({ type: FrameType.PRIORITY_UPDATE, payload: Buffer.alloc(7) }),
    ],
  ]
  for (const [title, send] of ignored) {
    fault(82, `${title} is ignored`, async () => {
      const scene = await stage.http2({
        answer: async (connection, request) => {
          send(connection)
          await request.respond({ body: 'good' })
        },
      })
      expectGood(await scene.play())
      expect(scene.carriers('/probe')).toEqual([0])
    })
  }

  fault(82, 'an unknown error code ends one stream', async () => {
    const scene = await stage.http2({ answer: (connection) => connection.sendReset(1, 0xfafa) })
    const outcome = await scene.play({ method: 'POST' })
    expectFailure(outcome, { ...streamReset('CANCEL'), http2Code: 0xfafa })
    expect(scene.carriers('/probe')).toEqual([0])
  })
})

const credit = (streamId: number, increment: number) =>
  rawFrame({
    type: 'WINDOW_UPDATE',
    streamId,
    payload: Buffer.of(increment >>> 24, increment >>> 16, increment >>> 8, increment),
  })

describe('windows', () => {
  const connectionLevel: readonly [number: number, title: string, code: ErrorCodeName, frame: Buffer][] = [
    [83, 'WINDOW_UPDATE of 0 on the connection', 'PROTOCOL_ERROR', credit(0, 0)],
    [84, 'a connection window above 2^31 - 1', 'FLOW_CONTROL_ERROR', credit(0, 0x7fff_ffff)],
  ]
  for (const [number, title, code, frame] of connectionLevel) {
    fault(number, title, async () => {
      const scene = await stage.http2({
        answer: async (connection) => {
          connection.sendRaw(frame)
          await connection.expectClose()
        },
      })
      expectFailure(await scene.play({ method: 'POST', body: 'x' }), violation(code))
      expect(scene.carriers('/probe')).toEqual([1])
      expectGoAwayOf(scene.connection(0), code)
    })
  }

  const streamLevel: readonly [number: number, title: string, code: ErrorCodeName, frame: Buffer][] = [
    [83, 'WINDOW_UPDATE of 0 on a stream', 'PROTOCOL_ERROR', credit(1, 0)],
    [84, 'a stream window above 2^31 - 1', 'FLOW_CONTROL_ERROR', credit(1, 0x7fff_ffff)],
  ]
  for (const [number, title, code, frame] of streamLevel) {
    fault(number, title, async () => {
      const scene = await stage.http2({ answer: (connection) => connection.sendRaw(frame) })
      const outcome = await scene.play({ method: 'POST', body: 'x' })
      const survived = scene.carriers('/probe').includes(0)
      expectFailure(outcome, survived ? streamViolation(code) : violation(code))
    })
  }

  fault(85, 'DATA past the window of the connection', async () => {
    const scene = await stage.http2({
      client: { http2: { initialWindowSize: 65_535, connectionWindowSize: 65_535 } },
      answer: async (connection) => {
        connection.ignoreFlowControl = true
        connection.sendHeaders(1, OK)
        connection.together(() => {
          for (let count = 0; count < 100; count += 1) connection.sendData(1, Buffer.alloc(16_000))
        })
        await connection.expectClose()
      },
    })
    const outcome = await unread(scene)
    expectFailure(outcome, violationWithHiddenCode('FLOW_CONTROL_ERROR', 'body'))
    expectGood(await scene.send('/probe'))
    expect(scene.carriers('/probe')).toEqual([1])
  })

  fault(85, 'DATA past the window of one stream', async () => {
    const scene = await stage.http2({
      client: { http2: { initialWindowSize: 65_535 } },
      answer: (connection) => {
        connection.ignoreFlowControl = true
        connection.sendHeaders(1, OK)
        connection.together(() => {
          for (let count = 0; count < 40; count += 1) connection.sendData(1, Buffer.alloc(16_000))
        })
      },
    })
    const outcome = await unread(scene)
    expectGood(await scene.send('/probe'))
    const survived = scene.carriers('/probe').includes(0)
    expectFailure(
      outcome,
      survived
        ? streamViolation('FLOW_CONTROL_ERROR', 'body')
        : violationWithHiddenCode('FLOW_CONTROL_ERROR', 'body'),
    )
  })
})

/** A response whose body nobody reads until it has failed. */
async function unread(scene: {
  client: { request: typeof import('../../../src/index.ts').request }
  origin: string
}): Promise<Outcome> {
  const response = await scene.client.request(`${scene.origin}/unread`)
  try {
    await response.trailers
    return { kind: 'response', status: 200 } as Outcome
  } catch (error) {
    return { kind: 'error', error }
  } finally {
    response.body.cancel()
  }
}

describe('a slow drip', () => {
  const drips: readonly [title: string, where: 'headers' | 'body'][] = [
    ['of a frame header', 'headers'],
    ['of the DATA behind a head', 'body'],
  ]
  for (const [title, where] of drips) {
    fault(86, `a byte at a time ${title}: the ${where} timeout still fires`, async () => {
      const timeouts = { [where]: 300 } as object
      const scene = await stage.http2({
        client: { timeouts },
        answer: (connection) => {
          if (where === 'body') connection.sendHeaders(1, OK)
          const bytes =
            where === 'body'
              ? dripOfData()
              : headers(4, Buffer.concat([OK, hpack.literal('x', 'y'.repeat(99))]))
          void connection.transport.drip(bytes, { every: 50 })
        },
      })
      const outcome = await scene.send('/fault')
      const code = where === 'body' ? 'ERR_TRUNKLINE_BODY_TIMEOUT' : 'ERR_TRUNKLINE_HEADERS_TIMEOUT'
      expectFailure(outcome, timedOut(code, where, where === 'body' ? 'yes' : 'maybe'))
      await expectResetBy(scene.connection(0), 1, 'CANCEL')
    })
  }
})

/** One DATA frame that never comes to its end. */
function dripOfData(): Buffer {
  return rawFrame({ type: 'DATA', streamId: 1, payload: Buffer.alloc(100) })
}
