import { describe, expect, test } from 'vitest'
import { FrameParser, type FrameSink } from '../../../../src/wire/http2/frame-parser.ts'
import {
  dataFrame,
  goAwayFrame,
  headersFrame,
  pingFrame,
  rawFrame,
  settingsFrame,
} from '../../../support/frame-encoder.ts'

/** What the parser told; pieces of one DATA frame joined. */
class Told implements FrameSink {
  stopped = false
  readonly calls: string[] = []
  #data: Buffer[] = []
  stopAt = ''

  onFrameHeader(type: number, flags: number, streamId: number, length: number): void {
    this.calls.push(`header ${type} ${flags} ${streamId} ${length}`)
  }

  onFrame(type: number, _flags: number, _streamId: number, bytes: Buffer, start: number, end: number): void {
    this.calls.push(`frame ${type} ${bytes.subarray(start, end).toString('hex')}`)
    if (this.stopAt === `frame ${type}`) this.stopped = true
  }

  onDataBegin(streamId: number, length: number): void {
    this.calls.push(`data ${streamId} ${length}`)
  }

  onData(bytes: Buffer, start: number, end: number): void {
    expect(end).toBeGreaterThan(start)
    this.#data.push(Buffer.from(bytes.subarray(start, end)))
    if (this.stopAt === 'data') this.stopped = true
  }

  onDataEnd(flags: number): void {
    this.calls.push(`${Buffer.concat(this.#data)} ${flags}`)
    this.#data = []
  }
}

const bytes = Buffer.concat([
  settingsFrame({ MAX_CONCURRENT_STREAMS: 100 }),
  headersFrame(1, Buffer.from('block'), { padding: 3 }),
  dataFrame(1, 'hello'),
  dataFrame(1, '', {}),
  dataFrame(1, 'padded', { padding: 5 }),
  dataFrame(1, '', { padding: 4 }),
  dataFrame(1, 'x', { padding: 0 }),
  pingFrame(Buffer.from('12345678')),
  rawFrame({ type: 0xee, streamId: 5, flags: 0xff, payload: Buffer.alloc(300, 7) }),
  goAwayFrame({ debug: 'bye' }),
  dataFrame(1, 'end', { endStream: true }),
])

function parsed(...chunks: Buffer[]): string[] {
  const told = new Told()
  const parser = new FrameParser(told)
  for (const chunk of chunks) parser.push(chunk)
  return told.calls
}

describe('frames', () => {
  const whole = parsed(bytes)

  test('of a whole chunk', () => {
    expect(whole.slice(0, 9)).toEqual([
      'header 4 0 0 6',
      'frame 4 000300000064',
      'header 1 12 1 9',
      'frame 1 03626c6f636b000000',
      'header 0 0 1 5',
      'data 1 5',
      'hello 0',
      'header 0 0 1 0',
      'data 1 0',
    ])
    expect(whole).toContain('padded 8')
    expect(whole.at(-1)).toBe('end 1')
  })

  test('are the same however the bytes are cut in two', () => {
    for (let at = 0; at <= bytes.length; at += 1)
      expect(parsed(bytes.subarray(0, at), bytes.subarray(at)), `cut at ${at}`).toEqual(whole)
  })

  test('are the same byte by byte', () => {
    expect(parsed(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole)
  })

  test('the reserved bit of a stream id is ignored', () => {
    expect(parsed(rawFrame({ type: 'PING', streamId: 3, reserved: true }))[0]).toBe('header 6 0 3 0')
  })

  test('stream ids go up to 2^31 - 1', () => {
    expect(parsed(rawFrame({ type: 'PING', streamId: 0x7fff_ffff }))[0]).toBe('header 6 0 2147483647 0')
  })
})

describe('padding', () => {
  const padded = (payload: Buffer) => rawFrame({ type: 'DATA', streamId: 1, flags: 8, payload })

  test('as long as the rest of the payload is allowed, and leaves nothing', () => {
    expect(parsed(padded(Buffer.of(2, 0, 0))).at(-1)).toBe(' 8')
  })

  test.each([
    ['as long as the payload', Buffer.of(3, 0, 0)],
    ['longer', Buffer.of(255, 0, 0)],
    ['without its length', Buffer.alloc(0)],
  ])('%s is a connection error', (_title, payload) => {
    expect(() => parsed(padded(payload))).toThrow(/padding/)
  })
})

describe('a sink that is stopped', () => {
  test.each(['frame 4', 'data'])('by %s is told no further frame', (stopAt) => {
    const told = new Told()
    told.stopAt = stopAt
    const parser = new FrameParser(told)
    parser.push(bytes)
    const after = stopAt === 'data' ? 'header 0 0 1 0' : 'header 1 12 1 9'
    expect(told.calls).not.toContain(after)
  })
})
