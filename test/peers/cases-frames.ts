/** faults.md section 2 B, 26 to 50: frames, settings and header blocks that break RFC 9113 and RFC 7541. */
import { type RawFrame, settingsPayload } from '../support/frame-encoder.ts'
import { Flag, Setting } from '../support/frame-types.ts'
import { hpack } from '../support/hpack.ts'
import type { RawConnection } from '../support/raw-connection.ts'
import { GOOD, type Http2Case, http2 } from './fault-case.ts'

/** `:status 200` */
export const OK = hpack.indexed(8)
/** A stream the client never opened. */
const IDLE = 71
const CREDIT = Buffer.of(0, 0, 0, 1)
const CANCEL = Buffer.of(0, 0, 0, 8)

const frame = (number: number, title: string, make: (streamId: number) => RawFrame): Http2Case =>
  http2(number, title, 'error', (connection, streamId) => connection.sendFrame(make(streamId)))

const headersOn = (streamId: number, flags: number = Flag.END_HEADERS, payload: Buffer = OK): RawFrame => ({
  type: 'HEADERS',
  streamId,
  flags,
  payload,
})

const setting = (number: number, title: string, identifier: number, value: number): Http2Case =>
  frame(number, title, () => ({ type: 'SETTINGS', payload: settingsPayload([[identifier, value]]) }))

const data =
  (payload: Buffer, flags = 0) =>
  (connection: RawConnection, streamId: number) => {
    connection.sendHeaders(streamId, OK)
    connection.sendFrame({ type: 'DATA', streamId, flags, payload })
  }

const frames: readonly Http2Case[] = [
  frame(26, 'DATA on stream 0', () => ({ type: 'DATA', streamId: 0, payload: Buffer.from('x') })),
  frame(26, 'HEADERS on stream 0', () => headersOn(0)),
  frame(27, 'DATA on an idle stream', () => ({ type: 'DATA', streamId: IDLE, payload: Buffer.from('x') })),
  frame(27, 'RST_STREAM on an idle stream', () => ({
    type: 'RST_STREAM',
    streamId: IDLE,
    payload: CANCEL,
  })),
  frame(27, 'WINDOW_UPDATE on an idle stream', () => ({
    type: 'WINDOW_UPDATE',
    streamId: IDLE,
    payload: CREDIT,
  })),
  frame(28, 'HEADERS on an even stream that was not promised', () => headersOn(2)),
  http2(29, 'DATA before HEADERS', 'error', (connection, streamId) =>
    connection.sendData(streamId, 'no head', { endStream: true }),
  ),
  http2(30, 'DATA with padding as long as its payload', 'error', data(Buffer.of(4, 1, 2, 3), Flag.PADDED)),
  frame(30, 'HEADERS with padding longer than its payload', (streamId) =>
    headersOn(streamId, Flag.END_HEADERS | Flag.PADDED, Buffer.of(9, 0x88)),
  ),
  http2(31, 'DATA longer than SETTINGS_MAX_FRAME_SIZE', 'error', (connection, streamId) =>
    data(Buffer.alloc(connection.clientMaxFrameSize + 1))(connection, streamId),
  ),
  frame(32, 'HEADERS with PRIORITY and fewer than 5 bytes', (streamId) =>
    headersOn(streamId, Flag.END_HEADERS | Flag.PRIORITY, Buffer.of(0, 0, 0)),
  ),
  frame(33, 'SETTINGS of 7 bytes', () => ({ type: 'SETTINGS', payload: Buffer.alloc(7) })),
  frame(33, 'PING of 7 bytes', () => ({ type: 'PING', payload: Buffer.alloc(7) })),
  frame(33, 'RST_STREAM of 3 bytes', (streamId) => ({
    type: 'RST_STREAM',
    streamId,
    payload: Buffer.alloc(3),
  })),
  frame(33, 'GOAWAY of 7 bytes', () => ({ type: 'GOAWAY', payload: Buffer.alloc(7) })),
  frame(34, 'SETTINGS on a stream', (streamId) => ({ type: 'SETTINGS', streamId })),
  frame(34, 'PING on a stream', (streamId) => ({ type: 'PING', streamId, payload: Buffer.alloc(8) })),
  frame(34, 'RST_STREAM on stream 0', () => ({ type: 'RST_STREAM', streamId: 0, payload: CANCEL })),
  setting(35, 'INITIAL_WINDOW_SIZE of 2^31', Setting.INITIAL_WINDOW_SIZE, 2 ** 31),
  setting(36, 'MAX_FRAME_SIZE of 0', Setting.MAX_FRAME_SIZE, 0),
  setting(36, 'MAX_FRAME_SIZE of 2^24', Setting.MAX_FRAME_SIZE, 2 ** 24),
  setting(37, 'ENABLE_PUSH of 1 from a server', Setting.ENABLE_PUSH, 1),
]

/** A literal field `x: VALUE` whose value is Huffman-coded bytes given as they are. */
const huffman = (...bytes: number[]) => Buffer.of(0x00, 0x01, 0x78, 0x80 | bytes.length, ...bytes)

const block = (number: number, title: string, bytes: Buffer): Http2Case =>
  http2(number, title, 'error', (connection, streamId) =>
    connection.sendHeaders(streamId, Buffer.concat([OK, bytes]), { endStream: true }),
  )

const blocks: readonly Http2Case[] = [
  block(41, 'HPACK: index 0', Buffer.of(0x80)),
  block(41, 'HPACK: an index past the table', hpack.indexed(200)),
  block(42, 'HPACK: a string longer than its block', Buffer.of(0x00, 0x01, 0x78, 0x20, 0x61)),
  block(43, 'HPACK: EOS in a Huffman string', huffman(0xff, 0xff, 0xff, 0xff)),
  block(43, 'HPACK: Huffman padding that is not ones', huffman(0x18)),
  block(44, 'HPACK: an integer without end', Buffer.alloc(101, 0xff)),
  block(45, 'HPACK: a size update that is not at the start', Buffer.of(0x20)),
]

const open = (connection: RawConnection, streamId: number) =>
  connection.sendHeaders(streamId, OK, { endHeaders: false })

const continuations: readonly Http2Case[] = [
  http2(47, 'CONTINUATION without HEADERS', 'error', (connection, streamId) =>
    connection.sendContinuation(streamId, OK),
  ),
  http2(47, 'CONTINUATION on another stream', 'error', (connection, streamId) => {
    open(connection, streamId)
    connection.sendContinuation(streamId + 2, hpack.literal('x', 'y'))
  }),
  http2(48, 'PING between HEADERS and CONTINUATION', 'error', (connection, streamId) => {
    open(connection, streamId)
    connection.sendPing()
    connection.sendContinuation(streamId, hpack.literal('x', 'y'))
  }),
  http2(49, 'a flood of 5000 empty CONTINUATION frames', 'error', (connection, streamId) => {
    open(connection, streamId)
    for (let count = 0; count < 5000 && !connection.isClosed; count += 1)
      connection.sendContinuation(streamId, Buffer.alloc(0), { endHeaders: false })
  }),
  http2(50, 'a flood of 500 CONTINUATION frames of 16 KB', 'error', async (connection, streamId) => {
    const piece = hpack.literal('x-fill', 'a'.repeat(16_000))
    open(connection, streamId)
    for (let count = 0; count < 500 && !connection.isClosed; count += 1) {
      connection.sendContinuation(streamId, piece, { endHeaders: false })
      await connection.transport.writable()
    }
  }),
]

const good = (number: number, title: string, send: (connection: RawConnection) => void): Http2Case =>
  http2(number, title, GOOD, async (connection, _streamId, request) => {
    send(connection)
    await request.respond({ body: 'good' })
  })

const ignored: readonly Http2Case[] = [
  good(39, 'settings that repeat and contradict each other', (connection) =>
    connection.sendSettings([
      [Setting.INITIAL_WINDOW_SIZE, 0],
      [Setting.INITIAL_WINDOW_SIZE, 65_535],
    ]),
  ),
  good(40, 'HEADER_TABLE_SIZE of 0, then large, then small', (connection) => {
    for (const size of [0, 0xffff_ffff, 100]) connection.sendSettings({ HEADER_TABLE_SIZE: size })
  }),
  good(81, 'a PING ACK that nobody asked for', (connection) =>
    connection.sendPing(Buffer.alloc(8), { ack: true }),
  ),
  good(82, 'a frame of an unknown type', (connection) =>
    connection.sendFrame({ type: 0xbb, flags: 0xff, payload: OK }),
  ),
  good(82, 'an unknown setting', (connection) => connection.sendSettings([[0xf0f0, 0xffff_ffff]])),
  good(82, 'the reserved bit of a stream id', (connection) =>
    connection.sendFrame({ type: 'PING', reserved: true, payload: Buffer.alloc(8) }),
  ),
]

const windows: readonly Http2Case[] = [
  frame(83, 'WINDOW_UPDATE of 0 on the connection', () => ({
    type: 'WINDOW_UPDATE',
    payload: Buffer.alloc(4),
  })),
  frame(83, 'WINDOW_UPDATE of 0 on a stream', (streamId) => ({
    type: 'WINDOW_UPDATE',
    streamId,
    payload: Buffer.alloc(4),
  })),
  frame(84, 'a connection window above 2^31 - 1', () => ({
    type: 'WINDOW_UPDATE',
    payload: Buffer.of(0x7f, 0xff, 0xff, 0xff),
  })),
]

export const frameCases: readonly Http2Case[] = [
  ...frames,
  ...blocks,
  ...continuations,
  ...ignored,
  ...windows,
]
