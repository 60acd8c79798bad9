/** faults.md section 2 B, 54 to 71: messages that RFC 9113 section 8 calls malformed. */
import { describe, expect } from 'vitest'
import type { RawConnection } from '../../support/raw-connection.ts'
import type { RawRequest } from '../../support/raw-request.ts'
import { engine } from './engine-under-test.ts'
import {
  expectFailure,
  expectGood,
  type Failure,
  failureOf,
  lengthMismatch,
  malformed,
  streamReset,
  violation,
} from './expectations.ts'
import type { SendOptions } from './scene.ts'
import { fault, faultOn, insteadOn, Stage } from './stage.ts'
import { expectGoAwayOf, expectResetBy } from './wire-expectations.ts'

const stage = new Stage()

const status = (...values: string[]) => values.flatMap((value) => [':status', value])
const with200 = (...fields: string[]) => [':status', '200', ...fields]

const badHeads: readonly [number: number, title: string, fields: readonly string[]][] = [
  [54, ':status missing', ['x', 'y']],
  [54, ':status twice', status('200', '200')],
  [54, ':status abc', status('abc')],
  [54, ':status 99', status('99')],
  [54, ':status 1000', status('1000')],
  [54, ':status +200', status('+200')],
  [54, ':status empty', status('')],
  [55, 'upper case in a name', with200('X-Upper', 'y')],
  [57, 'connection', with200('connection', 'close')],
  [57, 'keep-alive', with200('keep-alive', 'timeout=5')],
  [57, 'proxy-connection', with200('proxy-connection', 'close')],
  [57, 'transfer-encoding', with200('transfer-encoding', 'chunked')],
  [57, 'upgrade', with200('upgrade', 'h2c')],
  [57, 'te other than trailers', with200('te', 'gzip')],
  [58, 'a pseudo field after a regular one', ['x', 'y', ':status', '200']],
  [58, 'an unknown pseudo field', with200(':version', '2')],
  [58, 'a pseudo field of requests', with200(':path', '/')],
  [62, 'two different values of content-length', with200('content-length', '3', 'content-length', '4')],
  [62, 'content-length 1,2', with200('content-length', '1,2')],
  [62, 'content-length +5', with200('content-length', '+5')],
  [62, 'content-length 2^64', with200('content-length', '18446744073709551616')],
  [70, ':status 101', status('101')],
]

/** An error of one stream, by whichever of the two that see it: nghttp2 (a reset), or this client. */
function expectStreamError(failure: object): void {
  const { name } = failure as Failure
  expect(failure).toMatchObject(name === 'StreamError' ? streamReset('PROTOCOL_ERROR') : malformed('headers'))
}

describe('heads', () => {
  for (const [number, title, fields] of badHeads) {
    fault(number, title, async () => {
      const scene = await stage.http2({
        answer: (connection) => {
          connection.sendHeaders(1, fields)
          connection.sendData(1, '12345', { endStream: true })
        },
      })
      expectStreamError(failureOf(await scene.play()))
      expect(scene.carriers('/probe')).toEqual([0])
    })
  }

  const invisible: readonly [number: number, title: string, name: string, value: string][] = [
    [55, 'an empty name', '', 'seen'],
    [55, 'a space in a name', 'x bad', 'seen'],
    [55, 'a control character in a name', 'x\x01', 'seen'],
    [56, 'CR in a value', 'x-bad', 'a\rb'],
    [56, 'LF in a value', 'x-bad', 'a\nb'],
    [56, 'NUL in a value', 'x-bad', 'a\0b'],
  ]
  for (const [number, title, name, value] of invisible) {
    fault(number, `${title}: never visible`, async () => {
      const scene = await stage.http2({
        answer: (connection) => connection.respond(1, { headers: [name, value], body: 'good' }),
      })
      const outcome = await scene.play()
      if (outcome.kind === 'error') return expectStreamError(failureOf(outcome))
      expect(outcome.rawHeaders).toEqual([])
    })
    faultOn(
      'wire',
      number,
      `${title} ends the stream`,
      'nghttp2 drops the field and Node is not told',
      async () => {
        const scene = await stage.http2({
          answer: (connection) => connection.respond(1, { headers: [name, value], body: 'good' }),
        })
        expectFailure(await scene.play(), malformed())
        expect(scene.carriers('/probe')).toEqual([0])
        await expectResetBy(scene.connection(0), 1, 'PROTOCOL_ERROR')
      },
    )
  }

  for (const value of [' leading', 'trailing ', '\ttab']) {
    fault(56, `${JSON.stringify(value)} as a value: an error, dropped or trimmed`, async () => {
      const scene = await stage.http2({
        answer: (connection) => connection.respond(1, { headers: ['x-bad', value], body: 'good' }),
      })
      const outcome = await scene.play()
      if (outcome.kind === 'error') return expectStreamError(failureOf(outcome))
      expect([undefined, value.trim()]).toContain(outcome.headers['x-bad'])
    })
  }

  fault(59, '__proto__, constructor and toString as names: plain data', async () => {
    const headers = ['__proto__', 'polluted', 'constructor', 'c', 'tostring', 't', 'hasownproperty', 'h']
    const scene = await stage.http2({
      answer: (connection) => connection.respond(1, { headers, body: 'good', trailers: ['__proto__', 'x'] }),
    })
    const outcome = await scene.play()
    expect(outcome).toMatchObject({ rawHeaders: headers, trailers: ['__proto__', 'x'] })
    if (outcome.kind !== 'response') return
    expect(Object.entries(outcome.headers)).toEqual([
      ['__proto__', 'polluted'],
      ['constructor', 'c'],
      ['tostring', 't'],
      ['hasownproperty', 'h'],
    ])
    expect(Object.getPrototypeOf(outcome.headers)).toBe(null)
    expect(({} as Record<string, unknown>).polluted).toBe(undefined)
  })
})

interface BodyCase {
  readonly number: number
  readonly title: string
  readonly answer: (connection: RawConnection, request: RawRequest) => unknown
  readonly send?: SendOptions
  /** null: a whole response. */
  readonly failure: Failure | readonly Failure[] | null
}

const head = (connection: RawConnection, headers: Record<string, string | number> = {}) =>
  connection.sendHeaders(1, { ':status': 200, ...headers })

/** What node:http2 may make of it, and what the wire engine does. */
const BODY_NOT_ALLOWED = [
  streamReset('PROTOCOL_ERROR', 'body'),
  violation('PROTOCOL_ERROR', 'body'),
  lengthMismatch,
]
const MALFORMED_TRAILERS = [
  streamReset('PROTOCOL_ERROR', 'body'),
  violation('PROTOCOL_ERROR', 'body'),
  malformed('body'),
]

const bodies: readonly BodyCase[] = [
  {
    number: 60,
    title: 'content-length above the DATA',
    answer: (connection) => {
      head(connection, { 'content-length': 10 })
      connection.sendData(1, '12345', { endStream: true })
    },
    failure: [lengthMismatch, streamReset('PROTOCOL_ERROR', 'body')],
  },
  {
    number: 60,
    title: 'content-length, and END_STREAM on the head',
    answer: (connection) =>
      connection.sendHeaders(1, { ':status': 200, 'content-length': 10 }, { endStream: true }),
    failure: [
      lengthMismatch,
      streamReset('PROTOCOL_ERROR', 'headers'),
      streamReset('PROTOCOL_ERROR', 'body'),
    ],
  },
  {
    number: 63,
    title: 'HEAD answered with a body',
    send: { method: 'HEAD' },
    answer: (connection) => {
      head(connection, { 'content-length': 5 })
      connection.sendData(1, '12345', { endStream: true })
    },
    failure: BODY_NOT_ALLOWED,
  },
  {
    number: 63,
    title: '204 with a body',
    answer: (connection) => {
      connection.sendHeaders(1, { ':status': 204 })
      connection.sendData(1, '12345', { endStream: true })
    },
    failure: BODY_NOT_ALLOWED,
  },
  {
    number: 63,
    title: '304 with a body',
    answer: (connection) => {
      connection.sendHeaders(1, { ':status': 304, 'content-length': 5 })
      connection.sendData(1, '12345', { endStream: true })
    },
    failure: BODY_NOT_ALLOWED,
  },
  {
    number: 63,
    title: 'HEAD with content-length and no body is fine',
    send: { method: 'HEAD' },
    answer: (connection) =>
      connection.sendHeaders(1, { ':status': 200, 'content-length': 5 }, { endStream: true }),
    failure: null,
  },
  {
    number: 63,
    title: '304 with content-length and no body is fine',
    answer: (connection) =>
      connection.sendHeaders(1, { ':status': 304, 'content-length': 5 }, { endStream: true }),
    failure: null,
  },
  {
    number: 64,
    title: 'DATA after END_STREAM: the result stands',
    answer: async (connection, request) => {
      await request.respond({ body: 'good' })
      connection.sendData(1, 'more')
    },
    failure: null,
  },
  {
    number: 66,
    title: 'trailers without END_STREAM',
    answer: (connection) => {
      head(connection)
      connection.sendData(1, 'good')
      connection.sendHeaders(1, { 'x-trailer': 'y' })
    },
    failure: MALFORMED_TRAILERS,
  },
  {
    number: 66,
    title: 'trailers with a pseudo field',
    answer: (connection) => {
      head(connection)
      connection.sendData(1, 'good')
      connection.sendHeaders(1, { ':status': 200 }, { endStream: true })
    },
    failure: MALFORMED_TRAILERS,
  },
  {
    number: 66,
    title: 'trailers after END_STREAM: the result stands',
    answer: async (connection, request) => {
      await request.respond({ body: 'good' })
      connection.sendHeaders(1, { 'x-trailer': 'y' }, { endStream: true })
    },
    failure: null,
  },
  {
    number: 69,
    title: '1xx with END_STREAM',
    answer: (connection) => connection.sendHeaders(1, { ':status': 103 }, { endStream: true }),
    failure: [streamReset('PROTOCOL_ERROR'), violation('PROTOCOL_ERROR'), malformed('headers', 'maybe')],
  },
  {
    number: 69,
    title: 'DATA between 1xx and the final head',
    answer: (connection) => {
      connection.sendHeaders(1, { ':status': 103 })
      connection.sendData(1, 'early')
      head(connection)
    },
    failure: [streamReset('PROTOCOL_ERROR'), violation('PROTOCOL_ERROR'), malformed('headers', 'maybe')],
  },
]

describe('bodies, trailers and interim responses', () => {
  for (const { number, title, answer, send, failure } of bodies) {
    fault(number, title, async () => {
      const scene = await stage.http2({ answer })
      const outcome = await scene.play(send)
      if (failure === null) {
        expect(failureOf(outcome)).toMatchObject({ status: expect.any(Number) })
        return
      }
      const possible = [failure].flat()
      const { name, code, phase } = failureOf(outcome) as Failure
      expectFailure(
        outcome,
        possible.find((one) => one.code === code && one.phase === phase) ?? (possible[0] as Failure),
      )
      if (name !== 'ProtocolError' || engine === 'wire') expect(scene.carriers('/probe')).toEqual([0])
    })
  }

  const tooMuch = (connection: RawConnection) => {
    head(connection, { 'content-length': 3 })
    connection.sendData(1, '12345', { endStream: true })
  }

  insteadOn('node', 61, 'content-length below the DATA', async () => {
    const scene = await stage.http2({ answer: tooMuch })
    const outcome = await scene.play()
    const { name } = failureOf(outcome) as Failure
    expectFailure(
      outcome,
      name === 'StreamError' ? streamReset('PROTOCOL_ERROR', 'body') : violation('PROTOCOL_ERROR', 'body'),
    )
  })

  faultOn(
    'wire',
    61,
    'content-length below the DATA: the connection survives',
    'Node ends the session',
    async () => {
      const scene = await stage.http2({ answer: tooMuch })
      expectFailure(await scene.play(), lengthMismatch)
      expect(scene.carriers('/probe')).toEqual([0])
    },
  )

  fault(65, 'frames for a stream that was reset: ignored, their credit returned', async () => {
    const scene = await stage.http2({
      client: { http2: { connectionWindowSize: 65_535, initialWindowSize: 65_535 } },
      answer: async (connection) => {
        await connection.expect('RST_STREAM', 1)
        connection.sendHeaders(1, { ':status': 200 })
        // Twice what the window holds at first, so that it ends in a violation if no credit comes back.
        for (let count = 0; count < 14; count += 1) {
          connection.sendRaw(dataOf(8000))
          await connection.barrier()
        }
      },
    })
    await scene.abandon()
    expectGood(await scene.send('/probe'))
    expect(scene.carriers('/probe')).toEqual([0])
    const credits = scene.connection(0).received.filter((frame) => frame.type === 'WINDOW_UPDATE')
    expect(credits.reduce((sum, { increment }) => sum + increment, 0)).toBeGreaterThan(60_000)
  })

  fault(67, 'trailers that were not declared come separately', async () => {
    const scene = await stage.http2({
      answer: (connection) =>
        connection.respond(1, {
          headers: { 'x-a': '1' },
          body: 'good',
          trailers: { 'x-a': '2', 'x-b': '3' },
        }),
    })
    const outcome = await scene.play()
    expect(outcome).toMatchObject({ rawHeaders: ['x-a', '1'], trailers: ['x-a', '2', 'x-b', '3'] })
  })

  fault(68, 'a flood of 20,000 interim responses', async () => {
    const scene = await stage.http2({
      answer: (connection) => {
        for (let count = 0; count < 20_000; count += 1)
          connection.sendHeaders(1, { ':status': 103, link: 'x' })
      },
    })
    const before = process.memoryUsage.rss()
    expectFailure(await scene.play(), malformed('headers', 'maybe'))
    // nghttp2 bears 10,000 of them for the stream that is gone, and then ends the session: nothing new goes there.
    expect(scene.carriers('/probe')).toEqual([1])
    await expectResetBy(scene.connection(0), 1, 'ENHANCE_YOUR_CALM')
    expect(process.memoryUsage.rss() - before).toBeLessThan(80e6)
  })

  fault(68, '20 interim responses are no flood', async () => {
    const seen: number[] = []
    const scene = await stage.http2({
      answer: async (connection, request) => {
        for (let count = 0; count < 20; count += 1) connection.sendHeaders(1, { ':status': 103, link: 'x' })
        await request.respond({ body: 'good' })
      },
    })
    expectGood(await scene.play({ onInformational: (code) => seen.push(code) }))
    expect(seen).toHaveLength(20)
  })

  fault(71, 'PUSH_PROMISE while push is off', async () => {
    const scene = await stage.http2({
      answer: async (connection) => {
        connection.sendPushPromise(1, 2, {
          ':method': 'GET',
          ':scheme': 'https',
          ':authority': 'localhost',
          ':path': '/pushed',
        })
        await connection.expectClose()
      },
    })
    expectFailure(await scene.play(), violation('PROTOCOL_ERROR'))
    expect(scene.carriers('/probe')).toEqual([1])
    expectGoAwayOf(scene.connection(0), 'PROTOCOL_ERROR')
  })
})

function dataOf(length: number): Buffer {
  return Buffer.concat([Buffer.of(0, length >> 8, length & 0xff, 0, 0, 0, 0, 0, 1), Buffer.alloc(length)])
}
