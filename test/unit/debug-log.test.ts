import { describe, expect, test } from 'vitest'
import { ConnectError } from '../../src/core/errors.ts'
import { EVENT_NAMES, type EventName, failureOf, type TrunklineEvents } from '../../src/core/events.ts'
import { lineOf } from '../../src/debug-log.ts'

/** Everything that any event has, with secrets wherever one could be. */
const SECRET = 'hunter2'
const error = failureOf(
  new ConnectError('ERR_TRUNKLINE_CONNECT_FAILED', `No way to https://a.test/x?key=${SECRET}.`),
)
const anything = {
  ...{ at: 1, clientId: 1, requestId: 2, attemptId: 3, dialId: 4, connectionId: 5, streamId: 7 },
  ...{
    correlationId: 'abc',
    method: 'GET',
    url: `https://a.test/x?token=${SECRET}`,
    origin: 'https://a.test',
  },
  ...{ headers: ['authorization', SECRET, 'cookie', SECRET, 'set-cookie', SECRET], status: 200 },
  ...{ protocol: 'h2', error, attempts: 2, redirects: 1, duration: 12.34, firstByte: 3, bytesReceived: 10 },
  ...{
    bytesSent: 20,
    number: 2,
    host: 'a.test',
    port: 443,
    proxy: 'http://proxy.test:8080',
    addresses: ['::1'],
  },
  ...{
    cached: true,
    address: '::1',
    servername: 'a.test',
    offered: ['h2'],
    resuming: true,
    withProxy: false,
    proxyDialId: 5,
    proxyConnectionId: null,
  },
  ...{ version: 'TLSv1.3', alpn: 'h2', resumed: true, tls: { version: 'TLSv1.3', resumed: true } },
  ...{ remoteAddress: '::1', dns: 1, connect: 1, handshake: 1, reason: 'idle', openStreams: 0, age: 99 },
  ...{ requests: 3, roundTrip: 1.5, lastStreamId: 3, http2Code: 0, debug: 'bye', attempt: 2, delay: 5 },
  ...{ from: `https://a.test/?a=${SECRET}&b`, to: `https://b.test/?a=${SECRET}`, direction: 'out' },
  ...{ type: 1, flags: 4, length: 100 },
}

function line(name: EventName, change: object = {}): string {
  return lineOf(name, { ...anything, ...change } as unknown as TrunklineEvents[typeof name])
}

describe('a line', () => {
  test.each(EVENT_NAMES)('of %s tells of it, in one line and without secrets', (name) => {
    const text = line(name, name === 'breaker' ? { from: 'closed', to: 'open' } : {})
    expect(text.startsWith(name)).toBe(true)
    expect(text.length).toBeGreaterThan(name.length + 5)
    expect(text).not.toMatch(/\n|undefined|null|NaN|\[object/)
    expect(text).not.toContain(SECRET)
  })

  test('says what went wrong; of errors that are not ours only their name', () => {
    expect(line('attempt:end')).toBe(
      'attempt:end         request 2 [abc] attempt 3 200 on connection 5 stream 7: ERR_TRUNKLINE_CONNECT_FAILED No way to https://a.test/x?….',
    )
    const foreign = { error: failureOf(new TypeError(SECRET)), status: null, connectionId: null }
    expect(line('attempt:end', foreign)).toBe('attempt:end         request 2 [abc] attempt 3 -: TypeError')
  })

  test('of a request without an id, a retry, or a redirect says no more than there is', () => {
    const plain = { correlationId: null, attempts: 1, redirects: 0, error: null }
    expect(line('request:end', plain)).toBe(
      'request:end         request 2 GET https://a.test/x?… 200 in 12.3 ms 20 B out 10 B in',
    )
  })
})

describe('failureOf', () => {
  test.each([
    [new TypeError('x'), 'TypeError', 'x'],
    ['text', 'Error', 'text'],
    [undefined, 'Error', 'undefined'],
    [null, 'Error', 'null'],
    [Symbol('s'), 'Error', 'Symbol(s)'],
    [Object.create(null), 'Error', '[object Object]'],
    [{ code: 'ECONNRESET', name: 'Odd', message: 7 }, 'Odd', '7'],
  ])('of %o', (thrown, code, message) => {
    expect(failureOf(thrown)).toEqual({ code, message, error: thrown })
  })
})
