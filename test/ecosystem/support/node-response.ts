/** Requests of Node's `http` interface as promises. */
import type { ClientRequest, IncomingMessage } from 'node:http'

export interface Whole {
  readonly message: IncomingMessage
  readonly status: number
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server sent
  readonly json: any
}

/** The response, when it has begun. */
export function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
}

/** The response with its body. */
export async function wholeResponseTo(request: ClientRequest): Promise<Whole> {
  const message = await responseTo(request)
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return {
    message,
    status: message.statusCode ?? 0,
    text,
    get json() {
      return JSON.parse(text)
    },
  }
}

/** What a request fails with. */
export function failureOf(request: ClientRequest): Promise<NodeJS.ErrnoException> {
  return new Promise((resolve, reject) => {
    request.once('response', () => reject(new Error('there was a response')))
    request.once('error', resolve)
  })
}
