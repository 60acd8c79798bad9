/** Windows of both directions and both levels: RFC 9113 sections 5.2 and 6.9. */
import { describe, expect, test } from 'vitest'
import {
  dataFrame,
  goAwayFrame,
  pingFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../../../support/frame-encoder.ts'
import type { Frame } from '../../../support/frame-types.ts'
import { bulk, type Call, credits, data, head, SessionScene } from './scene.ts'

const KIB = 1024
const MIB = 1024 * KIB

const paused = { headers: ({ exchange }: Call) => exchange.pause() }

describe('what we receive', () => {
  const windows = { initialWindowSize: 64 * KIB, connectionWindowSize: 256 * KIB }

  test('is credited when half of the window is consumed, at each level', () => {
    const scene = new SessionScene(windows)
    scene.sendOne()
    scene.give(head(1), bulk(1, 31 * KIB))
    expect(scene.turn()).toEqual([])
    scene.give(bulk(1, KIB))
    const stream = scene.turn()
    expect([credits(stream, 1), credits(stream, 0)]).toEqual([32 * KIB, 0])
    let connection: Frame[] = []
    for (let count = 0; count < 3; count += 1) {
      scene.give(bulk(1, 32 * KIB))
      connection = scene.turn()
    }
    expect(credits(connection, 0)).toBe(128 * KIB)
  })

  test('is not credited on the stream when Content-Length says that the rest fits', () => {
    const scene = new SessionScene(windows)
    const call = scene.sendOne()
    scene.give(head(1, { ':status': 200, 'content-length': 60 * KIB }), bulk(1, 50 * KIB))
    expect(scene.turn()).toEqual([])
    scene.give(bulk(1, 10 * KIB, true))
    expect([call.bytes, call.log.at(-1)]).toEqual([60 * KIB, 'end'])
  })

  test('is credited when the body is just as long as the window: nghttp2 keeps END_STREAM back at 0', () => {
    const scene = new SessionScene(windows)
    const call = scene.sendOne()
    scene.give(head(1, { ':status': 200, 'content-length': 64 * KIB }), bulk(1, 64 * KIB))
    expect(credits(scene.turn(), 1)).toBeGreaterThan(0)
    scene.give(data(1, '', true))
    expect([call.bytes, call.log.at(-1)]).toEqual([64 * KIB, 'end'])
  })

  test('is not credited while it is unread, at no level; what is unread stays within the window', () => {
    const scene = new SessionScene(windows)
    const calls = [1, 2, 3, 4].map(() => scene.open({ on: paused }))
    scene.turn()
    for (const streamId of [1, 3, 5, 7]) scene.give(head(streamId), bulk(streamId, 64 * KIB))
    expect(scene.turn()).toEqual([])
    expect(calls.map(({ bytes }) => bytes)).toEqual([0, 0, 0, 0])
    // One byte more is past every window.
    scene.give(data(7, 'x'))
    expect(scene.sent('GOAWAY')).toMatchObject([{ errorCode: 'FLOW_CONTROL_ERROR' }])
  })

  test('is credited when its reader goes on, and only as far as he read', () => {
    const scene = new SessionScene(windows)
    const call = scene.open({
      on: { ...paused, data: (one) => one.bytes >= 40 * KIB && one.exchange.pause() },
    })
    scene.turn()
    scene.give(head(1), bulk(1, 64 * KIB))
    call.exchange.resume()
    expect(call.bytes).toBe(48 * KIB)
    // 32 KiB were half of the window; the 16 KiB behind them are not yet.
    expect(credits(scene.turn(), 1)).toBe(32 * KIB)
    call.exchange.resume()
    expect(call.bytes).toBe(64 * KIB)
  })

  test('comes in order across a pause', () => {
    const scene = new SessionScene()
    const call = scene.open({ on: paused })
    scene.turn()
    scene.give(head(1), data(1, 'a'), data(1, 'b'))
    call.exchange.resume()
    scene.give(data(1, 'c'))
    call.exchange.pause()
    scene.give(data(1, 'd'), data(1, 'e', true))
    expect(call.body).toBe('abc')
    call.exchange.resume()
    expect([call.body, call.log.at(-1)]).toEqual(['abcde', 'end'])
  })

  test('padding is credited at once', () => {
    const scene = new SessionScene({ initialWindowSize: 2 * KIB, connectionWindowSize: 65_535 })
    scene.sendOne({ on: paused })
    scene.give(head(1), ...Array.from({ length: 5 }, () => dataFrame(1, '', { padding: 255 })))
    expect(credits(scene.turn(), 1)).toBeGreaterThanOrEqual(1024)
  })

  test('is credited on the connection when its stream is given up unread', () => {
    const scene = new SessionScene({ initialWindowSize: 64 * KIB, connectionWindowSize: 65_535 })
    const call = scene.open({ on: paused })
    scene.turn()
    scene.give(head(1), bulk(1, 60 * KIB))
    expect(scene.turn()).toEqual([])
    call.exchange.reset()
    expect(credits(scene.turn(), 0)).toBe(60 * KIB)
  })

  test('a response that is read does not starve behind those that are not', () => {
    const scene = new SessionScene({ initialWindowSize: 128 * KIB, connectionWindowSize: 256 * KIB })
    const slow = [scene.open({ on: paused }), scene.open({ on: paused })]
    scene.turn()
    scene.give(head(1), bulk(1, 128 * KIB), head(3), bulk(3, 128 * KIB))
    expect(credits(scene.turn(), 0)).toBe(0)
    scene.open()
    expect(credits(scene.turn(), 0)).toBe(64 * KIB)
    expect(scene.session.stalls).toBe(1)
    // What was lent is paid back before more credit is given.
    for (const { exchange } of slow) exchange.resume()
    expect(credits(scene.turn(), 0)).toBe(192 * KIB)
  })

  test('past the window of a stream ends the stream', () => {
    const scene = new SessionScene(windows)
    const call = scene.open({ on: paused })
    scene.turn()
    scene.give(head(1), bulk(1, 64 * KIB), data(1, 'x'))
    expect(call.error).toMatchObject({
      code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION',
      http2Code: 3,
      phase: 'body',
    })
    expect(scene.sent('RST_STREAM')).toMatchObject([{ errorCode: 'FLOW_CONTROL_ERROR' }])
    expect(scene.over).toBeUndefined()
  })
})

describe('a window that grows', () => {
  const pong = (frames: Frame[]) => {
    const ping = frames.find((frame) => frame.type === 'PING' && !frame.ack)
    return ping === undefined ? null : pingFrame(ping.payload, true)
  }

  /** One round trip that carries so many bytes of stream 1; the credit that the client gives it in that time. */
  function roundTrip(scene: SessionScene, length: number): number {
    scene.give(bulk(1, 16 * KIB))
    const sent = scene.turn()
    for (let left = length; left > 0; left -= 256 * KIB) {
      scene.give(bulk(1, Math.min(left, 256 * KIB)))
      sent.push(...scene.turn())
    }
    const answer = pong(sent)
    if (answer !== null) scene.give(answer)
    return credits([...sent, ...scene.turn()], 1)
  }

  function bulky() {
    const scene = new SessionScene({ initialWindowSize: MIB, connectionWindowSize: 8 * MIB })
    scene.sendOne()
    scene.give(head(1), bulk(1, 64 * KIB))
    scene.turn()
    return scene
  }

  /** What the server may send beyond what it has sent, after round trips of such sizes, all of it read. */
  function roomAfter(...lengths: number[]): number {
    const scene = bulky()
    let room = MIB - 64 * KIB
    for (const length of lengths) room += roundTrip(scene, length) - length - 16 * KIB
    expect(scene.over).toBeUndefined()
    return room
  }

  test('doubles when one round trip uses half of it, as soon as its reader has taken all of it', () => {
    expect(roomAfter(600 * KIB)).toBeLessThanOrEqual(MIB)
    expect(roomAfter(600 * KIB, 400 * KIB)).toBeGreaterThan(MIB)
    expect(roomAfter(600 * KIB, 400 * KIB)).toBeLessThanOrEqual(2 * MIB)
  })

  test('is four times as large when one uses nearly all, and never larger than that of the connection', () => {
    expect(roomAfter(900 * KIB, 200 * KIB)).toBeGreaterThan(2 * MIB)
    expect(roomAfter(900 * KIB, 200 * KIB)).toBeLessThanOrEqual(4 * MIB)
    const rounds = Array.from({ length: 6 }, () => 3 * MIB)
    expect(roomAfter(900 * KIB, 200 * KIB, ...rounds)).toBeGreaterThan(4 * MIB)
    expect(roomAfter(900 * KIB, 200 * KIB, ...rounds)).toBeLessThanOrEqual(8 * MIB)
  })

  test('is that of later streams from their start, up to half of what the connection has left', () => {
    const scene = bulky()
    roundTrip(scene, 900 * KIB)
    scene.open({ on: paused })
    const granted = credits(scene.turn(), 3)
    expect(granted).toBeGreaterThan(2 * MIB)
    expect(granted).toBeLessThanOrEqual(3 * MIB)
    scene.give(head(3), bulk(3, granted + MIB))
    scene.open({ on: paused })
    expect(credits(scene.turn(), 5)).toBeLessThanOrEqual(MIB)
  })

  test('is that of later streams among many as soon as they prove to be large', () => {
    const scene = bulky()
    roundTrip(scene, 900 * KIB)
    for (let count = 0; count < 4; count += 1) scene.open()
    scene.turn()
    scene.sendOne()
    expect(credits(scene.turn(), 11)).toBe(0)
    scene.give(head(11), bulk(11, 1000 * KIB))
    expect(credits(scene.turn(), 11)).toBe(512 * KIB)
    scene.give(bulk(11, 24 * KIB))
    expect(credits(scene.turn(), 11)).toBeGreaterThan(2 * MIB)
  })

  test('gives no credit of 0 to a stream that has just got its own when the measurement ends', () => {
    const scene = bulky()
    scene.sendOne()
    scene.give(bulk(1, 16 * KIB))
    const sent = scene.turn()
    scene.give(head(3), bulk(3, 512 * KIB), bulk(1, 200 * KIB))
    expect(credits(scene.turn(), 3)).toBe(512 * KIB)
    scene.give(pong(sent) as Buffer)
    const updates = scene.turn().filter((frame) => frame.type === 'WINDOW_UPDATE' && frame.streamId === 3)
    expect(updates).toEqual([])
  })

  test('does not grow further for a reader who stops early, whatever the path could carry', () => {
    const scene = bulky()
    roundTrip(scene, 900 * KIB)
    scene.open({ on: { data: ({ bytes, exchange }) => bytes >= 256 * KIB && exchange.pause() } })
    scene.turn()
    scene.give(head(3), bulk(3, MIB))
    expect(credits(scene.turn(), 3)).toBe(0)
  })

  test('does not when a round trip carries little', () => {
    const scene = new SessionScene({ initialWindowSize: MIB })
    scene.sendOne()
    scene.give(head(1), bulk(1, 80 * KIB))
    const answer = pong(scene.turn())
    scene.give(bulk(1, 16 * KIB), answer as Buffer, bulk(1, 16 * KIB))
    expect(scene.turn()).toEqual([])
  })

  test('small responses are not measured', () => {
    const scene = new SessionScene()
    for (let streamId = 1; streamId < 40; streamId += 2) {
      scene.sendOne()
      scene.give(head(streamId), bulk(streamId, 20 * KIB, true))
    }
    expect(scene.sent('PING')).toEqual([])
  })
})

describe('what we send', () => {
  const bodies = (frames: Frame[]) =>
    frames.filter((frame) => frame.type === 'DATA').map(({ streamId, length }) => [streamId, length])

  function upload(scene: SessionScene, size: number, headers: string[] = []): Call {
    const call = scene.open({ method: 'POST', body: 'data', headers })
    call.exchange.write(Buffer.alloc(size, 'x'))
    call.exchange.end()
    return call
  }

  test('a small body goes out with its head, END_STREAM on it', () => {
    const scene = new SessionScene()
    upload(scene, 5)
    expect(scene.turn()).toMatchObject([
      { type: 'HEADERS', endStream: false },
      { type: 'DATA', length: 5, endStream: true },
    ])
  })

  test('an empty body ends with an empty frame', () => {
    const scene = new SessionScene()
    const call = scene.open({ method: 'POST', body: 'data' })
    call.exchange.write(Buffer.alloc(0))
    call.exchange.end()
    expect(scene.sent('DATA')).toMatchObject([{ length: 0, endStream: true }])
  })

  test('is cut to the windows and to frames, and goes on with credit', () => {
    const scene = new SessionScene()
    upload(scene, 100_000)
    const first = scene.turn()
    expect(bodies(first)).toEqual([
      [1, 16_384],
      [1, 16_384],
      [1, 16_384],
      [1, 16_383],
    ])
    expect(first.some((frame) => 'endStream' in frame && frame.endStream)).toBe(false)
    scene.give(windowUpdateFrame(0, 50_000))
    expect(bodies(scene.turn())).toEqual([])
    scene.give(windowUpdateFrame(1, 20_000))
    expect(bodies(scene.turn())).toEqual([
      [1, 16_384],
      [1, 3616],
    ])
    scene.give(windowUpdateFrame(1, 50_000))
    const rest = scene.turn()
    expect(bodies(rest)).toEqual([[1, 14_465]])
    expect(rest.at(-1)).toMatchObject({ endStream: true })
    expect(scene.session.stalls).toBeGreaterThan(0)
  })

  test('together is no more than the window of the connection', () => {
    const scene = new SessionScene()
    upload(scene, 60_000)
    upload(scene, 60_000)
    const sum = (frames: Frame[]) =>
      bodies(frames).reduce((total, [, length]) => total + (length as number), 0)
    expect(sum(scene.turn())).toBe(65_535)
    scene.give(windowUpdateFrame(0, 10))
    expect(sum(scene.turn())).toBe(10)
  })

  test('that waits when its request is refused by GOAWAY is not sent', () => {
    const scene = new SessionScene()
    upload(scene, 60_000)
    const refused = upload(scene, 60_000)
    scene.turn()
    scene.give(goAwayFrame({ lastStreamId: 1 }), windowUpdateFrame(0, 100_000))
    expect(refused.error?.code).toBe('ERR_TRUNKLINE_GOAWAY')
    expect(bodies(scene.turn()).every(([streamId]) => streamId === 1)).toBe(true)
    expect(scene.session.streams.size).toBe(1)
  })

  test('waits below zero when SETTINGS shrink the window, and for as much credit more', () => {
    const scene = new SessionScene()
    upload(scene, 70_000)
    scene.turn()
    scene.give(windowUpdateFrame(0, 100_000), settingsFrame({ INITIAL_WINDOW_SIZE: 10 }))
    expect(bodies(scene.turn())).toEqual([])
    scene.give(windowUpdateFrame(1, 65_525))
    expect(bodies(scene.turn())).toEqual([])
    scene.give(windowUpdateFrame(1, 1))
    expect(bodies(scene.turn())).toEqual([[1, 1]])
    scene.give(settingsFrame({ INITIAL_WINDOW_SIZE: 65_535 }))
    expect(bodies(scene.turn())).toEqual([[1, 4464]])
  })

  test('takes turns frame by frame', () => {
    const scene = new SessionScene()
    upload(scene, 30_000)
    upload(scene, 30_000)
    expect(bodies(scene.turn())).toEqual([
      [1, 16_384],
      [3, 16_384],
      [1, 13_616],
      [3, 13_616],
    ])
  })

  test('the more urgent goes first, by the priority field and by PRIORITY_UPDATE', () => {
    const scene = new SessionScene()
    upload(scene, 20_000)
    upload(scene, 20_000, ['priority', 'u=1, i'])
    const last = upload(scene, 10_000)
    scene.session.reprioritize(last.exchange as never, 0, true)
    const frames = scene.turn()
    expect(
      frames
        .find((frame) => frame.type === 'UNKNOWN' || String(frame.type) === 'PRIORITY_UPDATE')
        ?.payload.toString(),
    ).toBe('\0\0\0\u0005u=0, i')
    expect(bodies(frames)).toEqual([
      [5, 10_000],
      [3, 16_384],
      [3, 3616],
      [1, 16_384],
      [1, 3616],
    ])
  })

  test('one without a window of its own does not hold up others', () => {
    const scene = new SessionScene({}, { INITIAL_WINDOW_SIZE: 1000 })
    upload(scene, 5000)
    upload(scene, 900)
    expect(bodies(scene.turn())).toEqual([
      [1, 1000],
      [3, 900],
    ])
  })

  test('its source waits at 64 KiB, and goes on when all is with the socket', () => {
    const scene = new SessionScene()
    const call = scene.open({ method: 'POST', body: 'data' })
    expect(call.exchange.write(Buffer.alloc(60_000))).toBe(true)
    expect(call.exchange.write(Buffer.alloc(10_000))).toBe(false)
    scene.turn()
    expect(call.log).toEqual([])
    scene.give(windowUpdateFrame(0, 10_000), windowUpdateFrame(1, 10_000))
    scene.turn()
    expect(call.log).toEqual(['drain'])
    expect(call.exchange.write(Buffer.alloc(10))).toBe(true)
  })

  test('is no more than there is room for in the socket', () => {
    const scene = new SessionScene()
    upload(scene, 60_000)
    expect(bodies(scene.turn(20_000))).toEqual([
      [1, 16_384],
      [1, 16_384],
    ])
    expect(scene.session.isUploading).toBe(true)
    expect(bodies(scene.turn(0))).toEqual([])
    expect(bodies(scene.turn(30_000))).toHaveLength(2)
    expect(scene.session.isUploading).toBe(false)
  })

  test('trailers follow the last byte', () => {
    const scene = new SessionScene()
    const call = scene.open({ method: 'POST', body: 'data-and-trailers' })
    call.exchange.write(Buffer.from('body'))
    call.exchange.end(['x-sum', '1'])
    expect(scene.turn()).toMatchObject([
      { type: 'HEADERS', endStream: false },
      { type: 'DATA', endStream: false },
      { type: 'HEADERS', endStream: true, headers: ['x-sum', '1'] },
    ])
  })

  test('a body that is given up ends with RST_STREAM alone', () => {
    const scene = new SessionScene()
    const call = scene.open({ method: 'POST', body: 'data' })
    call.exchange.write(Buffer.from('half'))
    call.exchange.reset()
    expect(scene.turn()).toMatchObject([{ type: 'HEADERS' }, { type: 'RST_STREAM', errorCode: 'CANCEL' }])
    call.exchange.end()
    expect(scene.turn()).toEqual([])
  })

  test('larger frames go out when the peer allows them', () => {
    const scene = new SessionScene({}, { MAX_FRAME_SIZE: 50_000 })
    upload(scene, 60_000)
    expect(bodies(scene.turn())).toEqual([
      [1, 50_000],
      [1, 10_000],
    ])
  })
})
