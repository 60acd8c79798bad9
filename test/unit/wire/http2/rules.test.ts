/** Every rule of RFC 9113 that a server can break, with the error code and the scope that the RFC gives to its breach. */
import { describe, expect, test } from 'vitest'
import {
  continuationFrame,
  dataFrame,
  goAwayFrame,
  headersFrame,
  pingFrame,
  priorityFrame,
  pushPromiseFrame,
  type RawFrame,
  rawFrame,
  rstStreamFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../../../support/frame-encoder.ts'
import type { ErrorCodeName } from '../../../support/frame-types.ts'
import { encodeHeaders, hpack } from '../../../support/hpack.ts'
import { data, head, SessionScene } from './scene.ts'

const OK = hpack.indexed(8)
const IDLE = 99
const raw = (frame: RawFrame) => rawFrame(frame)
const bytes = (length: number) => Buffer.alloc(length)
const open = (streamId = 1) => headersFrame(streamId, OK, { endHeaders: false })

interface Rule {
  readonly section: string
  readonly title: string
  readonly code: ErrorCodeName
  readonly frames: readonly Buffer[]
}

const rule = (section: string, title: string, code: ErrorCodeName, ...frames: Buffer[]): Rule => ({
  section,
  title,
  code,
  frames,
})

/** On a connection with stream 1 open and stream 3 ended. */
const connectionErrors: readonly Rule[] = [
  rule(
    '4.2',
    'a frame above SETTINGS_MAX_FRAME_SIZE',
    'FRAME_SIZE_ERROR',
    raw({ type: 0xee, payload: bytes(16_385) }),
  ),
  rule('4.3', 'a header block that does not decode', 'COMPRESSION_ERROR', headersFrame(1, Buffer.of(0x80))),
  rule('4.3', 'the same on a stream that has ended', 'COMPRESSION_ERROR', headersFrame(3, Buffer.of(0x80))),
  rule('5.1', 'DATA on an idle stream', 'PROTOCOL_ERROR', data(IDLE, 'x')),
  rule('5.1', 'HEADERS on an idle stream', 'PROTOCOL_ERROR', head(IDLE)),
  rule('5.1', 'RST_STREAM on an idle stream', 'PROTOCOL_ERROR', rstStreamFrame(IDLE)),
  rule('5.1', 'WINDOW_UPDATE on an idle stream', 'PROTOCOL_ERROR', windowUpdateFrame(IDLE, 1)),
  rule('5.1.1', 'HEADERS on a stream of the server', 'PROTOCOL_ERROR', head(2)),
  rule('6.1', 'DATA on stream 0', 'PROTOCOL_ERROR', data(0, 'x')),
  rule(
    '6.1',
    'DATA with too much padding',
    'PROTOCOL_ERROR',
    raw({ type: 'DATA', streamId: 1, flags: 8, payload: Buffer.of(9) }),
  ),
  rule('6.2', 'HEADERS on stream 0', 'PROTOCOL_ERROR', head(0)),
  rule(
    '6.2',
    'HEADERS with too much padding',
    'PROTOCOL_ERROR',
    raw({ type: 'HEADERS', streamId: 1, flags: 0xc, payload: Buffer.of(2, 0x88) }),
  ),
  rule(
    '6.2',
    'HEADERS with PADDED and no byte',
    'FRAME_SIZE_ERROR',
    raw({ type: 'HEADERS', streamId: 1, flags: 0xc }),
  ),
  rule(
    '6.2',
    'HEADERS with PRIORITY and too few bytes',
    'FRAME_SIZE_ERROR',
    raw({ type: 'HEADERS', streamId: 1, flags: 0x24, payload: bytes(4) }),
  ),
  rule('6.3', 'PRIORITY on stream 0', 'PROTOCOL_ERROR', raw({ type: 'PRIORITY', payload: bytes(5) })),
  rule('6.4', 'RST_STREAM on stream 0', 'PROTOCOL_ERROR', rstStreamFrame(0)),
  rule(
    '6.4',
    'RST_STREAM of 5 bytes',
    'FRAME_SIZE_ERROR',
    raw({ type: 'RST_STREAM', streamId: 1, payload: bytes(5) }),
  ),
  rule('6.5', 'SETTINGS on a stream', 'PROTOCOL_ERROR', raw({ type: 'SETTINGS', streamId: 1 })),
  rule('6.5', 'SETTINGS of 5 bytes', 'FRAME_SIZE_ERROR', raw({ type: 'SETTINGS', payload: bytes(5) })),
  rule(
    '6.5',
    'an acknowledgement of SETTINGS with a payload',
    'FRAME_SIZE_ERROR',
    raw({ type: 'SETTINGS', flags: 1, payload: bytes(6) }),
  ),
  rule('6.5.2', 'ENABLE_PUSH 1', 'PROTOCOL_ERROR', settingsFrame({ ENABLE_PUSH: 1 })),
  rule(
    '6.5.2',
    'INITIAL_WINDOW_SIZE 2^31',
    'FLOW_CONTROL_ERROR',
    settingsFrame({ INITIAL_WINDOW_SIZE: 2 ** 31 }),
  ),
  rule('6.5.2', 'MAX_FRAME_SIZE 16,383', 'PROTOCOL_ERROR', settingsFrame({ MAX_FRAME_SIZE: 16_383 })),
  rule('6.5.2', 'MAX_FRAME_SIZE 2^24', 'PROTOCOL_ERROR', settingsFrame({ MAX_FRAME_SIZE: 2 ** 24 })),
  rule(
    'RFC 8441 3',
    'ENABLE_CONNECT_PROTOCOL 2',
    'PROTOCOL_ERROR',
    settingsFrame({ ENABLE_CONNECT_PROTOCOL: 2 }),
  ),
  rule(
    'RFC 8441 3',
    'ENABLE_CONNECT_PROTOCOL 1, then 0',
    'PROTOCOL_ERROR',
    settingsFrame([
      [8, 1],
      [8, 0],
    ]),
  ),
  rule(
    'RFC 9218 2.1',
    'NO_RFC7540_PRIORITIES that changes',
    'PROTOCOL_ERROR',
    settingsFrame({ NO_RFC7540_PRIORITIES: 1 }),
  ),
  rule('6.6', 'PUSH_PROMISE', 'PROTOCOL_ERROR', pushPromiseFrame(1, 2, encodeHeaders({ ':method': 'GET' }))),
  rule('6.7', 'PING on a stream', 'PROTOCOL_ERROR', raw({ type: 'PING', streamId: 1, payload: bytes(8) })),
  rule('6.7', 'PING of 9 bytes', 'FRAME_SIZE_ERROR', raw({ type: 'PING', payload: bytes(9) })),
  rule(
    '6.8',
    'GOAWAY on a stream',
    'PROTOCOL_ERROR',
    raw({ type: 'GOAWAY', streamId: 1, payload: bytes(8) }),
  ),
  rule('6.8', 'GOAWAY of 7 bytes', 'FRAME_SIZE_ERROR', raw({ type: 'GOAWAY', payload: bytes(7) })),
  rule(
    '6.9',
    'WINDOW_UPDATE of 3 bytes',
    'FRAME_SIZE_ERROR',
    raw({ type: 'WINDOW_UPDATE', payload: bytes(3) }),
  ),
  rule('6.9', 'WINDOW_UPDATE of 0 for the connection', 'PROTOCOL_ERROR', windowUpdateFrame(0, 0)),
  rule(
    '6.9.1',
    'a connection window above 2^31 - 1',
    'FLOW_CONTROL_ERROR',
    windowUpdateFrame(0, 2 ** 31 - 1),
  ),
  rule(
    '6.9.2',
    'a stream window above 2^31 - 1 by SETTINGS',
    'FLOW_CONTROL_ERROR',
    windowUpdateFrame(1, 2 ** 31 - 1 - 65_535),
    settingsFrame({ INITIAL_WINDOW_SIZE: 65_536 }),
  ),
  rule('6.10', 'CONTINUATION without HEADERS', 'PROTOCOL_ERROR', continuationFrame(1, OK)),
  rule('6.10', 'CONTINUATION on stream 0', 'PROTOCOL_ERROR', continuationFrame(0, OK)),
  rule('6.10', 'CONTINUATION behind END_HEADERS', 'PROTOCOL_ERROR', head(1), continuationFrame(1, OK)),
  rule('6.10', 'CONTINUATION on another stream', 'PROTOCOL_ERROR', open(), continuationFrame(3, OK)),
  rule('6.10', 'DATA inside a header block', 'PROTOCOL_ERROR', open(), data(1, 'x')),
  rule(
    '6.10',
    'an unknown frame inside a header block',
    'PROTOCOL_ERROR',
    open(),
    raw({ type: 0xee, streamId: 1 }),
  ),
  rule(
    '10.5.1',
    'empty CONTINUATION without end',
    'ENHANCE_YOUR_CALM',
    open(),
    ...Array.from({ length: 20 }, () => continuationFrame(1, bytes(0), { endHeaders: false })),
  ),
  rule(
    '10.5.1',
    'a header block without end',
    'ENHANCE_YOUR_CALM',
    open(),
    ...Array.from({ length: 70 }, () => continuationFrame(1, bytes(16_000), { endHeaders: false })),
  ),
]

/** On stream 1, which lives until then. */
const streamErrors: readonly Rule[] = [
  rule(
    '6.3',
    'PRIORITY of 4 bytes',
    'FRAME_SIZE_ERROR',
    raw({ type: 'PRIORITY', streamId: 1, payload: bytes(4) }),
  ),
  rule('6.9', 'WINDOW_UPDATE of 0', 'PROTOCOL_ERROR', windowUpdateFrame(1, 0)),
  rule('6.9.1', 'a window above 2^31 - 1', 'FLOW_CONTROL_ERROR', windowUpdateFrame(1, 2 ** 31 - 1)),
  rule('8.1', 'DATA before the head', 'PROTOCOL_ERROR', data(1, 'x')),
  rule('8.1', 'DATA behind an interim head', 'PROTOCOL_ERROR', head(1, { ':status': 103 }), data(1, 'x')),
  rule(
    '8.1',
    'an interim head with END_STREAM',
    'PROTOCOL_ERROR',
    head(1, { ':status': 103 }, { endStream: true }),
  ),
  rule('8.1', 'a body without a head that ends', 'PROTOCOL_ERROR', data(1, '', true)),
  rule('8.1', 'trailers without END_STREAM', 'PROTOCOL_ERROR', head(1), head(1, { a: 'b' })),
  rule(
    '8.1',
    ':status in trailers',
    'PROTOCOL_ERROR',
    head(1),
    head(1, { ':status': 200 }, { endStream: true }),
  ),
  rule(
    '8.1.1',
    'more DATA than Content-Length',
    'PROTOCOL_ERROR',
    head(1, { ':status': 200, 'content-length': 2 }),
    data(1, 'abc'),
  ),
  rule(
    '8.1.1',
    'less DATA than Content-Length',
    'PROTOCOL_ERROR',
    head(1, { ':status': 200, 'content-length': 4 }),
    data(1, 'abc', true),
  ),
  rule('8.1.1', 'DATA with 204', 'PROTOCOL_ERROR', head(1, { ':status': 204 }), data(1, 'a')),
  rule(
    '8.1.1',
    'DATA with 304',
    'PROTOCOL_ERROR',
    head(1, { ':status': 304, 'content-length': 9 }),
    data(1, 'a'),
  ),
  rule('8.2.1', 'an upper-case name', 'PROTOCOL_ERROR', head(1, [':status', '200', 'A', 'b'])),
  rule('8.2.1', 'a line break in a value', 'PROTOCOL_ERROR', head(1, [':status', '200', 'a', 'b\nc'])),
  rule('8.2.2', 'connection', 'PROTOCOL_ERROR', head(1, [':status', '200', 'connection', 'close'])),
  rule('8.3', ':status behind a field', 'PROTOCOL_ERROR', head(1, ['a', 'b', ':status', '200'])),
  rule('8.3.2', 'no :status', 'PROTOCOL_ERROR', head(1, ['a', 'b'])),
  rule('8.6', '101', 'PROTOCOL_ERROR', head(1, [':status', '101'])),
  rule('10.5.1', 'a header section above the limit', 'ENHANCE_YOUR_CALM', tooLarge()),
]

/** 70,000 bytes of one value, in frames. */
function tooLarge(): Buffer {
  const block = Buffer.concat([OK, hpack.literal('a', 'b'.repeat(70_000))])
  const frames = [headersFrame(1, block.subarray(0, 16_384), { endHeaders: false })]
  for (let at = 16_384; at < block.length; at += 16_384)
    frames.push(
      continuationFrame(1, block.subarray(at, at + 16_384), { endHeaders: at + 16_384 >= block.length }),
    )
  return Buffer.concat(frames)
}

function scene() {
  const made = new SessionScene()
  const call = made.open({ method: 'POST', body: 'data' })
  made.open()
  made.turn()
  made.give(head(3, { ':status': 200 }, { endStream: true }))
  made.turn()
  return { made, call }
}

describe('a connection error', () => {
  test.each(connectionErrors)('section $section: $title', ({ section, code, frames }) => {
    const { made, call } = scene()
    made.give(...frames)
    expect(call.error).toMatchObject({ name: 'ProtocolError', code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION' })
    if (!section.startsWith('RFC'))
      expect(call.error?.message).toContain(`RFC 9113 section ${section.slice(0, 3)}`)
    expect(made.sent('GOAWAY')).toMatchObject([{ lastStreamId: 0, errorCode: code }])
    expect(made.over).toBeInstanceOf(Error)
    expect(made.session.openExchanges).toBe(0)
    // Whatever still comes is not looked at.
    made.give(data(1, 'x'), pingFrame())
    expect(made.turn()).toEqual([])
  })

  test.each([
    ['PING', pingFrame()],
    ['an acknowledgement of SETTINGS', raw({ type: 'SETTINGS', flags: 1 })],
    ['HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
  ])('section 3.4: the first frame is %s', (_title, frame) => {
    const made = new SessionScene({}, null)
    const call = made.sendOne()
    made.give(frame)
    expect(made.sent('GOAWAY')).toMatchObject([{ errorCode: 'PROTOCOL_ERROR' }])
    expect(call.error).toMatchObject({ http2Code: 1, processed: 'maybe', phase: 'headers' })
  })
})

describe('a stream error', () => {
  test.each(streamErrors)('section $section: $title', ({ code, frames }) => {
    const { made, call } = scene()
    made.give(...frames)
    expect(call.error?.name).toBe('ProtocolError')
    expect(made.sent('RST_STREAM')).toMatchObject([{ streamId: 1, errorCode: code }])
    expect(made.over).toBeUndefined()
    const next = made.sendOne()
    made.give(head(5, { ':status': 200 }, { endStream: true }))
    expect(next.log).toEqual(['headers', 'end'])
  })

  test.each([
    ['DATA', data(3, 'x')],
    ['HEADERS', head(3)],
  ])('section 5.1: %s on a stream that has ended is STREAM_CLOSED, once', (_title, frame) => {
    const { made } = scene()
    made.give(frame, frame)
    expect(made.sent('RST_STREAM')).toMatchObject([{ streamId: 3, errorCode: 'STREAM_CLOSED' }])
    expect(made.over).toBeUndefined()
  })
})

describe('what is no error', () => {
  test.each([
    ['PRIORITY', priorityFrame(1, { exclusive: true, dependency: 3, weight: 256 })],
    ['PRIORITY on an idle stream', priorityFrame(IDLE, { exclusive: false, dependency: 0, weight: 1 })],
    ['an unknown frame', raw({ type: 0xee, streamId: IDLE, flags: 0xff, payload: bytes(100) })],
    ['an unknown setting', settingsFrame([[0xf0f0, 0xffff_ffff]])],
    ['a PING acknowledgement that nobody asked for', pingFrame(bytes(8), true)],
    ['an acknowledgement of SETTINGS that nobody waits for', raw({ type: 'SETTINGS', flags: 1 })],
    ['WINDOW_UPDATE on a stream that has ended', windowUpdateFrame(3, 1)],
    ['RST_STREAM on a stream that has ended', rstStreamFrame(3)],
    ['the largest windows', windowUpdateFrame(0, 2 ** 31 - 1 - 65_535)],
    ['padding', Buffer.concat([head(1), dataFrame(1, 'x', { padding: 255 })])],
    ['unknown flags', raw({ type: 'PING', flags: 0xfe, payload: bytes(8) })],
    ['GOAWAY with an unknown code', goAwayFrame({ code: 0xfafa, lastStreamId: 1 })],
  ])('%s', (_title, frame) => {
    const { made, call } = scene()
    made.give(frame)
    expect(made.over).toBeUndefined()
    expect(call.error).toBeNull()
    expect(made.sent('RST_STREAM')).toEqual([])
  })
})
