/** What only HTTP/1.1 has: one request at a time, persistence, and bytes that nobody asked for (RFC 9112). */
import { expect } from 'vitest'
import type { RawHttp1Connection } from '../../support/raw-http1-connection.ts'
import { startH1Server } from '../../support/servers.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'
import type { Cases, Context } from '../context.ts'
import type { Recording } from '../recording.ts'
import type { RequestParts, Wire } from '../wire.ts'

const UNUSABLE = { code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE', processed: 'no' }

/** One exchange in which the server answers with exactly these bytes. */
export async function answered(
  context: Context,
  bytes: string,
  parts: RequestParts = {},
): Promise<{ wire: Wire; server: RawHttp1Connection; recording: Recording }> {
  const { wire, server } = await context.http1Pair()
  const recording = wire.open(parts)
  await server.expectHead()
  server.send(bytes)
  return { wire, server, recording }
}

/** The request as it came, for an exchange that is answered at once. */
async function sent(context: Context, parts: RequestParts, body: (recording: Recording) => void = () => {}) {
  const { wire, server } = await context.http1Pair()
  server.autoRespond()
  const recording = wire.open(parts)
  body(recording)
  await recording.complete()
  return server.received
}

async function expectNotReused(wire: Wire): Promise<void> {
  await waitFor(() => wire.connection.state === 'closed', { message: 'the connection to be closed' })
  expect(wire.openError()).toMatchObject(UNUSABLE)
}

export const http1Cases: Cases = {
  'a request is exactly these bytes': async (context) => {
    const text = await sent(context, { path: '/a?b', headers: ['accept', '*/*', 'content-length', '5'] })
    const host = /host: (localhost:\d+)/.exec(text)?.[1]
    expect(text).toBe(`GET /a?b HTTP/1.1\r\nhost: ${host}\r\naccept: */*\r\nconnection: keep-alive\r\n\r\n`)
  },

  'methods that anticipate a body say that there is none': async (context) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']) {
      expect(await sent(context, { method })).toContain('\r\ncontent-length: 0\r\n')
    }
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'MKCOL']) {
      expect(await sent(context, { method })).not.toMatch(/content-length|transfer-encoding/i)
    }
  },

  'a body without a length is chunked, and one with a length is not': async (context) => {
    const write = ({ exchange }: Recording) => {
      exchange.write(Buffer.from('abc'))
      exchange.end()
    }
    for (const method of ['POST', 'GET', 'DELETE', 'PROPFIND']) {
      const chunked = await sent(context, { method, body: 'data' }, write)
      expect(chunked).toMatch(/\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/)
      expect(chunked).not.toContain('content-length')
      const counted = await sent(context, { method, body: 'data', headers: ['content-length', '3'] }, write)
      expect(counted).toMatch(/\r\ncontent-length: 3\r\n\r\nabc$/)
      expect(counted).not.toContain('transfer-encoding')
    }
  },

  'a body with trailers is chunked whatever length it has': async (context) => {
    const parts = {
      method: 'POST',
      body: 'data-and-trailers',
      headers: ['content-length', '3', 'trailer', 'x-sum'],
    } as const
    const text = await sent(context, parts, ({ exchange }) => {
      exchange.write(Buffer.from('abc'))
      exchange.end(['x-sum', '9', 'content-length', '99', 'transfer-encoding', 'x', 'host', 'evil.test'])
    })
    expect(text).toMatch(/\r\ntrailer: x-sum\r\n/)
    expect(text).toMatch(/\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 9\r\n\r\n$/)
    expect(text).not.toMatch(/content-length|evil/)
  },

  'trailers of a body with a length have no place, and are left out': async (context) => {
    const parts = { method: 'POST', body: 'data', headers: ['content-length', '3'] } as const
    const text = await sent(context, parts, ({ exchange }) => {
      exchange.write(Buffer.from('abc'))
      exchange.end(['x-sum', '9'])
    })
    expect(text).toMatch(/\r\n\r\nabc$/)
  },

  'header values are latin1 on the wire, both ways': async (context) => {
    for (const body of ['none', 'data'] as const) {
      const parts = { method: 'POST', body, headers: ['x-name', 'caf\u00e9 \u00ff'] }
      const { wire, server } = await context.http1Pair()
      const recording = wire.open(parts)
      recording.exchange.end()
      await server.expectRequest()
      expect(server.received).toContain('\r\nx-name: caf\u00e9 \u00ff\r\n')
      server.send('HTTP/1.1 200 OK\r\nx-name: \u00e9\u00ff\r\ncontent-length: 0\r\n\r\n')
      expect((await recording.complete()).header('x-name')).toBe('\u00e9\u00ff')
    }
  },

  'plain TCP works as TLS does': async (context) => {
    const server = await startH1Server({ plain: true })
    context.defer(() => server.teardown())
    const wire = await context.connect(server.origin)
    for (let count = 0; count < 3; count += 1) {
      expect((await wire.request({ path: '/bytes/1000' })).bytes).toBe(1000)
    }
    expect(server.counts.tcpConnections).toBe(1)
  },

  'Connection: close is the last response': async (context) => {
    const head = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n'
    const { wire, server, recording } = await answered(context, head)
    await recording.until('headers')
    expect(wire.connection.state).toBe('draining')
    expect([wire.calls, wire.goAway]).toEqual([['ready', 'draining'], null])
    server.send('body')
    expect((await recording.complete()).text).toBe('body')
    expect(await wire.untilClosed()).toBeNull()
    expect(wire.count('slots')).toBe(0)
  },

  'HTTP/1.0 ends with its response, unless it says otherwise': async (context) => {
    const once = await answered(context, 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    expect((await once.recording.complete()).text).toBe('hi')
    expect(await once.wire.untilClosed()).toBeNull()
    const kept = await answered(
      context,
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi',
    )
    await kept.recording.complete()
    await kept.wire.untilFree()
    kept.server.autoRespond()
    expect((await kept.wire.request()).status).toBe(200)
    const doubtful = await answered(
      context,
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    )
    expect((await doubtful.recording.complete()).text).toBe('hi')
    expect(await doubtful.wire.untilClosed()).toBeNull()
  },

  'a body without a length ends with the connection': async (context) => {
    const { wire, server, recording } = await answered(context, 'HTTP/1.1 200 OK\r\n\r\nuntil the')
    await recording.until('data')
    expect(wire.connection.state).toBe('draining')
    server.send(' end')
    server.fin()
    expect((await recording.complete()).text).toBe('until the end')
    expect(await wire.untilClosed()).toBeNull()
  },

  'a body without a length that is reset is an error': async (context) => {
    const { server, recording } = await answered(context, 'HTTP/1.1 200 OK\r\n\r\nuntil the')
    await recording.until('data')
    server.reset()
    expect(await recording.failed()).toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_LOST',
      processed: 'yes',
    })
  },

  'Keep-Alive: timeout closes the idle connection before the server does': async (context) => {
    const head = 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2, max=9\r\nContent-Length: 0\r\n\r\n'
    const { wire, server, recording } = await answered(context, head)
    await recording.complete()
    await wire.untilFree()
    const idleSince = performance.now()
    expect(await wire.untilClosed(3000)).toBeNull()
    expect(performance.now() - idleSince).toBeGreaterThan(900)
    expect(await server.expectClose()).toBe('fin')
  },

  'Keep-Alive: timeout does not end a request': async (context) => {
    const head = 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 0\r\n\r\n'
    const { wire, server, recording } = await answered(context, head)
    await recording.complete()
    await wire.untilFree()
    const slow = wire.open()
    await server.expectHead()
    await sleep(1300)
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    expect((await slow.complete()).status).toBe(200)
    // Nor does what an earlier response said end a connection of which the last one said nothing.
    await sleep(1300)
    expect([wire.connection.state, wire.connection.slots]).toEqual(['open', 1])
  },

  'a connection that the server keeps for a second is not used again': async (context) => {
    const head = 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n'
    const { wire, recording } = await answered(context, head)
    await recording.complete()
    expect(wire.count('draining')).toBe(1)
    expect(await wire.untilClosed()).toBeNull()
  },

  'bytes on a connection that was never used close it': async (context) => {
    const { wire, server } = await context.http1Pair()
    server.send('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n')
    expect(await wire.untilClosed()).toMatchObject({ code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION' })
    expect(wire.openError()).toMatchObject(UNUSABLE)
  },

  'a reset of a connection that was never used says so': async (context) => {
    const { wire, server } = await context.http1Pair()
    server.reset()
    const error = await wire.untilClosed()
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_CONNECTION_LOST', processed: 'no' })
    expect(error?.cause).toMatchObject({ code: 'ECONNRESET' })
  },

  'bytes on an idle connection close it, and answer no later request': async (context) => {
    const { wire, server, recording } = await answered(
      context,
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    )
    await recording.complete()
    await wire.untilFree()
    server.send('HTTP/1.1 200 OK\r\nX-Poison: 1\r\nContent-Length: 0\r\n\r\n')
    expect(await wire.untilClosed()).toMatchObject({ code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION' })
    expect(wire.openError()).toMatchObject(UNUSABLE)
  },

  'a second response in the same packet answers nothing': async (context) => {
    const response = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none'
    const { wire, recording } = await answered(context, response + response.replace('one', 'two'))
    expect((await recording.complete()).text).toBe('one')
    await expectNotReused(wire)
  },

  'bytes behind a whole response that waits to be read close the connection': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open({}, { onHeaders: ({ exchange }) => exchange.pause() })
    await server.expectHead()
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none')
    await recording.until('headers')
    await sleep(30)
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo')
    await server.expectClose()
    recording.exchange.resume()
    expect((await recording.complete()).text).toBe('one')
    expect(await wire.untilClosed()).toMatchObject({ code: 'ERR_TRUNKLINE_PROTOCOL_VIOLATION' })
  },

  'a body where none may be is not read, and the connection is not used again': async (context) => {
    const cases = [
      ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
      ['GET', 'HTTP/1.1 204 No Content\r\n\r\nhello'],
      ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello'],
      ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello'],
    ] as const
    for (const [method, bytes] of cases) {
      const { wire, recording } = await answered(context, bytes, { method })
      await recording.complete()
      expect(recording.text).toBe(bytes.includes('200 OK') && method === 'GET' ? 'he' : '')
      await expectNotReused(wire)
    }
  },

  'a whole response is read after the server closed': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open({}, { onHeaders: ({ exchange }) => exchange.pause() })
    await server.expectHead()
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole')
    server.fin()
    await recording.until('headers')
    await server.expectClose()
    await sleep(20)
    expect([recording.isOver, wire.closedBy]).toEqual([false, undefined])
    recording.exchange.resume()
    expect((await recording.complete()).text).toBe('whole')
    expect(await wire.untilClosed()).toBeNull()
  },

  'a whole response that is given up unread does not cost the connection': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open({}, { onHeaders: ({ exchange }) => exchange.pause() })
    await server.expectHead()
    server.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole')
    await recording.until('headers')
    await sleep(20)
    recording.reset()
    await wire.untilFree()
    server.autoRespond()
    expect((await wire.request()).status).toBe(200)
    expect(recording.calls).toEqual(['headers'])
  },

  'an upload that the server answers and does not read costs the connection': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open({ method: 'POST', body: 'data' })
    await server.expectHead()
    server.transport.socket.pause()
    for (let count = 0; count < 32; count += 1) recording.exchange.write(Buffer.alloc(1024 * 1024))
    recording.exchange.end()
    server.send('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n')
    expect((await recording.complete()).status).toBe(413)
    expect(await wire.untilClosed()).toBeNull()
  },

  'a body longer or shorter than its content-length is never sent as a whole': async (context) => {
    for (const text of ['abcd', 'ab']) {
      const { wire, server } = await context.http1Pair()
      const recording = wire.open({ method: 'POST', body: 'data', headers: ['content-length', '3'] })
      recording.exchange.write(Buffer.from(text))
      recording.exchange.end()
      expect(await recording.failed()).toMatchObject({ code: 'ERR_TRUNKLINE_REQUEST_BODY_FAILED' })
      await server.expectClose()
      expect(server.requests).toEqual([])
      await wire.untilClosed()
    }
  },

  'a request that no HTTP/1.1 can carry is refused, and takes no slot': async (context) => {
    const { wire, server } = await context.http1Pair()
    const refused: [RequestParts, string][] = [
      [{ method: 'GE T' }, 'ERR_TRUNKLINE_INVALID_METHOD'],
      [{ method: 'CONNECT' }, 'ERR_TRUNKLINE_INVALID_METHOD'],
      [{ path: '/a b' }, 'ERR_TRUNKLINE_INVALID_URL'],
      [{ path: '/a\r\nx: y' }, 'ERR_TRUNKLINE_INVALID_URL'],
      [{ headers: ['x y', '1'] }, 'ERR_TRUNKLINE_INVALID_HEADER'],
      [{ headers: ['x', 'a\nb'] }, 'ERR_TRUNKLINE_INVALID_HEADER'],
      [{ headers: ['x', '\u0141'] }, 'ERR_TRUNKLINE_INVALID_HEADER'],
      [{ body: 'data', headers: ['content-length', '1, 2'] }, 'ERR_TRUNKLINE_INVALID_HEADER'],
    ]
    for (const [parts, code] of refused) {
      expect(wire.openError(parts)).toMatchObject({ code, processed: 'no' })
      expect([wire.connection.slots, wire.connection.openExchanges]).toEqual([1, 0])
    }
    server.autoRespond()
    await wire.request()
    expect(server.requests.length).toBe(1)
  },

  'trailers that cannot be sent fail the request': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open({ method: 'POST', body: 'data-and-trailers' })
    recording.exchange.end(['x-bad', 'a\r\nb'])
    expect(await recording.failed()).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_HEADER' })
    await server.expectClose()
    expect(server.requests).toEqual([])
  },

  'a socket that dies in the tick of open leaves the request unsent': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open({ method: 'POST' })
    wire.socket.destroy()
    expect(await recording.failed()).toMatchObject(UNUSABLE)
    await server.expectClose()
    expect(server.received).toBe('')
  },

  'a response that trickles in is the same response': async (context) => {
    const { wire, server } = await context.http1Pair()
    const recording = wire.open()
    await server.expectHead()
    await server.drip(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n',
    )
    await recording.complete()
    expect([recording.text, recording.header('x-a'), recording.trailers]).toEqual(['abc', 'b', ['x-t', '1']])
    await wire.untilFree()
  },

  'ping rejects: HTTP/1.1 has none': async (context) => {
    const wire = await context.wireTo()
    await expect(wire.connection.ping()).rejects.toMatchObject({
      code: 'ERR_TRUNKLINE_CONNECTION_UNUSABLE',
      message: expect.stringContaining('HTTP/1.1 has no PING'),
    })
  },
}
