/** Whoever has seen enough of a response says so in one of these ways, and the server is to hear of it. */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { ServerReply } from '../support/servers.ts'
import { sleep, waitFor } from '../support/wait-for.ts'
import { bodyOf, type NodeWebStream } from './support/body.ts'
import { lanes, rejection, Stand } from './support/stand.ts'

const farewells: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  'body.cancel()': async (response) => response.body?.cancel(),
  'reader.cancel()': async (response) => {
    const reader = bodyOf(response).getReader()
    await reader.read()
    await reader.cancel('enough')
  },
  'a loop that is left': async (response) => {
    for await (const _ of bodyOf(response)) break
  },
  'a Readable of Node that is destroyed': async (response) => {
    const readable = Readable.fromWeb(response.body as NodeWebStream)
    await once(readable, 'readable')
    readable.destroy()
  },
  'a pipe that is aborted': async (response) => {
    const controller = new AbortController()
    const sink = new WritableStream({ write: () => controller.abort() })
    await rejection(bodyOf(response).pipeTo(sink, { signal: controller.signal }))
  },
  'a pipe through, whose end is left': async (response) => {
    for await (const _ of bodyOf(response).pipeThrough(new TextDecoderStream())) break
  },
  'both branches of a clone': async (response) => {
    const clone = response.clone()
    await Promise.all([response.body?.cancel(), clone.body?.cancel()])
  },
  'a Response of their own around it': async (response) => new Response(response.body).body?.cancel(),
}

async function endless(response: ServerReply): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain' })
  while (!response.destroyed && !response.writableEnded) {
    response.write('word '.repeat(100))
    await sleep(2)
  }
}

const stand = new Stand()

describe.each(lanes)('the server is told, over $name, by', (lane) => {
  test.each(Object.entries(farewells))('%s', async (_name, leave) => {
    const { fetch, origin, server } = await stand.open(lane, (_request, response) => endless(response))
    await leave(await fetch(origin))
    await waitFor(() => server.counts.activeRequests === 0, { message: 'the server to hear of it' })
    expect(server.counts.requests).toBe(1)
  })
})
