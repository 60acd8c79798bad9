/** faults.md section 2 F: HTTP/1.1 (RFC 9112). */
import { sleep } from '../support/wait-for.ts'
import { GOOD, GOOD_OR_ERROR, type Http1Case, http1, POST, type Wanted } from './fault-case.ts'

const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
const chunked = head('transfer-encoding: chunked')

const bytes = (number: number, title: string, response: string, want: Wanted = 'error'): Http1Case =>
  http1(number, title, want, (connection) => connection.send(response), { send: POST })

const framing: readonly Http1Case[] = [
  bytes(
    141,
    'content-length and transfer-encoding',
    `${head('content-length: 4', 'transfer-encoding: chunked')}4\r\nbody\r\n0\r\n\r\n`,
  ),
  bytes(
    142,
    'two different values of content-length',
    `${head('content-length: 4', 'content-length: 5')}body!`,
  ),
  bytes(142, 'content-length: +4', `${head('content-length: +4')}body`),
  bytes(142, 'content-length: 2^64', `${head('content-length: 18446744073709551616')}body`),
  bytes(143, 'a chunk size of zz', `${chunked}zz\r\nbody\r\n0\r\n\r\n`),
  bytes(143, 'a chunk size that overflows', `${chunked}fffffffffffffffff\r\nbody\r\n0\r\n\r\n`),
  bytes(143, 'a chunk without CRLF behind it', `${chunked}4\r\nbodyX0\r\n\r\n`),
  bytes(143, 'a chunk size ended by a bare LF', `${chunked}4\nbody\r\n0\r\n\r\n`),
  bytes(147, 'a field of 1 MB', head(`x-big: ${'a'.repeat(2 ** 20)}`, 'content-length: 0')),
  bytes(147, 'a space before the colon', head('x-a : b', 'content-length: 0')),
  bytes(147, 'a NUL in a value', head('x-a: a\0b', 'content-length: 0')),
  bytes(147, 'garbage', 'this is not HTTP at all\r\n\r\n'),
  bytes(
    148,
    'a flood of 20,000 interim responses',
    `${'HTTP/1.1 103 Hints\r\nlink: x\r\n\r\n'.repeat(20_000)}${head('content-length: 5')}taken`,
  ),
  bytes(
    148,
    'a 101 that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nbytes',
  ),
]

const cut = (title: string, response: string, end: 'fin' | 'reset'): Http1Case =>
  http1(
    144,
    `${title}, ${end.toUpperCase()}`,
    'error',
    async (connection) => {
      connection.send(response)
      await sleep(30)
      connection[end]()
    },
    { short: true, send: POST },
  )

const cuts: readonly Http1Case[] = (['fin', 'reset'] as const).flatMap((end) => [
  cut('fewer bytes than content-length', `${head('content-length: 100')}the first half`, end),
  cut('chunks without a last one', `${chunked}4\r\nbody\r\n`, end),
])

const races: readonly Http1Case[] = (['fin', 'reset'] as const).flatMap((end) => [
  http1(
    146,
    `${end.toUpperCase()} as a GET goes out on a kept socket`,
    GOOD,
    (connection) => connection[end](),
    { warm: true },
  ),
  http1(
    146,
    `${end.toUpperCase()} as a POST goes out on a kept socket: an error, not sent twice`,
    'error',
    (connection) => connection[end](),
    { warm: true, send: POST },
  ),
])

const sockets: readonly Http1Case[] = [
  bytes(
    145,
    'a second response behind the first: never an answer to the next request',
    `${head('content-length: 4')}good${head('content-length: 6')}forged`,
    GOOD_OR_ERROR,
  ),
  bytes(149, 'connection: close', `${head('connection: close', 'content-length: 4')}good`, GOOD),
  bytes(149, 'HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\ngood', GOOD),
  http1(149, 'a body that ends with the connection', GOOD, (connection) =>
    connection.respond({ body: 'good', framing: 'close' }),
  ),
  http1(
    150,
    'HEAD with bytes of a body: the next request does not get them',
    { status: 200, body: '', orError: true },
    (connection) => connection.send(`${head('content-length: 6')}forged`),
    { send: { method: 'HEAD' } },
  ),
]

export const http1Cases: readonly Http1Case[] = [...framing, ...cuts, ...races, ...sockets]
