/** faults.md section 2 A, 17 to 25: the first frames of HTTP/2, and dials that many wait for. */
import type { Duplex } from 'node:stream'
import { describe, expect } from 'vitest'
import { TestProxy, type TestProxyOptions } from '../../support/proxy.ts'
import { waitFor } from '../../support/wait-for.ts'
import { destroyAfterHandshake } from './builtins.ts'
import {
  connectFailed,
  connectionLost,
  connectionOf,
  expectFailure,
  expectGood,
  failureOf,
  timedOut,
  violationWithHiddenCode,
} from './expectations.ts'
import { goodResponse } from './http2-scene.ts'
import { settleDown } from './scene.ts'
import { fault, Stage } from './stage.ts'

const stage = new Stage()

describe('the first frames', () => {
  const http2 = { settingsTimeout: 200 }

  fault(17, 'h2 is agreed, and the server is silent', async () => {
    const scene = await stage.http2({ client: { http2 }, bad: (connection) => void connection.received })
    expectFailure(
      await scene.play({ method: 'POST' }),
      timedOut('ERR_TRUNKLINE_SETTINGS_TIMEOUT', 'settings', 'maybe'),
    )
    expect(scene.carriers('/fault')).toEqual([0])
  })

  fault(17, 'h2 is agreed, the server is silent, and several wait: each one is settled', async () => {
    const scene = await stage.http2({ client: { http2 }, bad: (connection) => void connection.received })
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => scene.send('/', { method: 'POST' })))
    // One request went out; the others waited for SETTINGS, and were not sent: they may go elsewhere.
    expectFailure(outcomes[0] as never, timedOut('ERR_TRUNKLINE_SETTINGS_TIMEOUT', 'settings', 'maybe'))
    for (const outcome of outcomes.slice(1)) expect(connectionOf(outcome)).toBe(1)
  })

  const notHttp2: readonly [number: number, title: string, bytes: string | Buffer][] = [
    [18, 'h2 is agreed, HTTP/1.1 is spoken', 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'],
    [18, 'h2 is agreed, HTTP/1.1 is spoken without an end', 'HTTP/1.1 '],
    [19, 'the first frame is PING', Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])],
    [19, 'the first frame is HEADERS', Buffer.from([0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88])],
    [19, 'the first frame is a SETTINGS ACK', Buffer.from([0, 0, 0, 4, 1, 0, 0, 0, 0])],
  ]
  for (const [number, title, bytes] of notHttp2) {
    fault(number, title, async () => {
      const scene = await stage.http2({
        bad: async (connection) => {
          connection.sendRaw(bytes)
          await connection.expectClose()
        },
      })
      expectFailure(await scene.play({ method: 'POST' }), violationWithHiddenCode('FRAME_SIZE_ERROR'))
      expect(scene.carriers('/probe')).toEqual([1])
    })
  }

  fault(20, 'FIN right after the handshake: a GET is sent again', async () => {
    const scene = await stage.http2({ bad: (connection) => connection.fin() })
    expect(connectionOf(await scene.play())).toBe(1)
  })

  fault(
    20,
    'FIN right after the handshake: a POST is sent again only if nothing of it was sent',
    async () => {
      const scene = await stage.http2({ bad: (connection) => connection.fin() })
      const outcome = await scene.play({ method: 'POST', body: 'x' })
      if (outcome.kind === 'error') expectFailure(outcome, connectionLost())
      else expect(scene.carriers('/fault')).toEqual([1])
    },
  )

  fault(20, 'the socket dies in the turn of its handshake, before the engine has it', async () => {
    const scene = await stage.http2({ isBad: () => false })
    const restore = destroyAfterHandshake()
    stage.add(restore)
    const outcome = await scene.send('/', { method: 'POST', body: 'x' })
    restore()
    expect(failureOf(outcome)).toMatchObject({ processed: 'no' })
    expectGood(await scene.send('/probe'))
  })

  fault(21, 'SETTINGS, then RST before any response: a GET is sent again', async () => {
    const scene = await stage.http2({ answer: (connection) => connection.reset() })
    expect(connectionOf(await scene.play())).toBe(1)
  })

  fault(21, 'SETTINGS, then RST before any response: a POST is not', async () => {
    const scene = await stage.http2({ answer: (connection) => connection.reset() })
    expectFailure(await scene.play({ method: 'POST', body: 'x' }), connectionLost())
    expect(scene.carriers('/fault')).toEqual([0])
  })

  fault(22, 'our SETTINGS are never acknowledged', async () => {
    const scene = await stage.http2({
      client: { http2 },
      bad: async (connection) => {
        await connection.preface({ withholdAck: true })
        connection.autoRespond((request) =>
          request.path === '/' ? undefined : goodResponse(request, connection),
        )
      },
    })
    const outcome = await scene.send('/', { method: 'POST', deadline: 1500 })
    expectFailure(outcome, timedOut('ERR_TRUNKLINE_SETTINGS_TIMEOUT', 'settings', 'maybe'))
    expectGood(await scene.send('/probe'))
  })
})

function sayAndWait(end: Duplex, text: string | null): 'handled' {
  if (text !== null) end.write(text)
  return 'handled'
}

describe('dials', () => {
  const answers: readonly [title: string, answer: NonNullable<TestProxyOptions['answer']>][] = [
    ['407', () => 407],
    ['502', () => 502],
    ['nothing', () => 'handled'],
    ['garbage', (_ask, _index, end) => sayAndWait(end, 'SSH-2.0-OpenSSH_9.2\r\n')],
    ['an end', (_ask, _index, end) => sayAndWait(end.end(), null)],
  ]
  for (const [title, answer] of answers) {
    fault(23, `a CONNECT proxy that answers ${title}`, async () => {
      const proxy = await TestProxy.start({
        answer: (ask, index, end) => (index === 0 ? answer(ask, index, end) : undefined),
      })
      stage.add(() => proxy.close())
      const scene = await stage.http2({
        client: { proxy: proxy.urlWith('user:s3cret'), timeouts: { proxy: 200 } },
        isBad: () => false,
      })
      const error = failureOf(await scene.play({ method: 'POST', body: 'x' }))
      expect(error).toMatchObject({
        code: title === 'nothing' ? 'ERR_TRUNKLINE_PROXY_TIMEOUT' : 'ERR_TRUNKLINE_PROXY_FAILED',
        phase: 'proxy',
        processed: 'no',
      })
      expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain('s3cret')
      expect(scene.peer.tcpConnections).toBe(1)
    })
  }

  fault(23, 'a CONNECT proxy that says something behind its 200, too early', async () => {
    const proxy = await TestProxy.start({
      answer: (_ask, index, end) =>
        index === 0 ? sayAndWait(end, 'HTTP/1.1 200 OK\r\n\r\nearly') : undefined,
    })
    stage.add(() => proxy.close())
    const scene = await stage.http2({ client: { proxy: proxy.url }, isBad: () => false })
    expectFailure(
      await scene.play({ method: 'POST', body: 'x' }),
      connectFailed('ERR_TRUNKLINE_TLS_FAILED', 'tls'),
    )
  })

  fault(24, '200 wait for one dial, which fails: each settles once, with few dials', async () => {
    const scene = await stage.http2({
      beforeTls: (tcp, index) => {
        if (index > 0) return undefined
        tcp.resume()
        setTimeout(() => tcp.destroy(), 50)
        return 'handled'
      },
      isBad: () => false,
    })
    let settled = 0
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () =>
        scene.send('/', { method: 'POST', body: 'x' }).finally(() => {
          settled += 1
        }),
      ),
    )
    for (const outcome of outcomes)
      if (outcome.kind === 'error') expectFailure(outcome, connectFailed('ERR_TRUNKLINE_TLS_FAILED', 'tls'))
    expect(settled).toBe(200)
    expect(scene.peer.tcpConnections).toBeLessThanOrEqual(4)
    expectGood(await scene.send('/probe'))
  })

  fault(24, '200 wait for dials that fail for ever: bounded', async () => {
    const scene = await stage.http2({
      beforeTls: (tcp) => {
        tcp.resume()
        tcp.destroy()
        return 'handled'
      },
    })
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => scene.send('/', { method: 'POST' })))
    for (const outcome of outcomes)
      expect(failureOf(outcome)).toMatchObject({ name: 'ConnectError', processed: 'no' })
    await settleDown(50)
    expect(scene.peer.tcpConnections).toBeLessThanOrEqual(8)
  })

  for (const phase of ['TCP', 'TLS'] as const) {
    fault(25, `the only one who waits gives up during ${phase}: nothing is left`, async () => {
      const reason = new Error('no longer')
      const scene = await stage.http2({
        beforeTls: (tcp, index) => {
          if (phase === 'TCP' || index > 0) return undefined
          tcp.resume()
          return 'handled'
        },
        isBad: () => false,
      })
      const abort = new AbortController()
      const sending = scene.send('/', { signal: abort.signal })
      if (phase === 'TLS') await waitFor(() => scene.peer.tcpConnections === 1)
      abort.abort(reason)
      expect(await sending).toEqual({ kind: 'error', error: reason })
      await waitFor(() => scene.peer.counts.openConnections === 0)
      expect(scene.client.stats()).toMatchObject({ connections: 0, queued: 0, active: 0 })
      expectGood(await scene.send('/probe'))
    })
  }
})
