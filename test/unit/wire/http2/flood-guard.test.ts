import { describe, expect, test } from 'vitest'
import { FloodGuard } from '../../../../src/wire/http2/flood-guard.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import {
  continuationFrame,
  dataFrame,
  pingFrame,
  priorityFrame,
  rawFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../../../support/frame-encoder.ts'
import { head, SessionScene } from './scene.ts'

/** How many of them pass. */
function passing(guard: FloodGuard, most = 100_000): number {
  for (let count = 0; count < most; count += 1) {
    try {
      guard.note('frames')
    } catch {
      return count
    }
  }
  return most
}

describe('the allowance', () => {
  test('is 10,000 at once, and 330 a second', async () => {
    const clock = new FakeClock()
    const guard = new FloodGuard(clock)
    expect(passing(guard)).toBe(10_000)
    await clock.advance(10_000)
    expect(passing(guard)).toBe(3300 - 1)
  })

  test('is not used up by what comes slowly', async () => {
    const clock = new FakeClock()
    const guard = new FloodGuard(clock)
    for (let second = 0; second < 100; second += 1) {
      expect(passing(guard, 300)).toBe(300)
      await clock.advance(1000)
    }
  })

  test('grows back with what explains such frames, never beyond itself', () => {
    const guard = new FloodGuard(new FakeClock())
    guard.excuse(50_000)
    expect(passing(guard, 9000)).toBe(9000)
    guard.excuse(4000)
    expect(passing(guard)).toBe(5000)
  })

  test('a thousand answers that the peer does not read are too many', () => {
    const guard = new FloodGuard(new FakeClock())
    for (let count = 0; count < 1000; count += 1) guard.noteAnswer('PING')
    expect(() => guard.noteAnswer('PING')).toThrow(/floods the connection with PING/)
    guard.answersSent()
    expect(() => guard.noteAnswer('PING')).not.toThrow()
  })
})

describe('a flood ends the connection with ENHANCE_YOUR_CALM', () => {
  test.each([
    ['PING', pingFrame()],
    ['SETTINGS', settingsFrame({})],
    ['PRIORITY', priorityFrame(1, { exclusive: false, dependency: 0, weight: 1 })],
    ['unknown frames', rawFrame({ type: 0xee })],
    ['ORIGIN', rawFrame({ type: 'ORIGIN' })],
    ['WINDOW_UPDATE', windowUpdateFrame(0, 1)],
    ['empty DATA', dataFrame(1, '')],
    ['a byte of DATA in padding', dataFrame(1, 'x', { padding: 50 })],
    ['PING acknowledgements', pingFrame(Buffer.alloc(8, 9), true)],
  ])('%s', (_title, frame) => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    scene.give(head(1))
    const batch = Array.from({ length: 500 }, () => frame)
    let given = 0
    for (; scene.over === undefined && given < 30_000; given += 500) {
      scene.give(...batch)
      scene.turn()
    }
    expect(call.error).toMatchObject({ code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION', http2Code: 11 })
    expect(given).toBeLessThanOrEqual(12_000)
  })

  test('the credit that an upload brings is none', () => {
    const scene = new SessionScene()
    const call = scene.open({ method: 'POST', body: 'data' })
    for (let count = 0; count < 20_000; count += 1) {
      call.exchange.write(Buffer.alloc(100))
      scene.turn()
      scene.give(windowUpdateFrame(0, 100), windowUpdateFrame(1, 100))
    }
    expect(scene.over).toBeUndefined()
  })

  test('small pieces of a body are none', () => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    scene.give(head(1))
    for (let count = 0; count < 200; count += 1)
      scene.give(...Array.from({ length: 100 }, () => dataFrame(1, 'x')))
    expect(call.bytes).toBe(20_000)
    expect(scene.over).toBeUndefined()
  })

  test('a header block in many frames is none as long as they hold something', () => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    const block = Buffer.concat([
      Buffer.of(0x88),
      ...Array.from({ length: 100 }, (_, at) =>
        Buffer.from([0, 3, 0x78, 0x30 + (at % 10), 0x61, 40, ...Buffer.alloc(40, 0x62)]),
      ),
    ])
    const frames = [rawFrame({ type: 'HEADERS', streamId: 1, flags: 1, payload: block.subarray(0, 400) })]
    for (let at = 400; at < block.length; at += 400)
      frames.push(
        continuationFrame(1, block.subarray(at, at + 400), { endHeaders: at + 400 >= block.length }),
      )
    scene.give(...frames)
    expect(call.log).toEqual(['headers', 'end'])
    expect(call.headers).toHaveLength(200)
  })
})
