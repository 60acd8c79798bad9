import { describe, expect, test } from 'vitest'
import { type NdjsonSource, ndjson } from '../../src/ndjson.ts'
import { openResponse } from './fakes/exchange.ts'

async function collect(source: NdjsonSource): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const value of ndjson(source)) values.push(value)
  return values
}

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

const LINES = '{"a":1}\n[2]\r\n\n  \n"ünï\\ncode"\nnull\n5'
const VALUES = [{ a: 1 }, [2], 'ünï\ncode', null, 5]

describe('values', () => {
  test('come line by line, empty lines and a last newline or none', async () => {
    expect(await collect(chunks(LINES))).toEqual(VALUES)
    expect(await collect(chunks(`${LINES}\n`))).toEqual(VALUES)
    expect(await collect(chunks(''))).toEqual([])
  })

  test('wherever the bytes are cut', async () => {
    const bytes = Buffer.from(LINES)
    for (let size = 1; size < 9; size += 1) {
      const pieces = async function* () {
        for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
      }
      expect(await collect(pieces())).toEqual(VALUES)
    }
  })

  test('of a response, a stream, or a response without a body', async () => {
    expect(await collect(new Response(LINES))).toEqual(VALUES)
    expect(await collect(new Response(LINES).body as ReadableStream<Uint8Array>)).toEqual(VALUES)
    expect(await collect(new Response(null))).toEqual([])
  })

  test('come as soon as their line is there', async () => {
    const { response, queue } = openResponse()
    const values = ndjson(response.body)
    queue.push(Buffer.from('1\n2'))
    expect((await values.next()).value).toBe(1)
    const second = values.next()
    queue.push(Buffer.from('3\n'))
    expect((await second).value).toBe(23)
    queue.end(null)
    expect((await values.next()).done).toBe(true)
  })
})

test('leaving the loop cancels the body', async () => {
  const { response, queue, log } = openResponse()
  queue.push(Buffer.from('1\n2\n'))
  for await (const value of ndjson(response.body)) {
    expect(value).toBe(1)
    break
  }
  expect(log.cancelled).toBe(1)
})

test('what is not JSON is named by its line, and the body let go of', async () => {
  const { response, queue, log } = openResponse()
  queue.push(Buffer.from('1\n\n{oops}\n'))
  await expect(collect(response.body)).rejects.toThrow(/^Line 3 is not valid JSON/)
  expect(log.cancelled).toBe(1)
})

test('a body that fails fails the loop after the lines that came', async () => {
  const { response, queue } = openResponse()
  queue.push(Buffer.from('1\n2'))
  queue.fail(new Error('cut off'))
  const seen: unknown[] = []
  const loop = async () => {
    for await (const value of ndjson(response.body)) seen.push(value)
  }
  await expect(loop()).rejects.toThrow('cut off')
  expect(seen).toEqual([1])
})
