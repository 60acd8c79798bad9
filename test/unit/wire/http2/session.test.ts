/** The client's side of a connection: requests, responses, and how either ends. */
import { describe, expect, test } from 'vitest'
import { ConnectionError } from '../../../../src/core/errors.ts'
import {
  altSvcFrame,
  goAwayFrame,
  originFrame,
  pingFrame,
  rawFrame,
  rstStreamFrame,
  settingsFrame,
} from '../../../support/frame-encoder.ts'
import { bulk, data, head, SessionScene } from './scene.ts'

const destroyed = new ConnectionError('ERR_TRUNKLINE_CONNECTION_LOST', 'was destroyed')

describe('the preface', () => {
  test('is SETTINGS and the credit of the connection, in one piece with the first request', () => {
    const scene = new SessionScene({ maxHeaderListSize: 5000 }, null)
    expect(scene.session.slots).toBe(1)
    scene.open({ path: '/first' })
    expect(scene.session.slots).toBe(0)
    const [settings, credit, request, ...rest] = scene.turn()
    expect(settings).toMatchObject({
      type: 'SETTINGS',
      settings: {
        ENABLE_PUSH: 0,
        INITIAL_WINDOW_SIZE: 2 ** 20,
        MAX_HEADER_LIST_SIZE: 5000,
        NO_RFC7540_PRIORITIES: 1,
      },
    })
    expect(credit).toMatchObject({ type: 'WINDOW_UPDATE', streamId: 0, increment: 2 ** 24 - 65_535 })
    expect(request).toMatchObject({ type: 'HEADERS', streamId: 1, endStream: true })
    expect(rest).toEqual([])
  })

  test('SETTINGS are answered, and make it ready', () => {
    const scene = new SessionScene({}, null)
    scene.give(settingsFrame({ MAX_CONCURRENT_STREAMS: 3 }))
    expect(scene.events).toEqual(['ready', 'slots'])
    expect(scene.sent('SETTINGS').map(({ ack }) => ack)).toEqual([false, true])
    expect(scene.session.slots).toBe(3)
    expect(scene.session.inflow.acknowledged).toBe(false)
    scene.give(settingsFrame({}).fill(1, 4, 5))
    expect(scene.session.inflow.acknowledged).toBe(true)
  })
})

describe('a request', () => {
  test('goes out with its fields in order, without those of the connection', () => {
    const scene = new SessionScene()
    scene.open({
      method: 'PUT',
      path: '/p?q',
      headers: ['a', '1', 'connection', 'x', 'te', 'gzip', 'host', 'h', 'a', '2'],
    })
    expect(scene.sent('HEADERS')[0]?.headers).toEqual([
      ':method',
      'PUT',
      ':scheme',
      'https',
      ':authority',
      'server.test',
      ':path',
      '/p?q',
      'a',
      '1',
      'a',
      '2',
    ])
  })

  test.each([
    ['a line break in a value', { headers: ['a', 'b\r\nc: d'] }],
    ['a character above U+00FF', { headers: ['a', '\u0100'] }],
    ['a name in upper case', { headers: ['A', 'b'] }],
    ['a pseudo field', { headers: [':path', '/other'] }],
    ['an empty name', { headers: ['', 'b'] }],
    ['a line break in the path', { path: '/\n' }],
  ])('with %s is refused, and nothing has changed', (_title, parts) => {
    const scene = new SessionScene()
    expect(() => scene.open(parts)).toThrow(
      expect.objectContaining({ code: 'ERR_TRUNKLINE_INVALID_HEADER', processed: 'no' }),
    )
    expect(scene.session.openExchanges).toBe(0)
    scene.open()
    expect(scene.turn()).toMatchObject([{ type: 'HEADERS', streamId: 1 }])
  })

  test('with a head longer than a frame goes out as HEADERS and CONTINUATION', () => {
    const scene = new SessionScene()
    const value = 'v'.repeat(20_000)
    scene.open({ headers: ['x-a', value, 'x-b', value], body: 'none' })
    const frames = scene.turn()
    expect(frames.map(({ type }) => type)).toEqual([
      'HEADERS',
      'CONTINUATION',
      ...(frames.length > 2 ? ['CONTINUATION'] : []),
    ])
    expect(frames[0]).toMatchObject({ endHeaders: false, endStream: true, length: 16_384 })
    expect(frames.at(-1)).toMatchObject({ endHeaders: true })
    expect((frames[0] as { headers?: string[] }).headers?.slice(-4)).toEqual(['x-a', value, 'x-b', value])
  })

  test('a response comes whole, with interim heads before and trailers behind it', () => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    scene.give(
      head(1, { ':status': 103, link: 'x' }),
      head(1, { ':status': 200, 'content-length': 4 }),
      data(1, 'go'),
      data(1, 'od'),
      head(1, { 'x-sum': '1' }, { endStream: true }),
    )
    expect(call.log).toEqual(['interim 103', 'headers', 'data', 'trailers', 'end'])
    expect([call.status, call.headers, call.body, call.trailers]).toEqual([
      200,
      ['content-length', '4'],
      'good',
      ['x-sum', '1'],
    ])
    expect(scene.session.openExchanges).toBe(0)
  })

  test('the fields of a repeated response are shared and cannot be changed', () => {
    const scene = new SessionScene()
    const seen = [1, 3].map((streamId) => {
      const call = scene.sendOne()
      scene.give(head(streamId, { ':status': 200, a: '1' }, { endStream: true }))
      return call.headers as string[]
    })
    expect(seen[0]).toBe(seen[1])
    expect(() => seen[0]?.push('x', 'y')).toThrow(TypeError)
  })
})

describe('callbacks that go on at once', () => {
  test('a request from inside onEnd has the slot of the one that ended', () => {
    const scene = new SessionScene({}, { MAX_CONCURRENT_STREAMS: 1 })
    const paths: string[] = []
    scene.open({ on: { end: () => paths.push(scene.open({ path: '/next' }).log.join()) } })
    scene.turn()
    scene.give(head(1, { ':status': 200 }, { endStream: true }))
    expect(paths).toEqual([''])
    expect(scene.sent('HEADERS')).toMatchObject([{ streamId: 3 }])
  })

  test.each(['headers', 'data'] as const)('destroy from inside on%s: nothing more is called', (when) => {
    const scene = new SessionScene()
    const call = scene.open({ on: { [when]: () => scene.session.destroy(destroyed) } })
    const other = scene.open()
    scene.turn()
    scene.give(head(1), data(1, 'x'), data(1, 'y', true), head(3, { ':status': 200 }, { endStream: true }))
    expect(call.log.at(-1)).toBe('error')
    expect(other.log).toEqual(['error'])
    expect(scene.over).toBe(destroyed)
  })

  test('reset of another stream from inside onData', () => {
    const scene = new SessionScene()
    const other = scene.open()
    scene.open({ on: { data: () => other.exchange.reset() } })
    scene.turn()
    scene.give(head(1), head(3), data(3, 'x'), data(1, 'never'), data(3, 'y', true))
    expect(other.log).toEqual(['headers'])
    expect(scene.sent('RST_STREAM')).toMatchObject([{ streamId: 1, errorCode: 'CANCEL' }])
  })

  test('a handler that throws ends the connection, with its error as the cause', () => {
    const scene = new SessionScene()
    const mistake = new Error('a mistake')
    scene.open({
      on: {
        headers: () => {
          throw mistake
        },
      },
    })
    const other = scene.open()
    scene.turn()
    scene.give(head(1))
    expect(other.error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', cause: mistake })
    expect(scene.sent('GOAWAY')).toMatchObject([{ errorCode: 'INTERNAL_ERROR' }])
  })
})

describe('GOAWAY', () => {
  test('streams above its last id were not processed; the others go on, whatever its code', () => {
    const scene = new SessionScene()
    const [first, second] = [scene.open(), scene.open()]
    scene.turn()
    scene.give(goAwayFrame({ lastStreamId: 1, code: 'INTERNAL_ERROR', debug: 'over\nload' }))
    expect(second.error).toMatchObject({
      code: 'ERR_TRUNKLINE_GOAWAY',
      processed: 'no',
      http2Code: 2,
      streamId: 3,
    })
    expect(scene.goAway).toEqual({ lastStreamId: 1, http2Code: 2, debug: 'over?load' })
    expect([scene.session.state, scene.session.slots]).toEqual(['draining', 0])
    expect(() => scene.open()).toThrow(expect.objectContaining({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE' }))
    scene.give(head(1), data(1, 'late', true))
    expect(first.log).toEqual(['headers', 'data', 'end'])
    expect(scene.sent('GOAWAY')).toMatchObject([{ lastStreamId: 0, errorCode: 'NO_ERROR' }])
    expect(scene.over).toBeNull()
    expect(scene.events.filter((event) => event === 'draining')).toHaveLength(1)
  })

  test('of several the lowest id counts', () => {
    const scene = new SessionScene()
    const calls = [scene.open(), scene.open(), scene.open()]
    scene.turn()
    scene.give(
      goAwayFrame({ lastStreamId: 2 ** 31 - 1 }),
      goAwayFrame({ lastStreamId: 3 }),
      goAwayFrame({ lastStreamId: 5 }),
    )
    expect(calls.map(({ error }) => error?.code)).toEqual([undefined, undefined, 'ERR_TRUNKLINE_GOAWAY'])
    expect(scene.session.facts.goAway?.lastStreamId).toBe(3)
  })

  test('a stream that has its head was processed, whatever the id', () => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    scene.give(head(1), goAwayFrame({ lastStreamId: 0 }), data(1, 'x', true))
    expect(call.log).toEqual(['headers', 'data', 'end'])
  })
})

describe('the end of the connection', () => {
  test('settles what was sent as maybe, what had begun as yes, and what never left as no', () => {
    const scene = new SessionScene()
    const [sent, begun] = [scene.open(), scene.open()]
    scene.turn()
    scene.give(head(3), data(3, 'half'))
    const unsent = scene.open()
    scene.session.lose(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    expect(sent.error).toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_LOST',
      processed: 'maybe',
      phase: 'headers',
    })
    expect(begun.error).toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_LOST',
      processed: 'yes',
      phase: 'body',
    })
    expect(unsent.error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' })
    expect(sent.error?.message).toContain('ECONNRESET')
    expect(scene.session.openExchanges).toBe(0)
  })

  test('gives a reader what came before it, paused or not', () => {
    const scene = new SessionScene()
    const whole = scene.open({ on: { headers: ({ exchange }) => exchange.pause() } })
    const half = scene.open({ on: { headers: ({ exchange }) => exchange.pause() } })
    scene.turn()
    scene.give(head(1), data(1, 'whole', true), head(3), data(3, 'half'))
    expect([whole.log, half.log]).toEqual([['headers'], ['headers']])
    scene.session.lose(null)
    expect([whole.log, whole.body]).toEqual([['headers', 'data', 'end'], 'whole'])
    expect([half.log, half.body]).toEqual([['headers', 'data', 'error'], 'half'])
  })

  test('of an idle connection is in order', () => {
    const scene = new SessionScene()
    scene.session.lose(null)
    expect(scene.over).toBeNull()
    scene.session.lose(new Error('late'))
    scene.session.destroy(destroyed)
    expect(scene.events).toEqual(['over'])
  })

  test('fails a response that is whole and unread, and was there before its request was', () => {
    const scene = new SessionScene()
    const call = scene.open({ body: 'data', on: { headers: ({ exchange }) => exchange.pause() } })
    scene.turn()
    scene.give(head(1), data(1, 'unread', true))
    call.exchange.end()
    scene.turn()
    expect([scene.session.openExchanges, call.log]).toEqual([1, ['headers']])
    scene.session.destroy(destroyed)
    expect(call.error).toMatchObject({ message: 'was destroyed', streamId: 1 })
    expect(scene.session.openExchanges).toBe(0)
  })

  test('by destroy says GOAWAY, with SETTINGS_TIMEOUT if that is why', () => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    scene.session.destroy(destroyed)
    expect(call.error).toMatchObject({ message: 'was destroyed', streamId: 1 })
    expect(scene.sent('GOAWAY')).toMatchObject([{ errorCode: 'NO_ERROR' }])
  })

  test('a PING that waits is rejected, and one afterwards', async () => {
    const scene = new SessionScene()
    const waiting = scene.session.ping()
    scene.session.lose(null)
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST' })
    await expect(scene.session.ping()).rejects.toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE' })
  })
})

describe('drain', () => {
  test('ends after the last exchange, and not from inside the call', () => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    scene.session.drain()
    scene.turn()
    expect([scene.session.state, scene.over]).toEqual(['draining', undefined])
    scene.give(head(1, { ':status': 200 }, { endStream: true }))
    expect(call.log).toEqual(['headers', 'end'])
    expect(scene.over).toBeUndefined()
    expect(scene.sent('GOAWAY')).toHaveLength(1)
    expect(scene.over).toBeNull()
  })

  test('waits for a reader who has not taken everything', () => {
    const scene = new SessionScene()
    const call = scene.open({ on: { headers: ({ exchange }) => exchange.pause() } })
    scene.turn()
    scene.give(head(1), data(1, 'all', true))
    scene.session.drain()
    scene.turn()
    expect(scene.over).toBeUndefined()
    expect(scene.session.openExchanges).toBe(1)
    call.exchange.resume()
    scene.turn()
    expect([call.body, scene.over]).toEqual(['all', null])
  })
})

describe('stream ids', () => {
  test('end at 2^31 - 1: the last is used, and the connection drains', () => {
    const scene = new SessionScene({ firstStreamId: 2 ** 31 - 3 })
    const calls = [scene.open(), scene.open()]
    expect([scene.session.slots, scene.session.state]).toEqual([0, 'draining'])
    expect(scene.sent('HEADERS').map(({ streamId }) => streamId)).toEqual([2 ** 31 - 3, 2 ** 31 - 1])
    expect(scene.events).toContain('draining')
    expect(scene.goAway).toBeNull()
    scene.give(
      head(2 ** 31 - 3, { ':status': 200 }, { endStream: true }),
      head(2 ** 31 - 1, { ':status': 200 }, { endStream: true }),
    )
    scene.turn()
    expect(calls.map(({ log }) => log.at(-1))).toEqual(['end', 'end'])
    expect(scene.over).toBeNull()
  })
})

describe('slots', () => {
  test('are those of the peer or our own, whichever is fewer', () => {
    expect(new SessionScene({ maxConcurrentStreams: 2 }, { MAX_CONCURRENT_STREAMS: 5 }).session.slots).toBe(2)
    expect(new SessionScene({}, { MAX_CONCURRENT_STREAMS: 0 }).session.slots).toBe(0)
  })

  test('of reset streams are free when a PING behind them was answered, if the limit is near', () => {
    const scene = new SessionScene({}, { MAX_CONCURRENT_STREAMS: 2 })
    scene.sendOne().exchange.reset()
    expect(scene.session.slots).toBe(1)
    expect(scene.sent('PING')).toEqual([])
    scene.open()
    expect(scene.session.slots).toBe(0)
    expect(scene.sent('PING')).toMatchObject([{ ack: false }])
    const ping = pingFrame(Buffer.from('0000000000000001', 'hex'), true)
    scene.give(ping)
    expect(scene.session.slots).toBe(1)
    expect(scene.events).toContain('slots')
  })

  test('of reset streams do not matter where there is room', () => {
    const scene = new SessionScene({}, { MAX_CONCURRENT_STREAMS: 100 })
    for (let count = 0; count < 20; count += 1) scene.open().exchange.reset()
    expect(scene.sent('PING')).toEqual([])
    expect(scene.session.slots).toBe(80)
  })

  test('are free for the protocol before a slow reader is done', () => {
    const scene = new SessionScene({}, { MAX_CONCURRENT_STREAMS: 1 })
    scene.open({ on: { headers: ({ exchange }) => exchange.pause() } })
    scene.turn()
    scene.give(head(1), data(1, 'all', true))
    expect([scene.session.openExchanges, scene.session.slots]).toEqual([1, 1])
  })
})

describe('RST_STREAM', () => {
  test.each([
    ['REFUSED_STREAM', 'ERR_TRUNKLINE_STREAM_REFUSED', 'no'],
    ['HTTP_1_1_REQUIRED', 'ERR_TRUNKLINE_HTTP_1_1_REQUIRED', 'no'],
    ['CANCEL', 'ERR_TRUNKLINE_STREAM_RESET', 'maybe'],
    ['NO_ERROR', 'ERR_TRUNKLINE_MALFORMED_RESPONSE', 'maybe'],
  ] as const)('with %s before the head', (code, error, processed) => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    scene.give(rstStreamFrame(1, code))
    expect(call.error).toMatchObject({ code: error, processed, phase: 'headers' })
    expect(scene.turn()).toEqual([])
  })

  test.each(['REFUSED_STREAM', 'HTTP_1_1_REQUIRED', 'CANCEL', 'NO_ERROR'] as const)(
    'with %s in the middle of a body is no end',
    (code) => {
      const scene = new SessionScene()
      const call = scene.sendOne()
      scene.give(head(1), data(1, 'half'), rstStreamFrame(1, code))
      expect(call.error).toMatchObject({
        code: 'ERR_TRUNKLINE_STREAM_RESET',
        processed: 'yes',
        phase: 'body',
      })
      expect(scene.session.openExchanges).toBe(0)
    },
  )

  test('with NO_ERROR short of Content-Length says how much is missing', () => {
    const scene = new SessionScene()
    const call = scene.sendOne()
    scene.give(
      head(1, { ':status': 200, 'content-length': 9 }),
      data(1, 'half'),
      rstStreamFrame(1, 'NO_ERROR'),
    )
    expect(call.error?.code).toBe('ERR_TRUNKLINE_CONTENT_LENGTH_MISMATCH')
  })

  test('behind a response that ended says nothing any more', () => {
    const scene = new SessionScene()
    const call = scene.open({ method: 'POST', body: 'data' })
    call.exchange.write(Buffer.from('some'))
    scene.turn()
    scene.give(head(1), data(1, 'enough', true), rstStreamFrame(1, 'NO_ERROR'))
    expect(call.log).toEqual(['headers', 'data', 'end'])
    expect(scene.sent('RST_STREAM')).toMatchObject([{ streamId: 1, errorCode: 'CANCEL' }])
    expect(call.exchange.write(Buffer.from('more'))).toBe(true)
  })
})

describe('frames for a stream that we reset', () => {
  test('are dropped without an answer, and credited', () => {
    const scene = new SessionScene({ connectionWindowSize: 65_535 })
    const call = scene.sendOne()
    call.exchange.reset()
    scene.turn()
    scene.give(head(1), bulk(1, 40_000), rstStreamFrame(1))
    expect(scene.turn()).toMatchObject([{ type: 'WINDOW_UPDATE', streamId: 0 }])
    expect(call.log).toEqual([])
  })
})

describe('extensions', () => {
  test('ALTSVC and ORIGIN are told, and what is wrong of them is not', () => {
    const scene = new SessionScene()
    scene.give(
      altSvcFrame(0, 'https://a.test', 'h3=":443"'),
      altSvcFrame(0, '', 'h3=":1"'),
      altSvcFrame(1, 'https://a.test', 'h3=":1"'),
      altSvcFrame(1, '', 'h3=":2"'),
      rawFrame({ type: 'ALTSVC', payload: Buffer.of(0xff, 0xff, 1) }),
      rawFrame({ type: 'ALTSVC', payload: Buffer.of(1) }),
      originFrame(['https://a.test', 'https://b.test']),
      originFrame([]),
      rawFrame({ type: 'ORIGIN', streamId: 1, payload: Buffer.of(0, 1, 0x61) }),
      rawFrame({ type: 'ORIGIN', payload: Buffer.of(0, 9, 0x61) }),
    )
    expect(scene.events).toEqual([
      'altsvc https://a.test h3=":443"',
      'altsvc  h3=":2"',
      'origins https://a.test https://b.test',
      'origins ',
    ])
    expect(scene.over).toBeUndefined()
  })
})
