/** A program written for the platform's fetch: unchanged, with one import changed, and with one import added. */
import { once } from 'node:events'
import { setDefaultCACertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { defaultClient, fetch as ourFetch } from '../src/index.ts'
import { runProgram } from './support/fetch-program.ts'
import { bad, finish, good, note, table, title } from './support/print.ts'
import { type Handler, startServer } from './support/server.ts'

const routes: Readonly<Record<string, Handler>> = {
  '/hello': (request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ hello: request.headers['x-name'] }))
  },
  '/form': async (request, response) => {
    const contentType = String(request.headers['content-type'])
    const whole = new Response(await bodyOf(request), { headers: { 'content-type': contentType } })
    const form = await whole.formData()
    const file = form.get('file') as File
    response.end(`${form.get('title')}: ${file.name}, ${file.type}, ${file.size} bytes`)
  },
  '/upload': async (request, response) => response.end(`got "${await bodyOf(request)}"`),
  '/lines': (_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync('all work and no play\n'.repeat(10_000)))
  },
  '/old': (_request, response) => {
    response.writeHead(302, { location: '/hello' })
    response.end()
  },
  '/never': (request) => once(request, 'close'),
}

async function bodyOf(request: Parameters<Handler>[0]): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const server = await startServer((request, response) => routes[request.url]?.(request, response))
// Both use the default list of authorities. Your servers have certificates that are trusted without this line.
setDefaultCACertificates([server.ca])

title(
  'Drop-in fetch',
  "A program for the platform's fetch: examples/support/fetch-program.ts. It runs three times.",
)

// 1. As it is.
const expected = await runProgram(server.origin)

// 2. With one word replaced: another `fetch`.
const replaced = await runProgram(server.origin, ourFetch)

// 3. As it is, in a process whose `fetch` is ours: `node --import trunkline/register program.js`, or this line.
await import('../src/register.ts')
const registered = await runProgram(server.origin)

const same = (answers: Map<string, string>, task: string) =>
  answers.get(task) === expected.get(task) ? good('same') : bad(answers.get(task) ?? '')
table(
  ['task', "the platform's answer", 'replaced', 'registered'],
  [...expected].map(([task, answer]) => [task, answer, same(replaced, task), same(registered, task)]),
)

const tasks = expected.size
const equal = [...expected].filter(
  ([task, answer]) => replaced.get(task) === answer && registered.get(task) === answer,
).length
const { dials: connections } = defaultClient().stats()
note(
  `${equal} of ${tasks} answers are the same, including failures and timeouts.`,
  `The two runs on Trunkline took ${connections} connection to the server: imported or registered, \`fetch\` uses the`,
  'one client of the process.',
)

await defaultClient().close()
await server.close()
finish({ tasks, same: equal, connections })
