/** openai probes `fetch` with a data: URL before its first upload, reads SSE by hand and counts its own attempts. */

import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIUserAbortError, toFile } from 'openai'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { collect } from './support/collect.ts'
import { type OpenAiLog, openAiApi } from './support/openai-api.ts'
import { lanes, rejection, Stand } from './support/stand.ts'

const stand = new Stand()
const ask = (content: string) => ({ model: 'small', messages: [{ role: 'user' as const, content }] })

describe.each(lanes)('openai over $name', (lane) => {
  async function open(apiKey = 'key'): Promise<{ openai: OpenAI; log: OpenAiLog }> {
    const { log, handler } = openAiApi()
    const { fetch, origin } = await stand.open(lane, handler)
    return { openai: new OpenAI({ apiKey, baseURL: `${origin}/v1`, fetch, timeout: 5000 }), log }
  }

  test('a completion, with the response it came in', async () => {
    const { openai } = await open()
    const { data, response } = await openai.chat.completions.create(ask('hello')).withResponse()
    expect(data.choices[0]?.message.content).toBe('You said: hello')
    expect(response).toBeInstanceOf(Response)
    expect([response.status, response.bodyUsed]).toEqual([200, true])
  })

  test('a streamed completion, in pieces that end in the middle of a character', async () => {
    const { openai } = await open()
    const stream = await openai.chat.completions.create({ ...ask('one two three'), stream: true })
    const words: (string | null | undefined)[] = []
    for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content)
    expect(words).toEqual(['one', 'two', 'three', '…ü🙂'])
  })

  test('a stream that the reader leaves: the server is told', async () => {
    const { openai, log } = await open()
    const stream = await openai.chat.completions.create({ ...ask('endless'), stream: true })
    let read = 0
    for await (const _ of stream) {
      read += 1
      if (read === 3) break
    }
    expect(stream.controller.signal.aborted).toBe(true)
    await waitFor(() => log.abandoned === 1, { message: 'the server to see that nobody reads' })
  })

  test('a stream that is split in two, and one that is handed on as a web stream', async () => {
    const { openai } = await open()
    const whole = await openai.chat.completions.create({ ...ask('a b'), stream: true })
    const [left, right] = whole.tee()
    const count = async (stream: AsyncIterable<unknown>) => {
      let chunks = 0
      for await (const _ of stream) chunks += 1
      return chunks
    }
    expect(await Promise.all([count(left), count(right)])).toEqual([3, 3])
    const again = await openai.chat.completions.create({ ...ask('a b'), stream: true })
    const text = await new Response(again.toReadableStream()).text()
    expect(text.trim().split('\n')).toHaveLength(3)
  })

  test('a stream that is cut is an error, not an end', async () => {
    const { openai } = await open()
    const stream = await openai.chat.completions.create({ ...ask('cut'), stream: true })
    const error = await rejection(collect(stream))
    expect(error).toMatchObject({ name: 'TypeError', message: 'terminated' })
  })

  test('an upload, from bytes, from a file and from a response', async () => {
    const { openai } = await open()
    const purpose = 'assistants' as const
    const bytes = await toFile(Buffer.alloc(300_000, 'A'), 'a.jsonl', { type: 'application/jsonl' })
    expect(await openai.files.create({ file: bytes, purpose })).toMatchObject({
      filename: 'a.jsonl',
      bytes: 300_000,
      type: 'application/jsonl',
      purpose,
    })
    const path = fileURLToPath(import.meta.url)
    const file = await openai.files.create({ file: createReadStream(path), purpose })
    expect(file).toMatchObject({ filename: 'openai.test.ts', text: '/** openai p' })

    const response = await openai.files.content('file-1')
    const copied = await openai.files.create({ file: response as unknown as Response, purpose })
    expect(copied).toMatchObject({ filename: 'content', bytes: 100_000 })
  })

  test('a download as a stream of Node', async () => {
    const { openai } = await open()
    const { body } = await openai.files.content('file-1')
    let length = 0
    for await (const chunk of Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]))
      length += chunk.length
    expect(length).toBe(100_000)
  })

  test('errors by their status, with the code and the request id of the server', async () => {
    const { openai } = await open()
    const missing = await rejection(openai.models.retrieve('none'))
    expect(missing).toBeInstanceOf(OpenAI.NotFoundError)
    expect(missing).toMatchObject({ status: 404, code: 'model_not_found', requestID: 'req-404' })
    expect(missing.headers).toBeInstanceOf(Headers)

    const { openai: stranger } = await open('wrong')
    expect(await rejection(stranger.models.list())).toBeInstanceOf(OpenAI.AuthenticationError)
  })

  test('a page of a list', async () => {
    const { openai } = await open()
    expect((await collect(openai.models.list())).map(({ id }) => id)).toEqual(['small'])
  })

  test('a time limit and an abort', async () => {
    const { openai } = await open()
    const late = openai.models.retrieve('hangs', { timeout: 50, maxRetries: 0 })
    expect(await rejection(late)).toBeInstanceOf(APIConnectionTimeoutError)

    const controller = new AbortController()
    const pending = openai.models.retrieve('hangs', { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    expect(await rejection(pending)).toBeInstanceOf(APIUserAbortError)
  })

  test('nobody there: a connection error, after its own attempts', async () => {
    const { fetch } = await stand.open(lane)
    const openai = new OpenAI({ apiKey: 'key', baseURL: 'https://localhost:2/v1', fetch, maxRetries: 0 })
    const error = await rejection(openai.models.list())
    expect(error).toBeInstanceOf(APIConnectionError)
    expect(error.cause).toMatchObject({ name: 'TypeError', message: 'fetch failed' })
  })
})
