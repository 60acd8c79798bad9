/** faults.md section 2 B, 26 to 40: frames that the framing rules of RFC 9113 do not allow, and settings. */
import { describe, expect } from 'vitest'
import { type RawFrame, settingsPayload } from '../../support/frame-encoder.ts'
import { type ErrorCodeName, Flag, Setting, type SettingEntries } from '../../support/frame-types.ts'
import { hpack } from '../../support/hpack.ts'
import type { RawConnection } from '../../support/raw-connection.ts'
import { engine } from './engine-under-test.ts'
import {
  connectionOf,
  expectFailure,
  expectGood,
  malformed,
  streamReset,
  streamViolation,
  violation,
  violationWithHiddenCode,
} from './expectations.ts'
import { settleDown } from './scene.ts'
import { fault, faultOn, insteadOn, Stage } from './stage.ts'
import { expectGoAwayOf } from './wire-expectations.ts'

const stage = new Stage()

/** `:status 200` */
const OK = hpack.indexed(8)
/** A stream the client never opened. */
const IDLE = 7
const CREDIT = Buffer.of(0, 0, 0, 1)
const CANCEL = Buffer.of(0, 0, 0, 8)
const X = Buffer.from('x')

interface FrameCase {
  readonly number: number
  readonly title: string
  readonly send: RawFrame | ((connection: RawConnection) => void)
  /** Codes of which RFC 9113 leaves the choice. Default PROTOCOL_ERROR. */
  readonly code?: ErrorCodeName
  /** A response head went before. */
  readonly where?: 'headers' | 'body'
}

function head(connection: RawConnection): void {
  connection.sendHeaders(1, { ':status': 200 })
}

const headersOn = (streamId: number): RawFrame => ({
  type: 'HEADERS',
  streamId,
  flags: Flag.END_HEADERS,
  payload: OK,
})

const misplaced: readonly FrameCase[] = [
  { number: 26, title: 'DATA on stream 0', send: { type: 'DATA', streamId: 0, payload: X } },
  { number: 26, title: 'HEADERS on stream 0', send: headersOn(0) },
  { number: 27, title: 'DATA on an idle stream', send: { type: 'DATA', streamId: IDLE, payload: X } },
  {
    number: 27,
    title: 'RST_STREAM on an idle stream',
    send: { type: 'RST_STREAM', streamId: IDLE, payload: CANCEL },
  },
  {
    number: 27,
    title: 'WINDOW_UPDATE on an idle stream',
    send: { type: 'WINDOW_UPDATE', streamId: IDLE, payload: CREDIT },
  },
  { number: 28, title: 'HEADERS on an even stream that was not promised', send: headersOn(2) },
  { number: 28, title: 'HEADERS on an odd stream that the client never opened', send: headersOn(IDLE) },
  { number: 34, title: 'SETTINGS on a stream', send: { type: 'SETTINGS', streamId: 1 } },
  { number: 34, title: 'PING on a stream', send: { type: 'PING', streamId: 1, payload: Buffer.alloc(8) } },
  {
    number: 34,
    title: 'GOAWAY on a stream',
    send: { type: 'GOAWAY', streamId: 1, payload: Buffer.alloc(8) },
  },
  { number: 34, title: 'RST_STREAM on stream 0', send: { type: 'RST_STREAM', streamId: 0, payload: CANCEL } },
  {
    number: 34,
    title: 'CONTINUATION on stream 0',
    send: { type: 'CONTINUATION', streamId: 0, flags: Flag.END_HEADERS, payload: OK },
  },
]

const padded: readonly FrameCase[] = [
  {
    number: 30,
    title: 'DATA with padding as long as its payload',
    where: 'body',
    send: (connection) => {
      head(connection)
      connection.sendFrame({ type: 'DATA', streamId: 1, flags: Flag.PADDED, payload: Buffer.of(4, 1, 2, 3) })
    },
  },
  {
    number: 30,
    title: 'HEADERS with padding longer than its payload',
    send: { ...headersOn(1), flags: Flag.END_HEADERS | Flag.PADDED, payload: Buffer.of(9, 0x88) },
  },
  {
    number: 30,
    title: 'PUSH_PROMISE with padding longer than its payload',
    send: {
      type: 'PUSH_PROMISE',
      streamId: 1,
      flags: Flag.END_HEADERS | Flag.PADDED,
      payload: Buffer.of(9, 0, 0, 0, 2, 0x88),
    },
  },
]

/** All of them FRAME_SIZE_ERROR. */
const missized: readonly FrameCase[] = [
  {
    number: 31,
    title: 'DATA longer than SETTINGS_MAX_FRAME_SIZE',
    where: 'body',
    send: (connection) => {
      head(connection)
      connection.sendFrame({ type: 'DATA', streamId: 1, payload: Buffer.alloc(16_385) })
    },
  },
  {
    number: 31,
    title: 'HEADERS longer than SETTINGS_MAX_FRAME_SIZE',
    send: { ...headersOn(1), payload: Buffer.concat([OK, hpack.literal('x-big', 'a'.repeat(16_385))]) },
  },
  {
    number: 32,
    title: 'HEADERS with PRIORITY and fewer than 5 bytes',
    send: { ...headersOn(1), flags: Flag.END_HEADERS | Flag.PRIORITY, payload: Buffer.of(0, 0, 0) },
  },
  {
    number: 33,
    title: 'SETTINGS of 7 bytes',
    send: { type: 'SETTINGS', payload: Buffer.alloc(7) },
  },
  {
    number: 33,
    title: 'SETTINGS ACK with a payload',
    send: { type: 'SETTINGS', flags: Flag.ACK, payload: Buffer.alloc(6) },
  },
  { number: 33, title: 'PING of 7 bytes', send: { type: 'PING', payload: Buffer.alloc(7) } },
  {
    number: 33,
    title: 'RST_STREAM of 3 bytes',
    send: { type: 'RST_STREAM', streamId: 1, payload: Buffer.alloc(3) },
  },
  {
    number: 33,
    title: 'WINDOW_UPDATE of 5 bytes',
    send: { type: 'WINDOW_UPDATE', streamId: 0, payload: Buffer.alloc(5, 1) },
  },
  { number: 33, title: 'GOAWAY of 7 bytes', send: { type: 'GOAWAY', payload: Buffer.alloc(7) } },
]

const setting = (identifier: number, value: number): RawFrame => ({
  type: 'SETTINGS',
  payload: settingsPayload([[identifier, value]]),
})

const badSettings: readonly FrameCase[] = [
  {
    number: 35,
    title: 'INITIAL_WINDOW_SIZE of 2^31',
    code: 'FLOW_CONTROL_ERROR',
    send: setting(Setting.INITIAL_WINDOW_SIZE, 2 ** 31),
  },
  { number: 36, title: 'MAX_FRAME_SIZE of 0', send: setting(Setting.MAX_FRAME_SIZE, 0) },
  { number: 36, title: 'MAX_FRAME_SIZE of 16,383', send: setting(Setting.MAX_FRAME_SIZE, 16_383) },
  { number: 36, title: 'MAX_FRAME_SIZE of 2^24', send: setting(Setting.MAX_FRAME_SIZE, 2 ** 24) },
  { number: 37, title: 'ENABLE_PUSH of 1 from a server', send: setting(Setting.ENABLE_PUSH, 1) },
  { number: 37, title: 'ENABLE_PUSH of 2', send: setting(Setting.ENABLE_PUSH, 2) },
  {
    number: 38,
    title: 'ENABLE_CONNECT_PROTOCOL of 1, then 0',
    send: (connection) => {
      connection.sendFrame(setting(Setting.ENABLE_CONNECT_PROTOCOL, 1))
      connection.sendFrame(setting(Setting.ENABLE_CONNECT_PROTOCOL, 0))
    },
  },
]

describe('frames that end the connection', () => {
  for (const one of [...misplaced, ...padded, ...missized, ...badSettings]) {
    fault(one.number, one.title, async () => {
      const { send, where } = one
      const code = missized.includes(one) ? 'FRAME_SIZE_ERROR' : (one.code ?? 'PROTOCOL_ERROR')
      const scene = await stage.http2({
        answer: async (connection) => {
          if (typeof send === 'function') send(connection)
          else connection.sendFrame(send)
          await connection.expectClose()
        },
        ignoreViolations: one.number === 33 || badSettings.includes(one),
      })
      const hidden = code === 'FRAME_SIZE_ERROR'
      expectFailure(await scene.play(), (hidden ? violationWithHiddenCode : violation)(code, where))
      expect(scene.carriers('/probe')).toEqual([1])
      expectGoAwayOf(scene.connection(0), code)
    })
  }
})

describe('frames that end no more than their stream', () => {
  fault(28, 'HEADERS on a stream that ended before: its result stands', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        await request.respond({ body: 'good' })
        connection.sendHeaders(1, { ':status': 500 })
      },
    })
    expectGood(await scene.play())
    await settleDown()
    expectGood(await scene.send())
  })

  fault(29, 'DATA before HEADERS', async () => {
    const scene = await stage.http2({
      answer: (connection) => connection.sendData(1, 'body without a head', { endStream: true }),
    })
    const outcome = await scene.play()
    const survived = scene.carriers('/probe').includes(0)
    if (engine === 'wire') expectFailure(outcome, malformed('headers', 'maybe'))
    else expectFailure(outcome, survived ? streamReset('PROTOCOL_ERROR') : violation('PROTOCOL_ERROR'))
  })

  faultOn(
    'wire',
    34,
    'PRIORITY on stream 0 ends the connection',
    'nghttp2 no longer looks at PRIORITY frames',
    async () => {
      const scene = await stage.http2({
        answer: async (connection) => {
          connection.sendFrame({ type: 'PRIORITY', streamId: 0, payload: Buffer.alloc(5) })
          await connection.expectClose()
        },
      })
      expectFailure(await scene.play({ method: 'POST' }), violation('PROTOCOL_ERROR'))
      expect(scene.carriers('/probe')).toEqual([1])
      expectGoAwayOf(scene.connection(0), 'PROTOCOL_ERROR')
    },
  )

  insteadOn('node', 34, 'PRIORITY on stream 0 does no harm', async () => {
    const scene = await stage.http2({
      answer: async (connection, request) => {
        connection.sendFrame({ type: 'PRIORITY', streamId: 0, payload: Buffer.alloc(5) })
        await request.respond({ body: 'good' })
      },
    })
    expectGood(await scene.play())
  })

  fault(33, 'PRIORITY of 4 bytes: at most its stream fails', async () => {
    const scene = await stage.http2({
      answer: (connection) => {
        connection.sendFrame({ type: 'PRIORITY', streamId: 1, payload: Buffer.alloc(4) })
        connection.respond(1, { body: 'good' })
      },
    })
    const outcome = await scene.play()
    const survived = scene.carriers('/probe').includes(0)
    if (outcome.kind === 'error')
      expectFailure(
        outcome,
        survived ? streamViolation('FRAME_SIZE_ERROR') : violationWithHiddenCode('FRAME_SIZE_ERROR'),
      )
    else expectGood(outcome)
  })
})

describe('settings that are in order, if odd', () => {
  fault(39, 'settings that repeat and contradict each other: the last one counts, with one ACK', async () => {
    const entries: SettingEntries = [
      [Setting.MAX_CONCURRENT_STREAMS, 1],
      [Setting.INITIAL_WINDOW_SIZE, 0],
      [Setting.MAX_CONCURRENT_STREAMS, 3],
      [Setting.INITIAL_WINDOW_SIZE, 65_535],
    ]
    const scene = await stage.http2({ settings: entries })
    const uploads = [1, 2, 3, 4].map(() => scene.send('/', { method: 'POST', body: 'x'.repeat(1000) }))
    for (const upload of uploads) expect(connectionOf(await upload)).toBe(0)
    const { received, streams } = scene.connection(0)
    expect(received.filter((frame) => frame.type === 'SETTINGS' && frame.ack)).toHaveLength(1)
    expect(streams.maxConcurrentSeen).toBeLessThanOrEqual(3)
    expect(scene.client.stats().origins[0]?.connections[0]?.maxConcurrentStreams).toBe(3)
  })

  fault(40, 'HEADER_TABLE_SIZE 0, then large, then small, then 2^32 - 1', async () => {
    const scene = await stage.http2({ settings: { HEADER_TABLE_SIZE: 0 } })
    const send = () => scene.send('/', { headers: { 'x-same': 'value', 'x-other': String(Math.random()) } })
    expectGood(await send())
    for (const size of [65_536, 100, 0xffff_ffff, 0]) {
      scene.connection(0).sendSettings({ HEADER_TABLE_SIZE: size })
      await settleDown(5)
      for (let count = 0; count < 3; count += 1) expect(connectionOf(await send())).toBe(0)
    }
    expect(scene.peer.violations).toEqual([])
  })
})
