import { describe, expect, test } from 'vitest'
import {
  altSvcFrame,
  continuationFrame,
  dataFrame,
  decodeFrame,
  describeFrame,
  describeFrames,
  type Frame,
  FrameDecoder,
  goAwayFrame,
  headerBlockFrames,
  headersFrame,
  pingFrame,
  priorityFrame,
  pushPromiseFrame,
  rawFrame,
  rstStreamFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../../support/frames.ts'

const block = Buffer.from('8286', 'hex')

/** Everything but the raw payload, which only repeats the rest. */
function withoutPayload(frame: Frame): object {
  const { payload, ...rest } = frame
  return rest
}

const roundTrips: [name: string, bytes: Buffer, frame: object][] = [
  [
    'DATA',
    dataFrame(1, 'hello', { endStream: true }),
    {
      type: 'DATA',
      streamId: 1,
      flags: 1,
      length: 5,
      data: Buffer.from('hello'),
      endStream: true,
      padding: null,
    },
  ],
  [
    'DATA with padding',
    dataFrame(3, 'ab', { padding: 4 }),
    { type: 'DATA', streamId: 3, flags: 8, length: 7, data: Buffer.from('ab'), endStream: false, padding: 4 },
  ],
  [
    'DATA with no octet of padding but PADDED',
    dataFrame(3, 'ab', { padding: 0 }),
    { type: 'DATA', streamId: 3, flags: 8, length: 3, data: Buffer.from('ab'), endStream: false, padding: 0 },
  ],
  [
    'HEADERS with padding and priority',
    headersFrame(5, block, { padding: 2, priority: { exclusive: true, dependency: 3, weight: 256 } }),
    {
      type: 'HEADERS',
      streamId: 5,
      flags: 0x2c,
      length: 10,
      fragment: block,
      endStream: false,
      endHeaders: true,
      padding: 2,
      priority: { exclusive: true, dependency: 3, weight: 256 },
      headers: null,
    },
  ],
  [
    'PRIORITY',
    priorityFrame(1, { exclusive: false, dependency: 0, weight: 16 }),
    { type: 'PRIORITY', streamId: 1, flags: 0, length: 5, exclusive: false, dependency: 0, weight: 16 },
  ],
  [
    'RST_STREAM',
    rstStreamFrame(1, 'REFUSED_STREAM'),
    { type: 'RST_STREAM', streamId: 1, flags: 0, length: 4, errorCode: 'REFUSED_STREAM' },
  ],
  [
    'RST_STREAM with an unknown code',
    rstStreamFrame(1, 0xdeadbeef),
    { type: 'RST_STREAM', streamId: 1, flags: 0, length: 4, errorCode: 0xdeadbeef },
  ],
  [
    'SETTINGS',
    settingsFrame({ MAX_CONCURRENT_STREAMS: 0, INITIAL_WINDOW_SIZE: 0xffff_ffff }),
    {
      type: 'SETTINGS',
      streamId: 0,
      flags: 0,
      length: 12,
      ack: false,
      settings: { MAX_CONCURRENT_STREAMS: 0, INITIAL_WINDOW_SIZE: 0xffff_ffff },
      entries: [
        [3, 0],
        [4, 0xffff_ffff],
      ],
    },
  ],
  [
    'SETTINGS with a repeat and an unknown identifier',
    settingsFrame([
      [5, 16_384],
      [0xfafa, 7],
      [5, 20_000],
    ]),
    {
      type: 'SETTINGS',
      streamId: 0,
      flags: 0,
      length: 18,
      ack: false,
      settings: { MAX_FRAME_SIZE: 20_000 },
      entries: [
        [5, 16_384],
        [0xfafa, 7],
        [5, 20_000],
      ],
    },
  ],
  [
    'SETTINGS ACK',
    settingsAckFrame(),
    { type: 'SETTINGS', streamId: 0, flags: 1, length: 0, ack: true, settings: {}, entries: [] },
  ],
  [
    'PUSH_PROMISE',
    pushPromiseFrame(1, 2, block, { padding: 1 }),
    {
      type: 'PUSH_PROMISE',
      streamId: 1,
      flags: 0x0c,
      length: 8,
      promisedStreamId: 2,
      fragment: block,
      endHeaders: true,
      padding: 1,
    },
  ],
  [
    'PING',
    pingFrame(Buffer.from('12345678')),
    { type: 'PING', streamId: 0, flags: 0, length: 8, ack: false, opaque: Buffer.from('12345678') },
  ],
  [
    'GOAWAY',
    goAwayFrame({ lastStreamId: 0x7fff_ffff, code: 'ENHANCE_YOUR_CALM', debug: 'too_many_pings' }),
    {
      type: 'GOAWAY',
      streamId: 0,
      flags: 0,
      length: 22,
      lastStreamId: 0x7fff_ffff,
      errorCode: 'ENHANCE_YOUR_CALM',
      debug: Buffer.from('too_many_pings'),
    },
  ],
  [
    'WINDOW_UPDATE',
    windowUpdateFrame(7, 0x7fff_ffff),
    { type: 'WINDOW_UPDATE', streamId: 7, flags: 0, length: 4, increment: 0x7fff_ffff },
  ],
  [
    'CONTINUATION',
    continuationFrame(1, block, { endHeaders: false }),
    { type: 'CONTINUATION', streamId: 1, flags: 0, length: 2, fragment: block, endHeaders: false },
  ],
  [
    'a type it does not know',
    altSvcFrame(0, 'https://a.test', 'h2=":443"'),
    { type: 'UNKNOWN', streamId: 0, flags: 0, length: 25, typeCode: 0xa },
  ],
]

describe('frames (RFC 9113 section 6)', () => {
  test.each(roundTrips)('%s: decodes to what was encoded', (_name, bytes, frame) => {
    expect(withoutPayload(decodeFrame(bytes))).toEqual(frame)
  })

  test('decodes whatever way the bytes are split', () => {
    const all = Buffer.concat(roundTrips.map(([, bytes]) => bytes))
    const types = roundTrips.map(([, bytes]) => decodeFrame(bytes).type)
    for (const size of [1, 2, 3, 7, 9, 10, 64, all.length]) {
      const decoder = new FrameDecoder()
      const frames: Frame[] = []
      for (let offset = 0; offset < all.length; offset += size) {
        frames.push(...decoder.push(all.subarray(offset, offset + size)))
      }
      expect(frames.map((frame) => frame.type)).toEqual(types)
      expect(decoder.buffered).toBe(0)
    }
  })

  test('a frame with a false length is written as told', () => {
    const bytes = rawFrame({ type: 'PING', payload: Buffer.alloc(7), length: 9, streamId: 3, reserved: true })
    expect(bytes.toString('hex')).toBe('0000090600800000030000000000' + '0000')
  })

  test.each([
    ['PING of 7 bytes', rawFrame({ type: 'PING', payload: Buffer.alloc(7) }), 'PING: length is not 8'],
    ['GOAWAY of 7 bytes', rawFrame({ type: 'GOAWAY', payload: Buffer.alloc(7) }), 'GOAWAY: shorter than 8'],
    [
      'RST_STREAM of 3 bytes',
      rawFrame({ type: 'RST_STREAM', payload: Buffer.alloc(3) }),
      'RST_STREAM: length',
    ],
    ['SETTINGS of 5 bytes', rawFrame({ type: 'SETTINGS', payload: Buffer.alloc(5) }), 'SETTINGS: length'],
    [
      'SETTINGS ACK of 6 bytes',
      rawFrame({ type: 'SETTINGS', flags: 1, payload: Buffer.alloc(6) }),
      'ACK with',
    ],
    ['PRIORITY of 4 bytes', rawFrame({ type: 'PRIORITY', payload: Buffer.alloc(4) }), 'PRIORITY: length'],
    [
      'WINDOW_UPDATE of 5',
      rawFrame({ type: 'WINDOW_UPDATE', payload: Buffer.alloc(5) }),
      'WINDOW_UPDATE: length',
    ],
    ['padding beyond DATA', rawFrame({ type: 'DATA', flags: 8, payload: Buffer.of(2, 0) }), 'DATA: padding'],
    ['PADDED without a length', rawFrame({ type: 'HEADERS', flags: 8 }), 'HEADERS: padding'],
    ['HEADERS without priority', rawFrame({ type: 'HEADERS', flags: 0x20, payload: block }), 'too short'],
    ['PUSH_PROMISE of 2 bytes', rawFrame({ type: 'PUSH_PROMISE', payload: block }), 'no promised'],
  ])('%s is malformed, not an exception', (_name, bytes, reason) => {
    const frame = decodeFrame(bytes)
    expect(frame.type).toBe('MALFORMED')
    expect(frame.type === 'MALFORMED' && frame.reason).toContain(reason)
  })

  test('a long header block becomes HEADERS and CONTINUATION (section 4.3)', () => {
    const long = Buffer.from(Array.from({ length: 25 }, (_, index) => index))
    const frames = new FrameDecoder().push(headerBlockFrames(1, long, 10, { endStream: true, padding: 3 }))
    expect(frames.map(describeFrame)).toEqual([
      'HEADERS[1] (10 bytes of header block, not complete) END_STREAM',
      'CONTINUATION[1] 10 bytes',
      'CONTINUATION[1] 5 bytes',
    ])
    const fragments = frames.map((frame) => ('fragment' in frame ? frame.fragment : Buffer.alloc(0)))
    expect(Buffer.concat(fragments)).toEqual(long)
    expect(frames.map((frame) => 'endHeaders' in frame && frame.endHeaders)).toEqual([false, false, true])
  })
})

describe('frames in words', () => {
  test('says what matters of each', () => {
    const frames = roundTrips.map(([, bytes]) => decodeFrame(bytes))
    const headers = frames.find((frame) => frame.type === 'HEADERS')
    if (headers?.type === 'HEADERS') headers.headers = [':method', 'GET', ':path', '/a']
    expect(frames.map(describeFrame)).toEqual([
      'DATA[1] 5 bytes END_STREAM',
      'DATA[3] 2 bytes',
      'DATA[3] 2 bytes',
      'HEADERS[5] GET /a',
      'PRIORITY[1] 5 bytes',
      'RST_STREAM[1] REFUSED_STREAM',
      'RST_STREAM[1] 3735928559',
      'SETTINGS {"MAX_CONCURRENT_STREAMS":0,"INITIAL_WINDOW_SIZE":4294967295}',
      'SETTINGS {"MAX_FRAME_SIZE":20000}',
      'SETTINGS ACK',
      'PUSH_PROMISE[1] 8 bytes',
      'PING 3132333435363738',
      'GOAWAY last 2147483647 ENHANCE_YOUR_CALM "too_many_pings"',
      'WINDOW_UPDATE[7] +2147483647',
      'CONTINUATION[1] 2 bytes',
      'ALTSVC[0] 25 bytes',
    ])
  })

  test('the last of many', () => {
    const ping = decodeFrame(pingFrame())
    expect(describeFrames([])).toBe('nothing')
    expect(describeFrames([ping, ping, ping], 1)).toBe('(2 earlier), PING 0000000000000000')
  })
})
