import { inspect } from 'node:util'
import { MockClock, mockClient } from 'trunkline/mock'
import { type EventStreamOptions, eventStream, type Reconnect, type ServerEvent } from 'trunkline/sse'
import { describe, expect, test } from 'vitest'
import { rejection } from './rejection.ts'

const URL = 'https://api.example.com/events'
const HEADERS = { 'content-type': 'text/event-stream; charset=utf-8' }
const stream = (...body: string[]) => ({ headers: HEADERS, body })

/** Reads with a clock that jumps whenever something waits. */
async function read(
  replies: readonly object[],
  options: EventStreamOptions = {},
  most = Number.POSITIVE_INFINITY,
): Promise<{
  events: ServerEvent[]
  waits: Reconnect[]
  calls: readonly { headers: Readonly<Record<string, string>> }[]
}> {
  const clock = new MockClock()
  const { client, mock } = mockClient({ retry: false })
  mock.on('GET', '/events').reply(...(replies as [object]))
  const events: ServerEvent[] = []
  const waits: Reconnect[] = []
  const onReconnect = (event: Reconnect) => {
    waits.push(event)
    queueMicrotask(() => void clock.advance(event.delay))
  }
  for await (const event of eventStream(client, URL, { clock, onReconnect, ...options })) {
    events.push(event)
    if (events.length === most) break
  }
  return { events, waits, calls: mock.calls }
}

const END = { status: 204 }

describe('events', () => {
  test('types, ids and data of several lines, in whatever pieces they come', async () => {
    const text = 'data: one\n\nevent: tick\nid: 7\ndata: a\ndata: ☃\n\n: comment\n\ndata: last\r\n\r\n'
    const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]))
    const { events } = await read([{ headers: HEADERS, body: bytes }, END])
    expect(events).toEqual([
      { type: 'message', data: 'one', id: '' },
      { type: 'tick', data: 'a\n☃', id: '7' },
      { type: 'message', data: 'last', id: '7' },
    ])
  })

  test('what has no blank line behind it is no event', async () => {
    const { events } = await read([stream('data: whole\n\ndata: ha'), stream('lf\n\n'), END])
    expect(events.map(({ data }) => data)).toEqual(['whole'])
  })

  test.each(['\n', '\r', '\r\n'])('lines end with %j, wherever the pieces do', async (end) => {
    const text = ['id: 1', 'data: a', 'data: b', '', 'data: c', '', ''].join(end)
    for (let cut = 0; cut <= text.length; cut += 1) {
      const { events } = await read([stream(text.slice(0, cut), text.slice(cut)), END])
      expect(events.map(({ data, id }) => [data, id])).toEqual([
        ['a\nb', '1'],
        ['c', '1'],
      ])
    }
  })

  test('one whose last line ends with CR comes without waiting for more', async () => {
    const silent = async function* () {
      yield 'data: a\r\r'
      await new Promise(() => {})
    }
    expect((await read([{ headers: HEADERS, body: silent() }], {}, 1)).events).toHaveLength(1)
  })

  test('an id counts with its blank line, also without data', async () => {
    const bytes = [...Buffer.from('id: 5\n\ndata: a\n\nid: 6\r\n\r\nid: 7\ndata: never')].map((byte) =>
      Buffer.from([byte]),
    )
    const { events, calls } = await read([{ headers: HEADERS, body: bytes }, END])
    expect(events).toEqual([{ type: 'message', data: 'a', id: '5' }])
    expect(calls[1]?.headers['last-event-id']).toBe('6')
  })

  test.each([
    ['id: 1\ndata: a\n\nid\n\n', undefined],
    ['id: 1\ndata: a\n\nid:\ndata: b\n\n', undefined],
    ['id: 1\ndata: a\n\nid: b\0c\n\n', '1'],
    ['id: 1\ndata: a\n\nidea: 2\n\n', '1'],
    ['id: 1\nid:  2\n\n', ' 2'],
  ])('of %j the last id is %j', async (text, id) => {
    const { calls } = await read([stream(text), END])
    expect(calls[1]?.headers['last-event-id']).toBe(id?.trim() ?? id)
  })
})

describe('it reconnects', () => {
  test('when the server ends the stream, with the id of the last event', async () => {
    const { events, calls } = await read([stream('id: 1\ndata: a\n\n'), stream('id: ☃\ndata: b\n\n'), END])
    expect(events.map(({ data }) => data)).toEqual(['a', 'b'])
    expect(calls.map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      '1',
      Buffer.from('☃').toString('latin1'),
    ])
    expect(calls[0]?.headers).toMatchObject({ accept: 'text/event-stream', 'cache-control': 'no-store' })
  })

  test('when it is reset in the middle, or cannot be had, with growing waits that events reset', async () => {
    const lost = { error: 'ERR_TRUNKLINE_CONNECT_FAILED' }
    const { waits, events } = await read([
      { ...stream('retry: 200\ndata: a\n\n'), breaksWith: 'ERR_TRUNKLINE_STREAM_RESET' },
      lost,
      lost,
      stream('data: b\n\n'),
      END,
    ])
    expect(events.map(({ data }) => data)).toEqual(['a', 'b'])
    expect(waits.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1])
    for (const [index, least] of [200, 400, 800, 200].entries()) {
      expect(waits[index]?.delay).toBeGreaterThanOrEqual(least)
      expect(waits[index]?.delay).toBeLessThanOrEqual(1.5 * least)
    }
    expect(waits[0]?.reason).toMatchObject({ error: { code: 'ERR_TRUNKLINE_STREAM_RESET' } })
    expect(waits[3]?.reason).toBe('ended')
  })

  test('after a 503, no sooner than Retry-After says', async () => {
    const { waits } = await read([{ status: 503, headers: { 'retry-after': '7' } }, END])
    expect(waits).toEqual([{ attempt: 1, delay: 7000, reason: { status: 503 } }])
  })

  test.each([
    ['0', 100, 150],
    ['99999999999999999999', 86_400_000, 129_600_000],
  ])('after retry: %s, neither in a storm nor never', async (retry, least, most) => {
    const { waits } = await read([stream(`retry: ${retry}\ndata: a\n\n`), END])
    expect(waits[0]?.delay).toBeGreaterThanOrEqual(least)
    expect(waits[0]?.delay).toBeLessThanOrEqual(most)
  })

  test('never more often than the longest wait allows', async () => {
    const lost = { error: 'ERR_TRUNKLINE_CONNECTION_LOST' }
    const { waits } = await read([lost, lost, lost, lost, END], { maxReconnectDelay: 2000 })
    expect(Math.max(...waits.map(({ delay }) => delay))).toBeLessThanOrEqual(3000)
  })
})

describe('it stops', () => {
  test('at 204, without a word', async () => {
    expect((await read([END])).events).toEqual([])
  })

  test.each([
    [{ headers: { 'content-type': 'text/html' }, body: 'hello' }, 'content-type "text/html"'],
    [{ status: 404, headers: HEADERS }, 'status 404'],
    [{ headers: { 'content-type': 'text/event-streamer' } }, 'text/event-streamer'],
  ])('at what is no event stream: %j', async (reply, part) => {
    const error = await rejection(read([reply]))
    expect(error).toMatchObject({
      code: 'ERR_TRUNKLINE_EVENT_STREAM_REFUSED',
      message: expect.stringContaining(part),
    })
  })

  test.each([
    [{ error: 'ERR_TRUNKLINE_CONNECTION_LOST' }, 'ERR_TRUNKLINE_CONNECTION_LOST'],
    [{ status: 502 }, 'ERR_TRUNKLINE_EVENT_STREAM_REFUSED'],
    [stream(), 'ERR_TRUNKLINE_CONNECTION_LOST'],
  ])('after too many failures in a row: %j', async (reply, code) => {
    expect(await rejection(read([reply], { maxReconnects: 3 }))).toMatchObject({ code })
  })

  test('at a certificate that is not trusted: another try would meet it again', async () => {
    const error = await rejection(read([{ error: 'ERR_TRUNKLINE_CERTIFICATE_REJECTED' }]))
    expect(error.code).toBe('ERR_TRUNKLINE_CERTIFICATE_REJECTED')
  })

  test('at an event that is too large', async () => {
    const error = await rejection(read([stream(`data: ${'x'.repeat(2000)}`)], { maxEventSize: 1000 }))
    expect(error.code).toBe('ERR_TRUNKLINE_BODY_TOO_LARGE')
  })

  test('when the loop is left', async () => {
    const endless = async function* () {
      for (let n = 0; ; n += 1) yield `data: ${n}\n\n`
    }
    const { events } = await read([{ headers: HEADERS, body: endless() }], {}, 5)
    expect(events).toHaveLength(5)
  })

  test('by the signal, with its reason: in a stream, and while it waits', async () => {
    const silent = async function* () {
      yield 'data: a\n\n'
      await new Promise(() => {})
    }
    for (const reply of [{ headers: HEADERS, body: silent() }, stream('data: a\n\n')]) {
      const { client, mock } = mockClient()
      mock.on('GET', '/events').reply(reply as object)
      const controller = new AbortController()
      const reason = new Error('enough')
      const run = async () => {
        const events = eventStream(client, URL, { signal: controller.signal, clock: new MockClock() })
        for await (const _ of events) setImmediate(() => setImmediate(() => controller.abort(reason)))
      }
      expect(await rejection(run())).toBe(reason)
    }
  })
})

test('no error shows what is secret in the URL', async () => {
  for (const reply of [{ status: 400 }, stream(), stream(`data: ${'x'.repeat(2000)}`)]) {
    const { client, mock } = mockClient({ retry: false })
    mock.on({}).reply(reply)
    const run = async () => {
      const options = { maxReconnects: 0, maxEventSize: 1000 }
      for await (const _ of eventStream(client, 'https://us:s3cret@api.example.com/e?token=s3cret', options))
        break
    }
    const error = await rejection(run())
    expect(error.message).toContain('https://api.example.com/e ')
    expect(inspect(error)).not.toContain('s3cret')
  }
})

test.each([
  [{ lastEventID: '7' }, 'lastEventID is not an option'],
  [{ lastEventId: 'a\nb' }, 'lastEventId'],
  [{ idleTimeout: 0 }, 'idleTimeout'],
  [{ reconnectStatuses: ['503'] }, 'reconnectStatuses'],
  [{ onReconnect: 1 }, 'onReconnect'],
])('bad input is refused by name: %j', (options, part) => {
  const { client } = mockClient()
  expect(() => eventStream(client, URL, options as object)).toThrow(part)
})
