import { describe, expect, test } from 'vitest'
import { dismiss } from '../../../src/interceptors/dismiss.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { openResponse } from '../fakes/exchange.ts'

const HTTP1 = { protocol: 'http/1.1' } as const

function setUp(headers: readonly string[], part: Parameters<typeof openResponse>[2] = {}) {
  const clock = new FakeClock()
  const fake = openResponse(503, headers, part)
  let free = false
  const done = dismiss(fake.response, clock).then(() => {
    free = true
  })
  return { ...fake, clock, done, isFree: () => free }
}

describe('dismiss', () => {
  test.each([{}, HTTP1])('reads a small body to its end: %j', async (part) => {
    const { response, log, clock } = setUp(['content-length', '65536'], part)
    await clock.flush()
    expect(log.cancelled).toBe(0)
    expect(response.body.used).toBe(true)
  })

  test('waits no longer for a socket than another one would take', async () => {
    const clock = new FakeClock()
    const { response, log } = openResponse(503, ['content-length', '5'])
    const done = dismiss({ ...response, protocol: 'http/1.1' }, clock)
    await clock.advance(100)
    await done
    expect(log.cancelled).toBe(1)
  })

  test('waits for nothing over HTTP/2, where nothing is kept', async () => {
    const { response } = openResponse(503, ['content-length', '5'])
    await dismiss({ ...response, protocol: 'h2' }, new FakeClock())
    expect(response.body.used).toBe(true)
  })

  test.each([
    ['is bigger', ['content-length', '65537']],
    ['does not say its length', []],
    ['says nonsense', ['content-length', 'x']],
  ])('cancels a body that %s, at once', async (_, headers) => {
    const { log, done } = setUp(headers, HTTP1)
    await done
    expect(log.cancelled).toBe(1)
  })

  test('over HTTP/1.1 resolves when the end came, so that the next request finds the socket free', async () => {
    const { queue, clock, done, isFree } = setUp(['content-length', '5'], HTTP1)
    queue.push(new Uint8Array(5))
    await clock.flush()
    expect(isFree()).toBe(false)
    queue.end(null)
    await done
    expect(clock.pending).toBe(0)
  })

  test('over HTTP/1.1 gives a slow body up after a moment', async () => {
    const { clock, log, done, isFree } = setUp(['content-length', '5'], HTTP1)
    await clock.advance(99)
    expect(isFree()).toBe(false)
    await clock.advance(1)
    await done
    expect(log.cancelled).toBe(1)
  })

  test('over HTTP/2 nothing needs to be waited for', async () => {
    const { clock, log, done } = setUp(['content-length', '5'])
    await done
    await clock.advance(1000)
    expect(log.cancelled).toBe(0)
  })

  test.each([{}, HTTP1])(
    'a body that fails while it is read for nobody is nobody’s rejection: %j',
    async (part) => {
      const { queue, clock, done } = setUp(['content-length', '5'], part)
      queue.fail(new Error('lost'))
      await done
      await clock.flush()
    },
  )
})
