/** The openai client with our `fetch`: 24 completions streamed at once, some of them left in the middle. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { createClient } from '../src/index.ts'
import { accent, bar, dim, finish, note, title } from './support/print.ts'
import { type Handler, startServer } from './support/server.ts'

const CHATS = 24
const TOKENS = 40
/** Every sixth reader has seen enough after so many. */
const ENOUGH = 10

/** A model of few words: one token every 5 ms, as long as somebody reads. */
let generated = 0
const model: Handler = async (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let left = false
  response.once('close', () => {
    left = true
  })
  for (let token = 1; token <= TOKENS && !left; token += 1) {
    const chunk = { id: 'chat', choices: [{ index: 0, delta: { content: `token-${token} ` } }] }
    generated += 1
    if (!response.write(`data: ${JSON.stringify(chunk)}\n\n`)) await once(response, 'drain')
    await sleep(5)
  }
  if (!left) response.end('data: [DONE]\n\n')
}

const server = await startServer(model)
const client = createClient({ tls: { ca: server.ca } })
// The one line that matters: the client takes any `fetch`.
const openai = new OpenAI({ apiKey: 'not needed here', baseURL: `${server.origin}/v1`, fetch: client.fetch })

interface Chat {
  readonly tokens: number
  /** ms until the first token. */
  readonly first: number
  readonly whole: boolean
}

async function chat(index: number): Promise<Chat> {
  const startedAt = performance.now()
  let first = 0
  let tokens = 0
  const messages = [{ role: 'user' as const, content: `What is ${index}?` }]
  const stream = await openai.chat.completions.create({ model: 'small', messages, stream: true })
  for await (const _chunk of stream) {
    tokens += 1
    if (tokens === 1) first = performance.now() - startedAt
    // Leaving the loop cancels the stream: the server is told, and the connection goes on.
    if (index % 6 === 5 && tokens === ENOUGH) break
  }
  return { tokens, first, whole: tokens === TOKENS }
}

title('openai, streaming', `${CHATS} completions at once; every sixth reader leaves after ${ENOUGH} tokens.`)
const chats = await Promise.all(Array.from({ length: CHATS }, (_, index) => chat(index)))
for (const [index, { tokens, first, whole }] of chats.entries()) {
  const line = bar(tokens, TOKENS)
  const remark = whole ? `first token after ${Math.round(first)} ms` : 'left early'
  console.log(
    `  ${String(index + 1).padStart(2)} ${accent(line)}${' '.repeat(40 - line.length)} ${dim(remark)}`,
  )
}

const { connections, requests } = client.stats()
const finished = chats.filter(({ whole }) => whole).length
await client.close()
await server.close()

const saved = CHATS * TOKENS - generated
note(
  `All of them shared ${connections} connection${connections === 1 ? '' : 's'}.`,
  `Over HTTP/1.1 each stream occupies a connection until its last token, and leaving the stream closes it.`,
  `The server was told which readers left, and did not generate ${saved} tokens.`,
)
finish({ chats: requests, finished, left: CHATS - finished, connections, saved: saved > 0 })
