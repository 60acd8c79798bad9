import { describe, expect, test } from 'vitest'
import { FrameDecoder } from '../../../../src/testing/frame-decoder.ts'
import { FrameWriter } from '../../../../src/wire/http2/frame-writer.ts'
import { HpackEncoder } from '../../../../src/wire/http2/hpack/encoder.ts'
import { HpackDecoder } from '../../../support/hpack.ts'

const decode = (writer: FrameWriter) => new FrameDecoder().push(Buffer.concat(writer.take()))

describe('frames', () => {
  test('are what other decoders read', () => {
    const writer = new FrameWriter()
    writer.settings([2, 0, 4, 0xffff_ffff])
    writer.settingsAck()
    writer.ping(true, Buffer.from('xx12345678'), 2)
    writer.rstStream(5, 0xfafa_fafa)
    writer.windowUpdate(0x7fff_ffff, 0x7fff_ffff)
    writer.goAway(11)
    writer.priorityUpdate(7, 'u=0')
    expect(decode(writer)).toMatchObject([
      {
        type: 'SETTINGS',
        entries: [
          [2, 0],
          [4, 0xffff_ffff],
        ],
      },
      { type: 'SETTINGS', ack: true },
      { type: 'PING', ack: true, opaque: Buffer.from('12345678') },
      { type: 'RST_STREAM', streamId: 5, errorCode: 0xfafa_fafa },
      { type: 'WINDOW_UPDATE', streamId: 0x7fff_ffff, increment: 0x7fff_ffff },
      { type: 'GOAWAY', lastStreamId: 0, errorCode: 'ENHANCE_YOUR_CALM' },
      { streamId: 0, payload: Buffer.from('\0\0\0\u0007u=0') },
    ])
    expect([writer.length, writer.take()]).toEqual([0, []])
  })

  test('of one turn lie in one piece, large bodies beside it uncopied', () => {
    const writer = new FrameWriter()
    const body = Buffer.alloc(10_000, 'x')
    writer.settingsAck()
    writer.data(1, Buffer.from('small'), 1, 4, false)
    writer.data(1, body, 0, 10_000, true)
    writer.settingsAck()
    expect(writer.length).toBe(9 + 12 + 9 + 10_000 + 9)
    const pieces = writer.take()
    expect(pieces.map(({ length }) => length)).toEqual([30, 10_000, 9])
    expect(pieces[1]?.buffer).toBe(body.buffer)
    expect(new FrameDecoder().push(Buffer.concat(pieces))).toMatchObject([
      { type: 'SETTINGS' },
      { type: 'DATA', data: Buffer.from('mal'), endStream: false },
      { type: 'DATA', length: 10_000, endStream: true },
      { type: 'SETTINGS' },
    ])
  })

  test('a head has room however long it is', () => {
    const writer = new FrameWriter()
    const encoder = new HpackEncoder()
    const decoder = new HpackDecoder()
    for (const size of [1, 2000, 60_000, 300_000, 1]) {
      const fields = [':path', '/', 'x-size', 'v'.repeat(size)]
      writer.headers(1, fields, true, encoder, 16_384)
      const frames = decode(writer)
      expect(frames.slice(0, -1).every((frame) => (frame.flags & 4) === 0 && frame.length === 16_384)).toBe(
        true,
      )
      expect(decoder.decode(Buffer.concat(frames.map(({ payload }) => payload)))).toEqual(fields)
    }
  })
})

test('writers that take turns in one slab do not write over each other, nor over what was taken', () => {
  const writers = [new FrameWriter(), new FrameWriter(), new FrameWriter()]
  const taken: { pieces: readonly Uint8Array[]; copy: Buffer; expected: number[] }[] = []
  const waiting: number[][] = [[], [], []]
  for (let count = 1; count < 30_000; count += 1) {
    const which = (count * 7) % 3
    writers[which]?.windowUpdate(count, count)
    waiting[which]?.push(count)
    if (count % 11 !== 0) continue
    const pieces = writers[which]?.take() ?? []
    taken.push({ pieces, copy: Buffer.concat(pieces), expected: waiting[which]?.splice(0) ?? [] })
  }
  for (const { pieces, copy, expected } of taken) {
    expect(copy.equals(Buffer.concat(pieces))).toBe(true)
    const ids = new FrameDecoder().push(copy).map(({ streamId }) => streamId)
    expect(ids).toEqual(expected)
  }
})
