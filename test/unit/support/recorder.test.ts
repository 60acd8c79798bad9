import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { Cleanup } from '../../support/cleanup.ts'
import { activeHandles, expectNoNewHandles } from '../../support/handles.ts'
import { EventRecorder } from '../../support/recorder.ts'
import { waitFor } from '../../support/wait-for.ts'

describe('EventRecorder', () => {
  test('keeps names, data and order', () => {
    const recorder = new EventRecorder()
    recorder.record('open', 1)
    recorder.listener('data')('x')
    recorder.record('close')
    recorder.expectSequence(['open', 'data', 'close'])
    recorder.expectInOrder(['open', 'close'])
    recorder.expectNone('error')
    expect(recorder.all('data')).toEqual(['x'])
    expect(recorder.take().length).toBe(3)
    recorder.expectSequence([])
  })

  test('says what was expected and what was recorded', () => {
    const recorder = new EventRecorder()
    recorder.record('a')
    expect(() => recorder.expectSequence(['a', 'b'])).toThrow(
      'expected the events\n  a, b\nbut recorded\n  a',
    )
    expect(() => recorder.expectInOrder(['a', 'b'])).toThrow('expected b in the order')
    expect(() => recorder.expectNone('a')).toThrow('expected no a but recorded a')
  })

  test('waits', async () => {
    const recorder = new EventRecorder()
    setTimeout(recorder.listener('later'), 10, 7)
    expect(await recorder.wait('later')).toEqual({ name: 'later', data: 7 })
    await expect(recorder.wait('never', { timeout: 20 })).rejects.toThrow('event never; recorded: later')
  })
})

describe('waitFor', () => {
  test('resolves with what the predicate returns', async () => {
    let calls = 0
    expect(
      await waitFor(() => {
        calls += 1
        if (calls === 1) throw new Error('not yet')
        return calls > 2 && 'value'
      }),
    ).toBe('value')
  })

  test('gives up with the message and the last error', async () => {
    const cause = new Error('still not')
    const failing = waitFor(
      () => {
        throw cause
      },
      { timeout: 20, message: 'the moon' },
    )
    await expect(failing).rejects.toMatchObject({ message: 'waited 20 ms for: the moon', cause })
  })
})

describe('Cleanup', () => {
  test('closes last one first, all of them, and throws what failed', async () => {
    const cleanup = new Cleanup()
    const order: string[] = []
    cleanup.add({ close: () => order.push('close') })
    cleanup.add(() => {
      throw new Error('no')
    })
    cleanup.add({ destroy: () => order.push('destroy') })
    cleanup.add({
      close: () => order.push('wrong'),
      [Symbol.asyncDispose]: async () => void order.push('dispose'),
    })
    await expect(cleanup.run()).rejects.toThrow('no')
    expect(order).toEqual(['dispose', 'destroy', 'close'])
    await cleanup.run()
    expect(order.length).toBe(3)
  })
})

describe('handles', () => {
  test('notices a server left over', async () => {
    // The test runner has timers of its own.
    const ignore = ['Timeout']
    const before = activeHandles()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const failing = expectNoNewHandles(before, { timeout: 30, ignore })
    await expect(failing).rejects.toThrow('no handle left over; there are {"TCPServerWrap":1}')
    server.close()
    await expectNoNewHandles(before, { ignore })
  })
})
