/** Heads, statuses, interim responses, trailers: what a message is made of (RFC 9110 section 6). */
import { expect } from 'vitest'
import { type HeaderList, withoutHeaders } from '../../../src/core/headers.ts'
import type { RouteHandler } from '../../support/servers.ts'
import type { Cases } from '../context.ts'
import type { Wire } from '../wire.ts'

/** Fields as a server got them, without those that an engine makes. */
function callersFields(raw: readonly string[]): HeaderList {
  const ours = new Set(['host', 'connection', 'transfer-encoding', 'content-length'])
  return withoutHeaders(raw, (name) => name.startsWith(':') || ours.has(name.toLowerCase()))
}

/** Keeps the raw fields of each request. */
function keepFields(into: (readonly string[])[]): RouteHandler {
  return (request, response) => {
    into.push([...request.rawHeaders])
    request.resume().on('end', () => response.end('ok'))
  }
}

async function statusOf(wire: Wire, status: number): Promise<void> {
  const recording = await wire.request({ path: `/status/${status}` })
  expect([status, recording.status]).toEqual([status, status])
}

export const messageCases: Cases = {
  'a GET gets status, headers and body': async (context) => {
    const wire = await context.wireTo()
    const recording = await wire.request({ path: '/echo', headers: ['accept', 'text/x'] })
    expect(recording.calls).toEqual(['headers', 'data', 'end'])
    expect(recording.status).toBe(200)
    expect(recording.header('content-type')).toBe('application/json')
    const seen = JSON.parse(recording.text)
    expect(seen).toMatchObject({ method: 'GET', url: '/echo', headers: { accept: 'text/x' } })
  },

  'method, path and authority arrive as they were given': async (context) => {
    const seen: unknown[] = []
    const wire = await context.wireTo((request, response) => {
      const authority = request.headers.host ?? request.headers[':authority']
      seen.push([request.method, request.url, authority])
      response.end()
    })
    await wire.request({ method: 'DELETE', path: '/a%20b?c=d&e=%2F' })
    expect(seen).toEqual([['DELETE', '/a%20b?c=d&e=%2F', wire.authority]])
  },

  'names of response fields are lower-case': async (context) => {
    const wire = await context.wireTo((_request, response) => {
      response.setHeader('X-Mixed-Case', 'Value Stays')
      response.end()
    })
    const { headers } = await wire.request()
    expect(headers).toContain('x-mixed-case')
    expect(headers[headers.indexOf('x-mixed-case') + 1]).toBe('Value Stays')
  },

  'repeated request fields and cookies keep their order': async (context) => {
    const seen: (readonly string[])[] = []
    const wire = await context.wireTo(keepFields(seen))
    const headers = ['x-a', '1', 'cookie', 'a=1', 'x-b', '2', 'x-a', '3', 'cookie', 'b=2', 'accept', '*/*']
    await wire.request({ headers })
    expect(callersFields(seen[0] ?? [])).toEqual(headers)
  },

  'repeated response fields and cookies keep their order': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open()
    const request = await peer.request()
    const headers = ['set-cookie', 'a=1', 'x-a', '1', 'set-cookie', 'b=2', 'x-b', '2', 'x-a', '3']
    request.head(200, headers)
    request.end()
    await recording.complete()
    expect(callersFields(recording.headers)).toEqual(headers)
  },

  'fields that belong to the connection never go out': async (context) => {
    const seen: (readonly string[])[] = []
    const wire = await context.wireTo(keepFields(seen))
    const theirs = [
      'connection',
      'x-secret, close',
      'keep-alive',
      'timeout=1',
      'proxy-connection',
      'keep-alive',
    ]
    const more = ['upgrade', 'websocket', 'host', 'evil.test', 'te', 'gzip', 'transfer-encoding', 'gzip']
    await wire.request({ headers: [...theirs, 'x-mine', '1', ...more] })
    const text = (seen[0] ?? []).join('\n')
    for (const value of ['x-secret', 'timeout=1', 'websocket', 'evil.test', 'gzip', 'proxy-connection']) {
      expect(text).not.toContain(value)
    }
    expect(callersFields(seen[0] ?? [])).toEqual(['x-mine', '1'])
    await wire.request()
  },

  'TE: trailers goes out': async (context) => {
    const seen: (readonly string[])[] = []
    const wire = await context.wireTo(keepFields(seen))
    await wire.request({ headers: ['te', 'trailers'] })
    expect(callersFields(seen[0] ?? [])).toEqual(['te', 'trailers'])
    await wire.request()
  },

  'statuses from 200 to 599 are responses like any other': async (context) => {
    const wire = await context.wireTo()
    for (const status of [200, 201, 299, 301, 400, 404, 418, 421, 500, 503, 599]) await statusOf(wire, status)
  },

  'HEAD gets the headers of a body and no body': async (context) => {
    const wire = await context.wireTo((_request, response) => {
      response.writeHead(200, { 'content-length': '1234' })
      response.end()
    })
    const recording = await wire.request({ method: 'HEAD' })
    expect(recording.calls).toEqual(['headers', 'end'])
    expect(recording.header('content-length')).toBe('1234')
    expect((await wire.request({ method: 'HEAD' })).status).toBe(200)
  },

  '204, 205 and 304 have no body': async (context) => {
    const wire = await context.wireTo()
    for (const status of [204, 205, 304]) {
      const recording = await wire.request({ path: `/status/${status}` })
      expect([status, recording.status, recording.calls]).toEqual([status, status, ['headers', 'end']])
    }
    expect((await wire.request()).status).toBe(200)
  },

  'interim responses come before the response': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open()
    const request = await peer.request()
    request.interim(103, ['link', '</a.css>; rel=preload', 'link', '</b.js>; rel=preload'])
    request.interim(102)
    request.head(200, ['x-final', 'yes'])
    request.data('body')
    request.end()
    await recording.complete()
    expect(recording.calls).toEqual(['informational', 'informational', 'headers', 'data', 'end'])
    expect(recording.informational.map(({ status }) => status)).toEqual([103, 102])
    expect(callersFields(recording.informational[0]?.headers ?? [])).toEqual([
      'link',
      '</a.css>; rel=preload',
      'link',
      '</b.js>; rel=preload',
    ])
    expect([recording.status, recording.header('x-final'), recording.text]).toEqual([200, 'yes', 'body'])
  },

  '100 Continue is an interim response': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open({ method: 'POST', body: 'data', headers: ['expect', '100-continue'] })
    const request = await peer.request()
    request.interim(100)
    await recording.until('informational')
    expect(recording.informational.map(({ status }) => status)).toEqual([100])
    recording.exchange.write(Buffer.from('now'))
    recording.exchange.end()
    request.head(200)
    request.end()
    expect((await recording.complete()).status).toBe(200)
  },

  'interim responses without end are an error': async (context) => {
    const { wire, peer } = await context.pair({ maxInformational: 5 })
    const recording = wire.open()
    const request = await peer.request()
    for (let count = 0; count < 6; count += 1) request.interim(103)
    const error = await recording.failed()
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_MALFORMED_RESPONSE', processed: 'maybe' })
    expect(recording.informational.length).toBe(5)
    await request.expectAbandoned()
  },

  'response headers of any ordinary size arrive': async (context) => {
    const wire = await context.wireTo()
    for (const size of [100, 10_000, 20_000, 50_000]) {
      const recording = await wire.request({ path: `/large-headers/${size}` })
      expect(recording.header('x-large')?.length).toBe(size)
    }
  },

  'response headers above the limit are an error': async (context) => {
    const server = await context.serve()
    const wire = await context.connect(server.origin, { maxHeaderListSize: 8 * 1024 })
    expect((await wire.request({ path: '/large-headers/7000' })).status).toBe(200)
    await wire.untilFree()
    const error = await wire.open({ path: '/large-headers/9000' }).failed()
    expect(error.code).toBe('ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE')
  },

  'response trailers come after the body': async (context) => {
    const wire = await context.wireTo()
    const recording = await wire.request({ path: '/trailers' })
    expect(recording.calls).toEqual(['headers', 'data', 'trailers', 'end'])
    expect(recording.text).toBe('body before trailers')
    expect(recording.trailers).toEqual(['x-trailer', 'yes', 'x-checksum', '0'])
  },

  'request trailers arrive, with and without a body': async (context) => {
    const seen: unknown[] = []
    const wire = await context.wireTo((request, response) => {
      request.resume().on('end', () => {
        seen.push(callersFields(request.rawTrailers))
        response.end()
      })
    })
    for (const chunk of ['body', '']) {
      await wire.untilFree()
      const recording = wire.open({ method: 'POST', body: 'data-and-trailers' })
      if (chunk !== '') recording.exchange.write(Buffer.from(chunk))
      recording.exchange.end(['x-sum', '1', 'x-other', 'two'])
      await recording.complete()
    }
    expect(seen).toEqual([
      ['x-sum', '1', 'x-other', 'two'],
      ['x-sum', '1', 'x-other', 'two'],
    ])
  },

  'a request whose fields are not valid is refused, and takes no slot': async (context) => {
    const wire = await context.wireTo()
    const slots = wire.connection.slots
    const error = wire.openError({ headers: ['x-bad', 'a\r\nx-smuggled: 1'] })
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_HEADER', processed: 'no' })
    expect([wire.connection.slots, wire.connection.openExchanges]).toEqual([slots, 0])
    expect((await wire.request()).status).toBe(200)
  },
}
