/** Responses that are no HTTP/1.1: where a message ends must never be a matter of opinion (RFC 9112 section 6). */
import { expect } from 'vitest'
import { waitFor } from '../../support/wait-for.ts'
import type { Cases, Context } from '../context.ts'
import { answered } from './http1.ts'

const OK = 'HTTP/1.1 200 OK\r\n'
const MALFORMED = 'ERR_TRUNKLINE_MALFORMED_RESPONSE'
const TOO_LARGE = 'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE'
const LOST = 'ERR_TRUNKLINE_CONNECTION_LOST'

/** Each is answered in full, and the connection ends behind it, so that waiting for more helps nobody. */
async function expectError(context: Context, bytes: string, code: string): Promise<void> {
  const { wire, server, recording } = await answered(context, bytes)
  // A parse error closes the connection by itself; only what looks unfinished needs the server's FIN.
  if (code === LOST) server.fin()
  const error = await recording.failed()
  expect([bytes.slice(0, 200), error.code]).toEqual([bytes.slice(0, 200), code])
  expect(error.processed).toBe(recording.status === null ? 'maybe' : 'yes')
  expect(error.cause === undefined || error.cause instanceof Error).toBe(true)
  await server.expectClose()
  await waitFor(() => wire.connection.state === 'closed')
}

async function expectErrors(context: Context, code: string, messages: readonly string[]): Promise<void> {
  for (const bytes of messages) await expectError(context, bytes, code)
}

function fields(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\r\n`).join('')
}

export const http1FramingCases: Cases = {
  'two ideas of the length are an error': (context) =>
    expectErrors(context, MALFORMED, [
      `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
      `${OK}Content-Length: 5, 6\r\n\r\nhello`,
    ]),

  'a length that is no number is an error': (context) =>
    expectErrors(
      context,
      MALFORMED,
      ['+5', '-5', '5x', '0x5', '5 5', '5.0', '99999999999999999999999'].map(
        (length) => `${OK}Content-Length: ${length}\r\n\r\nhello`,
      ),
    ),

  'a transfer coding other than chunked is an error': (context) =>
    expectErrors(
      context,
      MALFORMED,
      ['gzip, chunked', 'gzip', 'chunked, gzip', 'x', 'chunked, chunked', 'xchunked'].map(
        (coding) => `${OK}Transfer-Encoding: ${coding}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      ),
    ),

  'a broken chunk is an error': (context) =>
    expectErrors(
      context,
      MALFORMED,
      [
        'zz\r\nhello\r\n0\r\n\r\n',
        'fffffffffffffffff\r\nhello',
        '5\r\nhelloXX0\r\n\r\n',
        '-1\r\n\r\n',
        '5\nhello\n0\n\n',
      ].map((chunks) => `${OK}Transfer-Encoding: chunked\r\n\r\n${chunks}`),
    ),

  'a broken head is an error': (context) =>
    expectErrors(context, MALFORMED, [
      'Not HTTP at all\r\n\r\n',
      'HTTP/2.0 200 OK\r\n\r\n',
      'HTTP/1.1 2000 OK\r\n\r\n',
      'HTTP/1.1 99 OK\r\n\r\n',
      'HTTP/1.1 099 OK\r\n\r\n',
      `HTTP/1.1 200 OK\nX: y\n\n`,
      `${OK}Space-Before : 1\r\n\r\n`,
      `${OK}No colon\r\n\r\n`,
      `${OK}: no name\r\n\r\n`,
      `${OK}Nul: a\0b\r\n\r\n`,
      `${OK}Bare: cr\rX: y\r\n\r\n`,
    ]),

  'a body cut off by the end of the connection is an error': (context) =>
    expectErrors(context, LOST, [
      `${OK}Content-Length: 10\r\n\r\nhello`,
      `${OK}Content-Length: 10\r\n\r\n`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    ]),

  'a head cut off by the end of the connection is an error': (context) =>
    expectErrors(context, LOST, ['', 'HTTP/1.1 200 O', `${OK}X: y\r\n`, 'HTTP/1.1 103 Early Hints\r\n\r\n']),

  'header sections above the limit are an error': (context) =>
    expectErrors(context, TOO_LARGE, [
      `${OK}X-Large: ${'a'.repeat(1024 * 1024)}\r\n\r\n`,
      `${OK}${fields(2500, (index) => `X-${index}: y`)}\r\n`,
      `${OK}${fields(1800, (index) => `X-${index}: y`)}\r\n`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX-Large: ${'a'.repeat(100_000)}\r\n\r\n`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${fields(1800, (index) => `X-${index}: y`)}\r\n`,
    ]),

  'more than a thousand fields under the limit all arrive': async (context) => {
    const head = `${OK}Content-Length: 0\r\n${fields(1400, () => 'a: b')}\r\n`
    const { recording } = await answered(context, head)
    await recording.complete()
    expect(recording.headers.filter((name) => name === 'a').length).toBe(1400)
  },

  'a folded header value arrives unfolded, or is an error': async (context) => {
    const { recording } = await answered(context, `${OK}X-Folded: one\r\n two\r\nContent-Length: 0\r\n\r\n`)
    await recording.settled()
    if (recording.error === null) expect(recording.header('x-folded')).toMatch(/^one +two$/)
    else expect(recording.error.code).toBe(MALFORMED)
  },

  'a switch of protocols that nobody asked for is an error': (context) =>
    expectErrors(context, MALFORMED, [
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nframes',
      'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    ]),

  'a flood of interim responses is an error': (context) =>
    expectError(context, 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(1000), MALFORMED),
}
