/** faults.md section 2 F, 141 to 150: HTTP/1.1 (RFC 9112). */
import { describe, expect } from 'vitest'
import { sleep, waitFor } from '../../support/wait-for.ts'
import {
  connectionLost,
  expectFailure,
  expectGood,
  type Failure,
  failureOf,
  malformed,
} from './expectations.ts'
import { type Outcome, type SendOptions, settleDown } from './scene.ts'
import { fault, Stage } from './stage.ts'

const stage = new Stage()

const MB = 2 ** 20

const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`

const badFraming: readonly [number: number, title: string, response: string][] = [
  [
    141,
    'content-length and transfer-encoding',
    `${head('content-length: 4', 'transfer-encoding: chunked')}4\r\nbody\r\n0\r\n\r\n`,
  ],
  [
    141,
    'transfer-encoding and content-length',
    `${head('transfer-encoding: chunked', 'content-length: 4')}4\r\nbody\r\n0\r\n\r\n`,
  ],
  [142, 'two different values of content-length', `${head('content-length: 4', 'content-length: 5')}body!`],
  [142, 'content-length: 4, 5', `${head('content-length: 4, 5')}body!`],
  [142, 'content-length: +4', `${head('content-length: +4')}body`],
  [142, 'content-length: -1', `${head('content-length: -1')}body`],
  [142, 'content-length: 4 4', `${head('content-length: 4 4')}body`],
  [142, 'content-length: 2^64', `${head('content-length: 18446744073709551616')}body`],
  [142, 'content-length: 0x4', `${head('content-length: 0x4')}body`],
  [
    143,
    'transfer-encoding: gzip, chunked, x',
    `${head('transfer-encoding: gzip, chunked, x')}4\r\nbody\r\n0\r\n\r\n`,
  ],
  [143, 'transfer-encoding: xchunked', `${head('transfer-encoding: xchunked')}4\r\nbody\r\n0\r\n\r\n`],
  [143, 'a chunk size of zz', `${head('transfer-encoding: chunked')}zz\r\nbody\r\n0\r\n\r\n`],
  [
    143,
    'a chunk size that overflows',
    `${head('transfer-encoding: chunked')}fffffffffffffffff\r\nbody\r\n0\r\n\r\n`,
  ],
  [143, 'a negative chunk size', `${head('transfer-encoding: chunked')}-4\r\nbody\r\n0\r\n\r\n`],
  [143, 'a chunk without CRLF behind it', `${head('transfer-encoding: chunked')}4\r\nbodyX0\r\n\r\n`],
  [143, 'a chunk size ended by a bare LF', `${head('transfer-encoding: chunked')}4\nbody\r\n0\r\n\r\n`],
  [147, 'a space before the colon', head('x-a : b', 'content-length: 0')],
  [147, 'a line without a colon', head('nonsense', 'content-length: 0')],
  [147, 'a NUL in a value', head('x-a: a\0b', 'content-length: 0')],
  [147, 'a bare CR in a value', head('x-a: a\rb', 'content-length: 0')],
  [147, 'a status line that is none', 'HTTP/1.1 OK\r\n\r\n'],
  [147, 'an HTTP version that is none', 'HTTP/9.9 200 OK\r\n\r\n'],
  [147, 'garbage', 'this is not HTTP at all\r\n\r\n'],
]

/** Malformed in the head or in the body, as far as the parser came. */
function expectMalformed(outcome: Outcome): void {
  const { phase } = failureOf(outcome) as Failure
  const where = phase === 'body' ? 'body' : 'headers'
  expect(failureOf(outcome)).toMatchObject({
    ...malformed(where),
    processed: where === 'body' ? 'yes' : expect.toBeOneOf(['maybe', 'yes']),
  })
}

describe('messages', () => {
  for (const [number, title, response] of badFraming) {
    fault(number, title, async () => {
      const scene = await stage.http1({
        answer: async (connection) => {
          connection.send(response)
          await connection.expectClose()
        },
      })
      expectMalformed(await scene.play({ method: 'POST' }))
      expect(scene.connection(0).requests).toHaveLength(1)
    })
  }

  fault(142, 'content-length twice with one value is one', async () => {
    const scene = await stage.http1({
      answer: (connection) => connection.send(`${head('content-length: 4', 'content-length: 4')}good`),
    })
    const outcome = await scene.play()
    if (outcome.kind === 'error') expectMalformed(outcome)
    else expectGood(outcome)
  })

  fault(147, 'a folded line: an error, or one value', async () => {
    const scene = await stage.http1({
      answer: (connection) => connection.send(`${head('x-a: one', ' two', 'content-length: 4')}good`),
    })
    const outcome = await scene.play()
    if (outcome.kind === 'error') expectMalformed(outcome)
    else expect(outcome.headers['x-a']).toMatch(/^one\s+two$/)
  })

  const tooMuch: readonly [title: string, fields: () => string[]][] = [
    ['a field of 1 MB', () => [`x-big: ${'a'.repeat(MB)}`]],
    ['a head of 1 MB', () => Array.from({ length: 1000 }, (_, index) => `x-${index}: ${'a'.repeat(1000)}`)],
    ['1000 fields', () => Array.from({ length: 2000 }, (_, index) => `x-${index}: ${'a'.repeat(10)}`)],
  ]
  for (const [title, fields] of tooMuch) {
    fault(147, `${title}: above the limit`, async () => {
      const scene = await stage.http1({
        answer: (connection) => connection.send(head(...fields(), 'content-length: 0')),
      })
      const outcome = await scene.play({ method: 'POST' })
      expect(failureOf(outcome)).toMatchObject({
        name: 'ProtocolError',
        code: 'ERR_TRUNKLINE_HEADER_LIST_TOO_LARGE',
        phase: 'headers',
      })
    })
  }

  const early: readonly [title: string, response: string][] = [
    ['fewer bytes than content-length', `${head('content-length: 100')}the first half`],
    ['chunks without a last one', `${head('transfer-encoding: chunked')}4\r\nbody\r\n`],
    ['a cut inside a chunk', `${head('transfer-encoding: chunked')}64\r\nbody`],
    ['a cut inside the trailers', `${head('transfer-encoding: chunked')}4\r\nbody\r\n0\r\nx-a: b`],
  ]
  for (const [title, response] of early) {
    for (const end of ['fin', 'reset'] as const) {
      fault(144, `${title}, ${end.toUpperCase()}: cut off, no success`, async () => {
        const scene = await stage.http1({
          answer: async (connection) => {
            connection.send(response)
            await settleDown()
            connection[end]()
          },
        })
        expectFailure(await scene.play({ method: 'POST' }), connectionLost('body'))
      })
    }
  }

  fault(144, 'a cut inside the head', async () => {
    const scene = await stage.http1({
      answer: async (connection) => {
        connection.send('HTTP/1.1 200 OK\r\ncontent-le')
        connection.fin()
      },
    })
    expectFailure(await scene.play({ method: 'POST' }), connectionLost())
    expect(scene.connection(0).requests).toHaveLength(1)
  })

  fault(
    144,
    'a whole response that nobody has read yet, and FIN: whole or an error, never short',
    async () => {
      const scene = await stage.http1({
        answer: (connection) => {
          connection.respond({ body: Buffer.alloc(400_000, 'x'), framing: 'chunked' })
          connection.fin()
        },
      })
      const response = await scene.client.request(`${scene.origin}/`, { method: 'POST' })
      await sleep(100)
      const length = await response.body.bytes().then(
        (bytes) => bytes.length,
        (error: Failure) => error.code,
      )
      expect(length).toBeOneOf([400_000, 'ERR_TRUNKLINE_CONNECTION_LOST'])
    },
  )

  fault(148, 'a flood of 1xx', async () => {
    const scene = await stage.http1({
      answer: async (connection) => {
        connection.send('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(20_000))
        await connection.expectClose()
      },
    })
    const outcome = await scene.play({ method: 'POST' })
    expectMalformed(outcome)
  })

  fault(148, 'a 101 that nobody asked for', async () => {
    const scene = await stage.http1({
      answer: async (connection) => {
        connection.send(
          'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nbytes',
        )
        await connection.expectClose()
      },
    })
    expectMalformed(await scene.play({ method: 'POST' }))
  })
})

describe('connections', () => {
  const extra: readonly [title: string, response: string, send?: SendOptions][] = [
    ['a second response', `${head('content-length: 4')}good${head('content-length: 6')}forged`],
    ['bytes', `${head('content-length: 4')}goodand more`],
    [
      'a second chunked response',
      `${head('transfer-encoding: chunked')}4\r\ngood\r\n0\r\n\r\n${head('content-length: 6')}forged`,
    ],
  ]
  for (const [title, response] of extra) {
    fault(145, `${title} behind a response, in one write: never an answer to a later request`, async () => {
      const scene = await stage.http1({
        answer: async (connection) => {
          connection.send(response)
          await connection.expectClose()
        },
      })
      const outcome = await scene.play()
      expect(failureOf(outcome)).not.toMatchObject({ body: 'forged' })
      await waitFor(() => scene.connection(0).isClosed)
      expect(scene.connection(0).requests).toHaveLength(1)
    })
  }

  fault(145, 'a response on an idle socket: the socket is destroyed', async () => {
    const scene = await stage.http1({
      answer: async (connection) => {
        connection.respond({ body: 'good' })
        await settleDown(20)
        connection.send(`${head('content-length: 6')}forged`)
        await connection.expectClose()
      },
    })
    expectGood(await scene.send('/'))
    await scene.connection(0).closed
    expectGood(await scene.send('/'))
    expect(scene.connection(0).requests).toHaveLength(1)
  })

  fault(
    145,
    'a forged response that meets the next request on its way: no request gets it as a success twice',
    async () => {
      const scene = await stage.http1({
        answer: (connection) => {
          connection.send(`${head('content-length: 4')}good`)
          connection.send(`${head('content-length: 6')}forged`)
        },
      })
      const first = await scene.send('/')
      const rest = await Promise.all(Array.from({ length: 5 }, () => scene.send('/next')))
      for (const outcome of [first, ...rest]) expect(failureOf(outcome)).not.toMatchObject({ body: 'forged' })
    },
  )

  for (const end of ['fin', 'reset'] as const) {
    const scene = () =>
      stage.http1({
        answer: async (connection) => {
          connection.respond({ body: 'good' })
          await connection.expectRequest()
          connection[end]()
        },
      })
    fault(
      146,
      `${end.toUpperCase()} as a GET goes out on a kept socket: sent again on a new one`,
      async () => {
        const here = await scene()
        expectGood(await here.send('/'))
        await settleDown(5)
        expectGood(await here.play())
      },
    )

    fault(146, `${end.toUpperCase()} as a POST goes out on a kept socket: an error`, async () => {
      const here = await scene()
      expectGood(await here.send('/'))
      await settleDown(5)
      expectFailure(await here.play({ method: 'POST', body: 'x' }), connectionLost())
    })
  }

  fault(146, 'FIN after a POST on a new socket: an error, not sent again', async () => {
    const scene = await stage.http1({ answer: (connection) => connection.fin() })
    expectFailure(await scene.play({ method: 'POST', body: 'x' }), connectionLost())
  })

  fault(149, 'nothing is pipelined: 5 at once use 5 sockets, or wait', async () => {
    const scene = await stage.http1({
      client: { http1: { maxSockets: 2 } },
      isBad: () => true,
      bad: async (connection) => {
        for (;;) {
          await connection.expectRequest({ timeout: 10_000 })
          const before = connection.requests.length
          await settleDown(20)
          expect(connection.requests.length).toBe(before)
          connection.respond({ body: 'good' })
        }
      },
    })
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => scene.send('/', { method: 'POST', body: 'x' })),
    )
    for (const outcome of outcomes) expectGood(outcome)
    expect(scene.peer.tcpConnections).toBe(2)
  })

  const closing: readonly [title: string, response: string][] = [
    ['connection: close', `${head('connection: close', 'content-length: 4')}good`],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 4\r\n\r\ngood'],
    ['keep-alive: timeout=1', `${head('keep-alive: timeout=1', 'content-length: 4')}good`],
  ]
  for (const [title, response] of closing) {
    fault(149, `${title}: the socket is not used again`, async () => {
      const scene = await stage.http1({
        answer: async (connection) => {
          connection.send(response)
          await connection.expectClose()
        },
      })
      expectGood(await scene.play({ method: 'POST' }))
      expect(scene.connection(0).requests).toHaveLength(1)
    })
  }

  fault(149, 'a body that ends with the connection is whole', async () => {
    const scene = await stage.http1({
      answer: (connection) => connection.respond({ body: 'good', framing: 'close' }),
    })
    expectGood(await scene.play())
  })

  const bodiless: readonly [title: string, method: string, status: string][] = [
    ['HEAD', 'HEAD', '200 OK'],
    ['204', 'POST', '204 No Content'],
    ['304', 'POST', '304 Not Modified'],
  ]
  for (const [title, method, status] of bodiless) {
    fault(150, `${title} with bytes of a body: the socket is not used again`, async () => {
      const scene = await stage.http1({
        answer: async (connection) => {
          connection.send(`HTTP/1.1 ${status}\r\ncontent-length: 6\r\n\r\nforged`)
          await connection.expectClose()
        },
      })
      const outcome = await scene.send('/', { method })
      expect(failureOf(outcome)).not.toMatchObject({ body: 'forged' })
      expectGood(await scene.send('/probe'))
      await waitFor(() => scene.connection(0).isClosed)
      expect(scene.connection(0).requests).toHaveLength(1)
    })

    fault(150, `${title} without bytes: the socket is used again`, async () => {
      const scene = await stage.http1({
        answer: (connection) =>
          connection.send(
            `HTTP/1.1 ${status}\r\n${status.startsWith('204') ? '' : 'content-length: 6\r\n'}\r\n`,
          ),
      })
      expect(await scene.send('/', { method })).toMatchObject({
        status: Number(status.slice(0, 3)),
        body: '',
      })
      await settleDown(5)
      expectGood(await scene.send('/probe'))
      expect(scene.peer.tcpConnections).toBe(1)
    })
  }
})
