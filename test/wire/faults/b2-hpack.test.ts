/** faults.md section 2 B, 41 to 53: header blocks that do not decode, do not end, or are too much. */
import { describe, expect } from 'vitest'
import { hpack } from '../../support/hpack.ts'
import type { RawConnection } from '../../support/raw-connection.ts'
import {
  expectFailure,
  expectGood,
  type Failure,
  failureOf,
  headersTooLarge,
  streamReset,
  violation,
  violationWithHiddenCode,
} from './expectations.ts'
import { settleDown } from './scene.ts'
import { fault, faultOn, Stage } from './stage.ts'
import { expectGoAwayOf, expectResetBy } from './wire-expectations.ts'

const stage = new Stage()

/** `:status 200` */
const OK = hpack.indexed(8)
/** A literal field `x: VALUE` whose value is Huffman-coded bytes given as they are. */
const huffman = (...bytes: number[]) => Buffer.of(0x00, 0x01, 0x78, 0x80 | bytes.length, ...bytes)

/** Each with `:status 200` before it, so that nothing else is wrong with the block. */
const badBlocks: readonly [number: number, title: string, block: Buffer][] = [
  [41, 'index 0', Buffer.of(0x80)],
  [41, 'an index past the table', hpack.indexed(200)],
  [41, 'a name index past the table', Buffer.of(0x0f, 0x80, 0x01, 0x01, 0x61)],
  [42, 'a literal cut off after its name', Buffer.of(0x00, 0x01, 0x78)],
  [42, 'a string longer than its block', Buffer.of(0x00, 0x01, 0x78, 0x20, 0x61)],
  [43, 'EOS in a Huffman string', huffman(0xff, 0xff, 0xff, 0xff)],
  [43, 'Huffman padding of more than 7 bits', huffman(0x1f, 0xff)],
  [43, 'Huffman padding that is not ones', huffman(0x18)],
  [44, 'an integer of 2^35', Buffer.of(0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)],
  [44, 'an integer without end', Buffer.concat([Buffer.of(0xff), Buffer.alloc(100, 0xff)])],
  [44, 'a string length without end', Buffer.concat([Buffer.of(0x00, 0x7f), Buffer.alloc(100, 0x80)])],
  [45, 'a size update that is not at the start of its block', Buffer.of(0x20)],
]

describe('HPACK', () => {
  for (const [number, title, block] of badBlocks) {
    fault(number, title, async () => {
      const scene = await stage.http2({
        answer: async (connection) => {
          connection.sendHeaders(1, Buffer.concat([OK, block]), { endStream: true })
          await connection.expectClose()
        },
      })
      expectFailure(await scene.play(), violationWithHiddenCode('COMPRESSION_ERROR'))
      expect(scene.carriers('/probe')).toEqual([1])
      expectGoAwayOf(scene.connection(0), 'COMPRESSION_ERROR')
    })
  }

  fault(45, 'a size update above the limit', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        connection.sendHeaders(1, Buffer.concat([Buffer.of(0x3f, 0xe2, 0x1f), OK]), { endStream: true })
        await connection.expectClose()
      },
    })
    expectFailure(await scene.play(), violationWithHiddenCode('COMPRESSION_ERROR'))
  })

  fault(46, 'a bad block on a stream that was reset still ends the connection', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        await connection.expect('RST_STREAM', 1)
        connection.sendHeaders(1, Buffer.concat([OK, Buffer.of(0x80)]))
        await connection.expectClose()
      },
    })
    await scene.abandon()
    await scene.connection(0).closed
    expectGood(await scene.send('/probe'))
    expect(scene.carriers('/probe')).toEqual([1])
  })

  fault(46, 'a good block on a stream that was reset still feeds the table', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        await connection.expect('RST_STREAM', 1)
        connection.sendHeaders(
          1,
          Buffer.concat([OK, hpack.literal('x-a', 'indexed', { indexing: 'incremental' })]),
        )
        const next = await connection.expectRequest()
        connection.sendHeaders(next.streamId, Buffer.concat([OK, hpack.indexed(62)]))
        connection.sendData(next.streamId, 'good', { endStream: true })
      },
    })
    await scene.abandon()
    const outcome = await scene.send('/')
    expect(outcome).toMatchObject({ headers: { 'x-a': 'indexed' }, body: 'good' })
    expect(scene.peer.connections).toHaveLength(1)
  })
})

const open = (connection: RawConnection, streamId = 1) =>
  connection.sendHeaders(streamId, OK, { endHeaders: false })

const badContinuations: readonly [
  number: number,
  title: string,
  send: (connection: RawConnection) => void,
][] = [
  [47, 'CONTINUATION without HEADERS', (connection) => connection.sendContinuation(1, OK)],
  [
    47,
    'CONTINUATION on another stream',
    (connection) => {
      open(connection)
      connection.sendContinuation(3, hpack.literal('x', 'y'))
    },
  ],
  [
    47,
    'CONTINUATION after END_HEADERS',
    (connection) => {
      connection.sendHeaders(1, OK)
      connection.sendContinuation(1, hpack.literal('x', 'y'))
    },
  ],
  [
    48,
    'PING between HEADERS and CONTINUATION',
    (connection) => {
      open(connection)
      connection.sendPing()
      connection.sendContinuation(1, hpack.literal('x', 'y'))
    },
  ],
  [
    48,
    'DATA between HEADERS and CONTINUATION',
    (connection) => {
      open(connection)
      connection.sendFrame({ type: 'DATA', streamId: 1, payload: Buffer.from('x') })
    },
  ],
  [
    48,
    'HEADERS between HEADERS and CONTINUATION',
    (connection) => {
      open(connection)
      connection.sendHeaders(1, OK)
    },
  ],
  [
    48,
    'a frame of an unknown type between HEADERS and CONTINUATION',
    (connection) => {
      open(connection)
      connection.sendFrame({ type: 0xee, streamId: 0, payload: Buffer.alloc(3) })
    },
  ],
]

describe('CONTINUATION', () => {
  for (const [number, title, send] of badContinuations) {
    fault(number, title, async () => {
      const scene = await stage.http2({
        answer: async (connection) => {
          connection.together(() => send(connection))
          await connection.expectClose()
        },
      })
      const headCame = title.includes('END_HEADERS')
      expectFailure(await scene.play(), violation('PROTOCOL_ERROR', headCame ? 'body' : 'headers'))
      expect(scene.carriers('/probe')).toEqual([1])
      expectGoAwayOf(scene.connection(0), 'PROTOCOL_ERROR')
    })
  }

  fault(49, 'a flood of empty CONTINUATION frames', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        const one = Buffer.of(0, 0, 0, 9, 0, 0, 0, 0, 1)
        open(connection)
        connection.sendRaw(Buffer.concat(Array.from({ length: 5000 }, () => one)))
        await connection.expectClose()
      },
    })
    const before = process.memoryUsage.rss()
    expectFailure(await scene.play(), violation('ENHANCE_YOUR_CALM'))
    expect(scene.carriers('/probe')).toEqual([1])
    expect(process.memoryUsage.rss() - before).toBeLessThan(50e6)
  })

  fault(50, 'a flood of CONTINUATION frames of 16 KB', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        const piece = hpack.literal('x-fill', 'a'.repeat(16_000))
        open(connection)
        for (let count = 0; count < 2000 && !connection.isClosed; count += 1) {
          connection.sendContinuation(1, piece, { endHeaders: false })
          if (count % 50 === 0) await settleDown(1)
        }
        await connection.expectClose()
      },
    })
    const before = process.memoryUsage.rss()
    expectFailure(await scene.play(), violationWithHiddenCode('ENHANCE_YOUR_CALM'))
    expect(scene.carriers('/probe')).toEqual([1])
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6)
  })
})

describe('header sections that are too much', () => {
  const filler = (count: number, value: string) =>
    Array.from({ length: count }, (_, index) => hpack.literal(`x-${index}`, value))

  fault(51, 'more fields than the limit: the stream ends, the HPACK state is kept', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        const indexed = hpack.literal('x-a', 'indexed', { indexing: 'incremental' })
        connection.sendHeaders(1, Buffer.concat([OK, indexed, ...filler(200, 'v')]))
        const next = await connection.expectRequest()
        connection.sendHeaders(next.streamId, Buffer.concat([OK, hpack.indexed(62)]))
        connection.sendData(next.streamId, 'good', { endStream: true })
      },
    })
    const outcome = await scene.send('/')
    const next = await scene.send('/')
    expectFailure(outcome, headersTooLarge)
    expect(next).toMatchObject({ headers: { 'x-a': 'indexed' }, body: 'good' })
    expect(scene.peer.connections).toHaveLength(1)
    await expectResetBy(scene.connection(0), 1, 'ENHANCE_YOUR_CALM')
  })

  fault(51, 'more bytes than the limit', async () => {
    const scene = await stage.http2({
      answer: (connection) =>
        connection.sendHeaders(1, Buffer.concat([OK, ...filler(70, 'v'.repeat(1000))]), { endStream: true }),
    })
    expectFailure(await scene.play(), headersTooLarge)
    expect(scene.carriers('/probe')).toEqual([0])
  })

  faultOn(
    'wire',
    52,
    'one value of 300 KB ends its stream alone',
    'nghttp2 takes no string above 64 KB and ends the session with COMPRESSION_ERROR',
    async () => {
      const scene = await stage.http2({
        answer: (connection) =>
          connection.sendHeaders(1, Buffer.concat([OK, hpack.literal('x-big', 'v'.repeat(300_000))])),
      })
      expectFailure(await scene.play(), headersTooLarge)
      expect(scene.carriers('/probe')).toEqual([0])
      await expectResetBy(scene.connection(0), 1, 'ENHANCE_YOUR_CALM')
    },
  )

  fault(52, 'one value of 300 KB ends in a typed error', async () => {
    const scene = await stage.http2({
      answer: (connection) =>
        connection.sendHeaders(1, Buffer.concat([OK, hpack.literal('x-big', 'v'.repeat(300_000))])),
    })
    const outcome = await scene.play()
    expect(outcome).toMatchObject({ kind: 'error', error: { name: 'ProtocolError', processed: 'maybe' } })
  })

  fault(53, 'an HPACK bomb: 4 KB a thousand times over', async () => {
    const scene = await stage.http2({
      answer: (connection) => {
        const entry = hpack.literal('x-bomb', 'b'.repeat(4000), { indexing: 'incremental' })
        const references = Array.from({ length: 12_000 }, () => hpack.indexed(62))
        connection.sendHeaders(1, Buffer.concat([OK, entry, ...references]), { endStream: true })
      },
    })
    const before = process.memoryUsage.rss()
    const outcome = await scene.play()
    // Far above its limits Node ends the stream before this client sees the section.
    const byNode = (failureOf(outcome) as Partial<Failure>).name === 'StreamError'
    expectFailure(outcome, byNode ? streamReset('ENHANCE_YOUR_CALM') : headersTooLarge)
    expect(scene.carriers('/probe')).toEqual([0])
    expect(process.memoryUsage.rss() - before).toBeLessThan(50e6)
  })
})
