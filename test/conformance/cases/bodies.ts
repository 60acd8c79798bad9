/** Bytes in both directions: whole, in pieces, faster than the other side, and paused. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { deterministicBytes, type RouteHandler, readBody } from '../../support/servers.ts'
import { sleep, waitFor } from '../../support/wait-for.ts'
import type { Cases, Context } from '../context.ts'
import type { Recording } from '../recording.ts'
import type { Wire } from '../wire.ts'

const MEBIBYTE = 1024 * 1024

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Writes as a caller has to: on after `true`, after `false` at the next drain. Tells how far it came. */
class Upload {
  written = 0
  waits = 0
  recording!: Recording
  readonly #body: Uint8Array
  readonly #chunk: number

  constructor(body: Uint8Array, chunk: number) {
    this.#body = body
    this.#chunk = chunk
  }

  start(wire: Wire, path: string): Recording {
    const options = { method: 'POST', path, body: 'data' } as const
    this.recording = wire.open(options, { onDrain: () => this.#pump() })
    this.#pump()
    return this.recording
  }

  #pump(): void {
    while (this.written < this.#body.length) {
      const piece = this.#body.subarray(this.written, this.written + this.#chunk)
      const free = this.recording.exchange.write(piece)
      this.written += piece.length
      if (!free) {
        this.waits += 1
        return
      }
    }
    this.recording.exchange.end()
  }
}

/** Resolves when the value has not changed for a while. */
async function untilSteady(value: () => number): Promise<number> {
  let last = value()
  for (let times = 0; times < 3; times += 1) {
    await sleep(80)
    if (value() !== last) times = -1
    last = value()
  }
  return last
}

async function uploadInPieces(context: Context, size: number, chunk: number): Promise<void> {
  const wire = await context.wireTo()
  const body = deterministicBytes(size)
  const upload = new Upload(body, chunk)
  const recording = await upload.start(wire, '/upload').complete()
  expect(JSON.parse(recording.text)).toMatchObject({ length: size, sha256: sha256(body) })
}

export const bodyCases: Cases = {
  'a body in one piece comes back': async (context) => {
    const wire = await context.wireTo()
    const body = deterministicBytes(5000)
    const recording = wire.open({ method: 'POST', path: '/echo', body: 'data' })
    recording.exchange.write(body)
    recording.exchange.end()
    await recording.complete()
    expect(recording.header('x-method')).toBe('POST')
    expect(recording.body.equals(body)).toBe(true)
  },

  'a body with a content-length arrives with it': async (context) => {
    const seen: unknown[] = []
    const wire = await context.wireTo(async (request, response) => {
      const body = await readBody(request)
      seen.push([request.headers['content-length'], request.headers['transfer-encoding'], body.toString()])
      response.end()
    })
    const recording = wire.open({ method: 'PUT', body: 'data', headers: ['content-length', '6'] })
    recording.exchange.write(Buffer.from('abc'))
    recording.exchange.write(Buffer.from('def'))
    recording.exchange.end()
    await recording.complete()
    expect(seen).toEqual([['6', undefined, 'abcdef']])
  },

  'a POST without a body ends at once': async (context) => {
    const wire = await context.wireTo()
    const recording = await wire.request({ method: 'POST', path: '/upload' })
    expect(JSON.parse(recording.text).length).toBe(0)
  },

  'a body that turns out empty ends': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ method: 'POST', path: '/upload', body: 'data' })
    recording.exchange.end()
    await recording.complete()
    expect(JSON.parse(recording.text).length).toBe(0)
  },

  'empty writes change nothing': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ method: 'POST', path: '/echo', body: 'data' })
    for (const text of ['', 'a', '', 'b', '']) recording.exchange.write(Buffer.from(text))
    recording.exchange.end()
    expect((await recording.complete()).text).toBe('ab')
  },

  'writes after the end of the body are harmless': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ method: 'POST', path: '/echo', body: 'data' })
    recording.exchange.write(Buffer.from('all'))
    recording.exchange.end()
    expect(recording.exchange.write(Buffer.from('late'))).toBe(true)
    recording.exchange.end()
    expect((await recording.complete()).text).toBe('all')
    expect((await wire.request()).status).toBe(200)
  },

  'the request head goes out before the body does': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open({ method: 'POST', body: 'data', path: '/first' })
    const request = await peer.request()
    expect([request.method, request.path]).toEqual(['POST', '/first'])
    recording.exchange.end()
    request.head(200)
    request.end()
    await recording.complete()
  },

  'request and response bodies travel at the same time': async (context) => {
    const wire = await context.wireTo()
    const recording = wire.open({ method: 'POST', path: '/echo', body: 'data' })
    for (const word of ['one', 'two', 'three']) {
      recording.exchange.write(Buffer.from(word))
      await waitFor(() => recording.text.endsWith(word), { message: `${word} to come back` })
    }
    recording.exchange.end()
    expect((await recording.complete()).text).toBe('onetwothree')
  },

  'an upload in large pieces arrives whole': (context) => uploadInPieces(context, 8 * MEBIBYTE, 256 * 1024),

  'an upload in small pieces arrives whole': (context) => uploadInPieces(context, MEBIBYTE, 1000),

  'an upload in pieces of about the buffer size arrives whole': async (context) => {
    // Sizes just around what sockets buffer are where a missing `onDrain` shows.
    for (const chunk of [16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1]) {
      await uploadInPieces(context, 10 * chunk, chunk)
    }
  },

  'an upload waits for a server that does not read': async (context) => {
    const release = Promise.withResolvers<void>()
    const handler: RouteHandler = async (request, response) => {
      await release.promise
      response.end(String((await readBody(request)).length))
    }
    const wire = await context.wireTo(handler)
    const size = 32 * MEBIBYTE
    const upload = new Upload(Buffer.alloc(size), 256 * 1024)
    const recording = upload.start(wire, '/')
    const stuck = await untilSteady(() => upload.written)
    expect(stuck).toBeLessThan(size / 2)
    expect(upload.waits).toBeGreaterThan(0)
    release.resolve()
    expect((await recording.complete()).text).toBe(String(size))
    expect(recording.drains).toBe(upload.waits)
  },

  'a large download arrives whole': async (context) => {
    const wire = await context.wireTo()
    const size = 8 * MEBIBYTE + 1
    for (const path of [`/bytes/${size}`, `/stream/${size}`]) {
      const recording = await wire.request({ path })
      expect([path, recording.bytes]).toEqual([path, size])
      expect(recording.body.equals(deterministicBytes(size))).toBe(true)
    }
  },

  'a paused download holds the server back': async (context) => {
    const size = 32 * MEBIBYTE
    const wire = await context.wireTo((_request, response) => void response.end(Buffer.alloc(size)))
    const recording = wire.open({}, { onHeaders: ({ exchange }) => exchange.pause() })
    const held = await untilSteady(() => wire.connection.bytesReceived)
    expect(held).toBeLessThan(4 * MEBIBYTE)
    expect(recording.bytes).toBe(0)
    recording.exchange.resume()
    await recording.complete()
    expect(recording.bytes).toBe(size)
  },

  'a download can be paused and resumed again and again': async (context) => {
    const wire = await context.wireTo()
    const size = 2 * MEBIBYTE
    let pauses = 0
    const recording = wire.open(
      { path: `/stream/${size}` },
      {
        onData: ({ exchange }) => {
          pauses += 1
          exchange.pause()
          setImmediate(() => exchange.resume())
        },
      },
    )
    await recording.complete()
    expect(pauses).toBeGreaterThan(10)
    expect(recording.body.equals(deterministicBytes(size))).toBe(true)
  },

  'a response that came whole while paused is read when resumed': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open({}, { onHeaders: ({ exchange }) => exchange.pause() })
    const request = await peer.request()
    request.head(200)
    request.data('all of it')
    request.end()
    await recording.until('headers')
    await sleep(50)
    expect(recording.calls).toEqual(['headers'])
    recording.exchange.resume()
    expect((await recording.complete()).text).toBe('all of it')
  },

  'a response before the request body was sent ends the exchange': async (context) => {
    const { wire, peer } = await context.pair()
    const recording = wire.open({ method: 'POST', body: 'data' })
    recording.exchange.write(Buffer.from('some of it'))
    const request = await peer.request()
    request.head(413)
    request.data('too large')
    request.end()
    await recording.complete()
    expect([recording.status, recording.text]).toEqual([413, 'too large'])
    await request.expectAbandoned()
    expect(request.isComplete, 'a body that was given up must not look whole').toBe(false)
    // Harmless, whatever is still written.
    expect(recording.exchange.write(Buffer.from('more'))).toBe(true)
    recording.exchange.end()
  },
}
