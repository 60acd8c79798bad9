import { expect, test } from 'vitest'
import type { RequestBody } from '../../../src/core/request-body.ts'
import { encodeMultipart } from '../../../src/fetch/multipart.ts'

async function read(body: RequestBody): Promise<Buffer> {
  if (body.kind === 'bytes') return Buffer.from(body.bytes)
  const chunks: Uint8Array[] = []
  const source = body.open()
  for (let step = await source.next(); !step.done; step = await source.next()) chunks.push(step.value)
  return Buffer.concat(chunks)
}

const boundaryOf = (type: string | null) => /boundary=(.*)$/.exec(type ?? '')?.[1] ?? 'none'

function form(...entries: [string, string | Blob, string?][]): FormData {
  const data = new FormData()
  for (const [name, value, file] of entries)
    if (typeof value === 'string') data.append(name, value)
    else if (file === undefined) data.append(name, value)
    else data.append(name, value, file)
  return data
}

test.each<[string, FormData]>([
  ['nothing', form()],
  ['fields', form(['a', '1'], ['a', '2'], ['ü', '€'], ['', ''])],
  ['line breaks in names and values', form(['a\nb\r\nc\rd', 'x\ny\r\nz\rw\r\r\n'])],
  ['quotes', form(['a"b', '"'])],
  ['a file', form(['f', new File(['content'], 'name.txt', { type: 'text/plain' })])],
  ['a file with a name of its own', form(['f', new File(['x'], 'n"ä\n.txt')])],
  ['a Blob', form(['f', new Blob(['x'], { type: 'a/b' })], ['g', new Blob(['y']), 'given'])],
  ['a file without a name', form(['f', new File(['x'], '')])],
  ['fields and files', form(['a', '1'], ['f', new Blob([new Uint8Array(100_000)])], ['b', '2'])],
])('to the byte as the platform has it: %s', async (_, data) => {
  const native = new Response(data)
  const theirs = Buffer.from(await native.clone().arrayBuffer()).toString('latin1')
  const { body, length, contentType } = encodeMultipart(data)
  const ours = await read(body)
  expect(ours.length).toBe(length)
  expect(length).toBe(theirs.length)
  expect(ours.toString('latin1').replaceAll(boundaryOf(contentType), 'B')).toBe(
    theirs.replaceAll(boundaryOf(native.headers.get('content-type')), 'B'),
  )
  expect((await read(body)).equals(ours)).toBe(true)
})

test('a form is taken as it is, and its boundary is never the same', async () => {
  const data = form(['a', '1'])
  const { body, contentType } = encodeMultipart(data)
  data.append('late', 'x')
  expect((await read(body)).toString()).not.toContain('late')
  expect(contentType).not.toBe(encodeMultipart(data).contentType)
  // RFC 2046 section 5.1.1.
  expect(boundaryOf(contentType).length).toBeLessThanOrEqual(70)
})
