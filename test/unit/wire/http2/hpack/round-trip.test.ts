/**
 * Random header lists through our encoder and three decoders: our own, the one of the test peers, and that of
 * node:http2 (nghttp2), with the size of the table changing in between.
 */
import http2 from 'node:http2'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HpackEncoder } from '../../../../../src/wire/http2/hpack/encoder.ts'
import { headersFrame, settingsAckFrame, settingsFrame } from '../../../../support/frame-encoder.ts'
import { HpackDecoder as OtherDecoder } from '../../../../support/hpack.ts'
import { encode, fieldsOf, newDecoder } from './blocks.ts'

const names = [
  'accept',
  'cookie',
  'authorization',
  'traceparent',
  'x-a',
  'x-b',
  'user-agent',
  'content-type',
  'te-st',
]
const common = ['', '1', 'text/html', 'gzip, deflate', 'x'.repeat(30), 'y'.repeat(700), 'trailing \u00e9']
const octets = fc.string({ unit: fc.nat(0xff).map((octet) => String.fromCharCode(octet)), maxLength: 40 })
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names, ':path', ':method', ':status') },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z-]{1,12}$/) },
)
const value = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...common) }, { weight: 1, arbitrary: octets })
const list = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((pairs) => pairs.flat())
const step = fc.oneof(
  { weight: 8, arbitrary: list.map((fields) => ({ fields })) },
  { weight: 1, arbitrary: fc.constantFrom(0, 40, 100, 500, 4096, 65_536).map((size) => ({ size })) },
)
// The same few lists again and again, as on a real connection.
const steps = fc
  .tuple(fc.array(step, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(5), { maxLength: 40 }))
  .map(([kinds, order]) => order.map((place) => kinds[place % kinds.length] as (typeof kinds)[number]))

test('our decoder and the other one read what the encoder wrote', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const encoder = new HpackEncoder()
      const own = newDecoder({ maxTableSize: 65_536 })
      const other = new OtherDecoder()
      other.setAllowedSize(65_536)
      for (const one of all) {
        if ('size' in one) {
          encoder.setMaxTableSize(one.size)
          own.setMaxTableSize(one.size)
          other.setAllowedSize(one.size)
          continue
        }
        const block = encode(encoder, one.fields)
        expect(other.decode(block)).toEqual(one.fields)
        expect(fieldsOf(own, block)).toEqual(one.fields)
      }
    }),
    { numRuns: 300, seed: 1 },
  )
})

test('our decoder reads what it has seen before as if it had not', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const encoder = new HpackEncoder()
      const one = newDecoder()
      const blocks = all.flatMap((step) => ('fields' in step ? [encode(encoder, step.fields)] : []))
      // Twice the same bytes: the second time every block may be remembered, with another table.
      for (let round = 0; round < 2; round += 1) {
        const fresh = new OtherDecoder()
        if (round === 1) fieldsOf(one, Buffer.of(0x20, 0x3f, 0xe1, 0x1f))
        for (const block of blocks) expect(fieldsOf(one, block)).toEqual(fresh.decode(block))
      }
    }),
    { numRuns: 300, seed: 1 },
  )
})

/** A server of node:http2 without a socket: what it is sent goes in, what it hears of requests comes out. */
class MemoryServer {
  readonly received: string[][] = []
  readonly #wire: Duplex
  readonly #session: http2.ServerHttp2Session
  #failure: unknown = null

  constructor(headerTableSize: number) {
    this.#wire = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    this.#session = http2.performServerHandshake(this.#wire, { settings: { headerTableSize } })
    this.#session.on('error', (error) => {
      this.#failure ??= error
    })
    this.#session.on('stream', (stream, _headers, _flags, raw) => {
      stream.on('error', () => {})
      stream.close()
      this.received.push(raw as unknown as string[])
    })
    this.send(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settingsFrame({}), settingsAckFrame()]),
    )
  }

  send(bytes: Buffer): void {
    this.#wire.push(bytes)
  }

  async setTableSize(headerTableSize: number): Promise<void> {
    const known = new Promise<void>((resolve) => this.#session.settings({ headerTableSize }, () => resolve()))
    this.send(settingsAckFrame())
    await known
  }

  async has(count: number): Promise<void> {
    while (this.received.length < count && this.#failure === null) await new Promise(setImmediate)
    if (this.#failure !== null) throw this.#failure
  }

  close(): void {
    this.#session.destroy()
    this.#wire.destroy()
  }
}

const fieldValue = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('1', 'text/html', 'gzip, deflate', 'x'.repeat(30), 'y'.repeat(700)),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[\x21-\x7e\xa0-\xff]{1,40}$/) },
)
const regular = fc.array(fc.tuple(fc.constantFrom(...names), fieldValue), { maxLength: 12 })
const head = fc
  .tuple(
    fieldValue.filter((path) => /^[\x21-\x7e]+$/.test(path)),
    regular,
  )
  .map(([path, fields]) => [
    ...[':method', 'GET', ':scheme', 'https', ':authority', 'a.example', ':path', `/${path}`],
    ...fields.flat(),
  ])

test('node:http2 reads what the encoder wrote', { timeout: 20_000 }, async () => {
  const plan = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: head.map((fields) => ({ fields })) },
      { weight: 1, arbitrary: fc.constantFrom(0, 100, 500, 4096, 65_536).map((size) => ({ size })) },
    ),
    { minLength: 1, maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(plan, fc.constantFrom(0, 100, 4096, 65_536), async (all, first) => {
      const server = new MemoryServer(first)
      const encoder = new HpackEncoder()
      encoder.setMaxTableSize(first)
      const sent: string[][] = []
      for (const one of all) {
        if ('size' in one) {
          await server.setTableSize(one.size)
          encoder.setMaxTableSize(one.size)
          continue
        }
        // Twice, so that the second is written from what was kept of the first.
        for (let time = 0; time < 2; time += 1) {
          server.send(headersFrame(2 * sent.length + 1, encode(encoder, one.fields), { endStream: true }))
          sent.push(one.fields)
        }
        await server.has(sent.length)
      }
      expect(server.received).toEqual(sent)
      server.close()
    }),
    { numRuns: 40, seed: 1 },
  )
})
