/** FormData as a request body is what the platform would send, but for the boundary, and the same each time. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesBody, type RequestBody } from '../../src/core/request-body.ts'
import { extractBody, extractFetchBody } from '../../src/fetch/body.ts'
import { patience, runs, wildText } from './runs.ts'

const text = fc.oneof(
  wildText(30),
  fc.stringMatching(/^[\r\n"%;=\\ a-c]{0,20}$/),
  fc.constantFrom('', '\r\n--', '\ud800', 'filename="x"'),
)
const bytes = fc.uint8Array({ maxLength: 200 })
const type = fc.constantFrom('', 'text/plain', 'image/png')
const file = fc
  .tuple(bytes, type, text)
  .map(
    ([content, kind, name]) =>
      new File([content as Uint8Array<ArrayBuffer>], name, { type: kind, lastModified: 0 }),
  )
const blob = fc
  .tuple(bytes, type)
  .map(([content, kind]) => new Blob([content as Uint8Array<ArrayBuffer>], { type: kind }))
const entries = fc.array(fc.tuple(text, fc.oneof(text, file, blob)), { maxLength: 6 })

function formOf(fields: readonly (readonly [string, string | Blob])[]): FormData {
  const form = new FormData()
  for (const [name, value] of fields) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value)
  }
  return form
}

async function bytesOf(body: RequestBody): Promise<Buffer> {
  if (body.kind === 'bytes') return Buffer.from(body.bytes)
  const chunks: Uint8Array[] = []
  const source = body.open()
  for (let step = await source.next(); !step.done; step = await source.next()) chunks.push(step.value)
  return Buffer.concat(chunks)
}

/** The bytes with the boundary taken out. */
function withoutBoundary(content: Buffer, contentType: string | null): string {
  const boundary = /boundary=(.+)$/.exec(contentType ?? '')?.[1] ?? 'there is no boundary'
  return content.toString('latin1').replaceAll(boundary, 'BOUNDARY')
}

test(
  'FormData',
  async () => {
    await fc.assert(
      fc.asyncProperty(entries, async (fields) => {
        const { body, contentType, length } = extractBody(formOf(fields))
        const sent = await bytesOf(body)
        if (length !== null) expect(sent.length).toBe(length)
        expect(body.kind === 'bytes' || body.replayable).toBe(true)
        expect((await bytesOf(body)).equals(sent)).toBe(true)
        const platform = new Response(formOf(fields))
        const expected = Buffer.from(await platform.arrayBuffer())
        const theirs = platform.headers.get('content-type')
        expect(withoutBoundary(sent, contentType)).toBe(withoutBoundary(expected, theirs))
        expect(contentType?.replace(/boundary=.+/, '')).toBe(theirs?.replace(/boundary=.+/, ''))
      }),
      runs(100),
    )
  },
  patience(10_000),
)

test(
  'strings, bytes, Blob and URLSearchParams',
  async () => {
    const body = fc.oneof(
      text,
      bytes,
      blob,
      bytes.map((content) => content.buffer as ArrayBuffer),
      bytes.map((content) => new DataView(content.buffer, Math.floor(content.length / 2))),
      fc.array(fc.tuple(text, text)).map((pairs) => new URLSearchParams(pairs)),
    )
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        const extracted = extractBody(given as string)
        const sent = await bytesOf(extracted.body)
        const platform = new Response(given as string)
        expect(sent.equals(Buffer.from(await platform.arrayBuffer()))).toBe(true)
        expect(extracted.contentType).toBe(platform.headers.get('content-type'))
        expect(extracted.length).toBe(sent.length)
        expect((await bytesOf(extracted.body)).equals(sent)).toBe(true)
      }),
      runs(200),
    )
  },
  patience(10_000),
)

test('for fetch, bytes are the copy of a moment', async () => {
  await fc.assert(
    fc.asyncProperty(bytes, async (given) => {
      const before = Buffer.from(given)
      const { body } = extractFetchBody(given)
      given.fill(7)
      expect((await bytesOf(body)).equals(before)).toBe(true)
      expect(body.kind).toBe(bytesBody(before).kind)
    }),
    runs(50),
  )
})
