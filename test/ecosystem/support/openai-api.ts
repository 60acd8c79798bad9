/** As much of the OpenAI API as the tests ask for: completions, whole and streamed, files, models, and failures. */
import { once } from 'node:events'
import { readBody, type ServerReply, type ServerRequest } from '../../support/servers.ts'
import { sleep } from '../../support/wait-for.ts'
import { formOf, json, pathOf } from './http.ts'

/** `text` of a request decides: `endless` is streamed until the client leaves, `cut` ends in the middle. */
interface ChatRequest {
  readonly model: string
  readonly stream?: boolean
  readonly messages: readonly { readonly content: string }[]
}

export interface OpenAiLog {
  /** `METHOD /path`, in order. */
  readonly asked: string[]
  /** `x-stainless-retry-count` of each. */
  readonly attempts: string[]
  /** Streams that ended because the client went away. */
  abandoned: number
}

export function openAiApi(): {
  log: OpenAiLog
  handler(request: ServerRequest, response: ServerReply): unknown
} {
  const log: OpenAiLog = { asked: [], attempts: [], abandoned: 0 }
  const handler = async (request: ServerRequest, response: ServerReply) => {
    log.asked.push(`${request.method} ${pathOf(request)}`)
    log.attempts.push(String(request.headers['x-stainless-retry-count']))
    if (request.headers.authorization !== 'Bearer key') return failure(response, 401, 'invalid_api_key')
    switch (pathOf(request)) {
      case '/v1/chat/completions':
        return chat(JSON.parse((await readBody(request)).toString()), response, log)
      case '/v1/files':
        return upload(request, response)
      case '/v1/files/file-1/content':
        response.writeHead(200, { 'content-type': 'application/octet-stream' })
        response.end(Buffer.alloc(100_000, 'x'))
        return
      case '/v1/models':
        return json(response, 200, { object: 'list', data: [{ id: 'small', object: 'model' }] })
      case '/v1/models/flaky':
        if (log.asked.length === 1) return failure(response, 429, 'rate_limited', { 'retry-after-ms': '1' })
        return json(response, 200, { id: 'flaky', object: 'model' }, { 'x-request-id': 'req-2' })
      case '/v1/models/hangs':
        return void request.resume()
      default:
        return failure(response, 404, 'model_not_found', { 'x-request-id': 'req-404' })
    }
  }
  return { log, handler }
}

async function chat(request: ChatRequest, response: ServerReply, log: OpenAiLog): Promise<void> {
  const text = request.messages.at(-1)?.content ?? ''
  const id = 'chatcmpl-1'
  if (request.stream !== true) {
    const message = { role: 'assistant', content: `You said: ${text}` }
    return json(response, 200, { id, object: 'chat.completion', choices: [{ index: 0, message }] })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const left = once(response, 'close').then(() => true as const)
  for (const word of text === 'endless' ? endlessly('word') : [...text.split(' '), '…ü🙂']) {
    const chunk = { id, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: word } }] }
    const bytes = Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)
    // Cut where it hurts: in the middle of a line, and of a character.
    response.write(bytes.subarray(0, bytes.length - 12))
    if ((await Promise.race([left, sleep(2)])) === true) {
      log.abandoned += 1
      return
    }
    response.write(bytes.subarray(bytes.length - 12))
    if (text === 'cut') {
      await sleep(20)
      if (response.stream === undefined) response.socket?.destroy()
      else response.stream.close(2)
      return
    }
  }
  response.end('data: [DONE]\n\n')
}

function* endlessly(word: string): Generator<string> {
  for (;;) yield word
}

async function upload(request: ServerRequest, response: ServerReply): Promise<void> {
  const form = await formOf(request, await readBody(request))
  const file = form.get('file') as File
  const { name: filename, size: bytes, type } = file
  const text = (await file.text()).slice(0, 12)
  json(response, 200, {
    id: 'file-1',
    object: 'file',
    purpose: form.get('purpose'),
    filename,
    bytes,
    type,
    text,
  })
}

function failure(
  response: ServerReply,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  json(
    response,
    status,
    { error: { message: `It is ${code}.`, type: 'invalid_request_error', code } },
    headers,
  )
}
