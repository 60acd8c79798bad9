/** faults.md section 2 G, 155 to 159: what users hand over, aborts, Retry-After. */
import { getEventListeners } from 'node:events'
import { describe, expect } from 'vitest'
import type { FetchInit } from '../../../src/index.ts'
import { waitFor } from '../../support/wait-for.ts'
import { expectGood, failureOf } from './expectations.ts'
import { rejection, serving as serve } from './fetch-scene.ts'
import { type Http2Scene, type Http2SceneOptions, hold } from './http2-scene.ts'
import { type Outcome, settleDown } from './scene.ts'
import { fault, Stage } from './stage.ts'

const stage = new Stage()
const serving = serve(stage)

describe('what users hand over', () => {
  const badHeaders: readonly [title: string, headers: FetchInit['headers'] & object][] = [
    ['CR LF in a value', { 'x-a': 'a\r\nx-b: c' }],
    ['LF in a value', { 'x-a': 'a\nb' }],
    ['NUL in a value', { 'x-a': 'a\0b' }],
    ['a character above U+00FF in a value', { 'x-a': 'a\u20ac' }],
    ['a space in a name', { 'x a': 'b' }],
    ['CR LF in a name', { 'x\r\ny': 'b' }],
    ['an empty name', { '': 'b' }],
    ['a pseudo field', { ':path': '/other' }],
    [
      'content-length twice',
      [
        ['content-length', '1'],
        ['content-length', '2'],
      ],
    ],
    ['content-length that is no number', { 'content-length': '1x' }],
  ]
  for (const [title, headers] of badHeaders) {
    fault(155, `${title}: rejected before anything is sent`, async () => {
      const scene = await serving({})
      const outcome: Outcome = await scene.client
        .request(`${scene.origin}/`, { method: 'POST', body: 'x', headers })
        .then(
          () => ({ kind: 'error' as const, error: 'a response' }),
          (error: unknown) => ({ kind: 'error' as const, error }),
        )
      expect(failureOf(outcome)).toMatchObject({
        name: 'InvalidRequestError',
        processed: 'no',
        phase: 'validate',
      })
      expect(
        await rejection(scene.client.fetch(`${scene.origin}/`, { method: 'POST', body: 'x', headers })),
      ).toBeDefined()
      expect(scene.peer.tcpConnections).toBe(0)
    })
  }

  for (const method of ['GE T', 'GET\r\nx: y', '', 'CONNECT', 'TRACE', 'G\u00c9T']) {
    fault(155, `${JSON.stringify(method)} as the method is rejected before anything is sent`, async () => {
      const scene = await serving({})
      await expect(scene.client.request(`${scene.origin}/`, { method })).rejects.toMatchObject({
        code: 'ERR_TRUNKLINE_INVALID_METHOD',
      })
      expect(scene.peer.tcpConnections).toBe(0)
    })
  }

  fault(155, 'CR LF, NUL and spaces in a path travel encoded', async () => {
    const scene = await serving({})
    const response = await scene.client.request(`${scene.origin}/a\r\nb\0c d`)
    await response.body.discard()
    const [request] = scene.connection(0).received.filter((frame) => frame.type === 'HEADERS')
    expect(request).toMatchObject({ headers: expect.arrayContaining(['/ab%00c%20d']) })
  })

  fault(
    155,
    'a header section above what may be sent: a typed error, and the connection lives on',
    async () => {
      const scene = await serving({})
      const headers = Object.fromEntries(
        Array.from({ length: 100 }, (_, index) => [`x-${index}`, 'v'.repeat(2000)]),
      )
      const outcome = await scene.send('/', { method: 'POST', headers })
      if (outcome.kind === 'error')
        expect(failureOf(outcome)).toMatchObject({ code: expect.stringMatching(/^ERR_TRUNKLINE_/) })
      expectGood(await scene.send('/probe'))
    },
  )

  fault(156, 'user information and fragment are never sent; the authority is canonical', async () => {
    const scene = await serving({})
    const { port } = scene.peer
    const response = await scene.client.request(`https://user:secret@LOCALHOST:0${port}/path?q#fragment`)
    await response.body.discard()
    const [request] = scene.connection(0).received.filter((frame) => frame.type === 'HEADERS')
    const fields = JSON.stringify(request?.headers)
    expect(fields).not.toContain('secret')
    expect(fields).not.toContain('fragment')
    expect(request).toMatchObject({ headers: expect.arrayContaining([`localhost:${port}`, '/path?q']) })
    expectGood(await scene.send('/probe'))
    expect(scene.peer.tcpConnections).toBe(1)
  })
})

describe('aborts', () => {
  const reason = new Error('changed my mind')

  interface AbortCase {
    readonly title: string
    readonly scene: Http2SceneOptions
    /** When to abort, having sent. */
    when(scene: Http2Scene): Promise<unknown>
    readonly body?: () => AsyncIterable<string>
    /** RST_STREAM is due. */
    readonly reset?: boolean
  }

  async function* endless() {
    for (;;) {
      yield 'more'
      await settleDown(2)
    }
  }
  const held: Http2SceneOptions = { answer: (connection) => connection.expect('RST_STREAM', 1) }
  const stages: readonly AbortCase[] = [
    { title: 'before the dial', scene: {}, when: () => Promise.resolve() },
    {
      title: 'in the dial',
      scene: {
        beforeTls: (tcp, index) => (index === 0 ? hold(tcp) : undefined),
        isBad: () => false,
      },
      when: (scene) => waitFor(() => scene.peer.tcpConnections === 1),
    },
    {
      title: 'in the queue',
      scene: {
        settings: { MAX_CONCURRENT_STREAMS: 0 },
        answer: (connection) => {
          connection.sendReset(1, 'REFUSED_STREAM')
          connection.sendSettings({ MAX_CONCURRENT_STREAMS: 0 })
          setTimeout(() => connection.sendSettings({ MAX_CONCURRENT_STREAMS: 5 }), 150)
        },
      },
      when: (scene) => waitFor(() => scene.client.stats().queued === 1),
    },
    {
      title: 'after HEADERS',
      scene: held,
      when: (scene) => waitFor(() => scene.peer.requestCount === 1),
      reset: true,
    },
    {
      title: 'in the middle of the upload',
      scene: held,
      when: (scene) => waitFor(() => (scene.peer.connections[0]?.streams.request(1)?.bodyLength ?? 0) > 10),
      body: endless,
      reset: true,
    },
    {
      title: 'in the middle of the body',
      scene: {
        answer: async (connection) => {
          connection.sendHeaders(1, { ':status': 200 })
          connection.sendData(1, 'the first half')
          await connection.expect('RST_STREAM', 1)
        },
      },
      when: async (scene) => {
        await waitFor(() => scene.peer.requestCount === 1)
        await settleDown(50)
      },
      reset: true,
    },
  ]
  for (const { title, scene: options, when, body, reset } of stages) {
    fault(157, `${title}: the reason once, RST CANCEL if it was sent, no listener left`, async () => {
      const scene = await stage.http2(options)
      const abort = new AbortController()
      const init = { method: 'POST', signal: abort.signal, ...(body ? { body: body() } : {}) }
      let settled = 0
      const sending = readWhole(scene, init).finally(() => {
        settled += 1
      })
      const outcome = sending.catch((error: unknown) => error)
      await when(scene)
      abort.abort(reason)
      expect(await outcome).toBe(reason)
      expect(getEventListeners(abort.signal, 'abort')).toEqual([])
      expectGood(await scene.send('/probe'))
      expect(settled).toBe(1)
      if (!reset) return
      const frames = scene.connection(0).received.filter((frame) => frame.type === 'RST_STREAM')
      expect(frames.map(({ errorCode }) => errorCode)).toEqual(['CANCEL'])
    })
  }

  async function readWhole(scene: Http2Scene, init: object): Promise<string> {
    const response = await scene.client.request(`${scene.origin}/`, init)
    return response.body.text()
  }

  fault(157, 'after the end: nothing happens, and no listener is left', async () => {
    const scene = await stage.http2()
    const abort = new AbortController()
    expect(await readWhole(scene, { signal: abort.signal })).toBe('good')
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
    abort.abort(reason)
    expectGood(await scene.send('/probe'))
    expect(scene.connection(0).received.some((frame) => frame.type === 'RST_STREAM')).toBe(false)
  })

  fault(157, 'before the call: nothing is dialled', async () => {
    const scene = await stage.http2()
    await expect(readWhole(scene, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(scene.peer.tcpConnections).toBe(0)
  })

  fault(158, 'abort and response in one turn: exactly one outcome, 50 times', async () => {
    const scene = await stage.http2()
    for (let count = 0; count < 50; count += 1) {
      const abort = new AbortController()
      const outcomes: unknown[] = []
      const sending = readWhole(scene, { signal: abort.signal }).then(
        (text) => outcomes.push(text),
        (error: unknown) => outcomes.push(error),
      )
      if (count % 2 === 0) void waitFor(() => scene.peer.requestCount > count).then(() => abort.abort(reason))
      else setTimeout(() => abort.abort(reason), 0)
      await sending
      expect(outcomes).toHaveLength(1)
      expect(outcomes[0]).toBeOneOf(['good', reason])
    }
    expectGood(await scene.send('/probe'))
  })

  fault(158, 'abort in the very callback of the response', async () => {
    const scene = await stage.http2({
      answer: (connection) => {
        connection.sendHeaders(1, { ':status': 103 })
        connection.respond(1, { body: 'good' })
      },
    })
    const abort = new AbortController()
    const init = { signal: abort.signal, onInformational: () => abort.abort(reason) }
    await expect(readWhole(scene, init)).rejects.toBe(reason)
    expectGood(await scene.send('/probe'))
  })
})

describe('Retry-After', () => {
  const values = [
    '-5',
    '99999999999999999999',
    'soon',
    '',
    '1.5',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
  ]
  for (const value of values) {
    fault(159, `Retry-After: ${value}: neither a hot loop nor a wait without end`, async () => {
      const scene = await serving(
        { '/busy': () => ({ status: 503, headers: { 'retry-after': value }, body: 'busy' }) },
        {
          client: { retry: { statuses: [503], limit: 2, baseDelay: 20, maxDelay: 50, maxRetryAfter: 1000 } },
        },
      )
      const outcome = await scene.send('/busy')
      expect(outcome).toMatchObject({ status: 503, body: 'busy' })
      expect(scene.peer.requestCount).toBeLessThanOrEqual(3)
    })
  }
})
