/** `npm run example` lists the examples, `npm run example -- NAME` runs one. */
import { bold, dim } from './support/print.ts'

/** In the order in which they are worth reading. */
const examples: Readonly<Record<string, string>> = {
  quickstart: '100 requests at once, on one connection',
  'drop-in-fetch': "a program for the platform's fetch, with one word replaced",
  multiplexing: '10 calls over a 50 ms link: HTTP/1.1 on 6 connections against one HTTP/2 session',
  'client-per-call': 'a client made for each call against one shared client',
  'tls-resumption': 'reconnects: time and bytes of full against resumed TLS handshakes',
  keepalive: 'a connection that dies without a word, and who notices',
  'http1-fallback': 'servers with and without HTTP/2, and one that changes its mind',
  streaming: 'upload and download with progress, checksum and backpressure',
  'openai-streaming': 'the openai client with our fetch: streams that share a connection',
  'aws-sdk': 'the AWS SDK with its own handler and with our fetch',
  limits: 'two origins under one limit: fairness, priority, and limits that change',
  adaptive: 'a server whose capacity changes, and a client that finds out',
  breaker: 'a server that is down for a while, and a client that leaves it alone',
  discovery: 'a service with several endpoints: slow, failing, leaving and new ones',
  cache: 'what an HTTP cache serves without asking, and what when nobody answers',
  json: 'twenty objects of 5 MB sent and read, and how long everything else has to wait',
  logging: 'structured logs with pino: one id for an order, its calls and the servers they reach',
  waterfall: 'services that are slow in different places, and a page that shows which and where',
  shutdown: 'close() under load: what is finished, refused and cut',
}

function list(): string {
  const lines = Object.entries(examples).map(([name, about]) => `  ${bold(name.padEnd(17))} ${about}`)
  return `\n${lines.join('\n')}\n\n  ${dim('npm run example -- NAME   runs one; each is one file in examples/')}\n`
}

/** The example that was probably meant: the one whose name has the most pairs of letters in common with `name`. */
function closest(name: string): string | undefined {
  const pairsOf = (word: string) => Array.from(word.slice(1), (letter, index) => `${word[index]}${letter}`)
  const pairs = pairsOf(name)
  const likeness = (other: string) => pairsOf(other).filter((pair) => pairs.includes(pair)).length
  const [best = ''] = Object.keys(examples).sort((a, b) => likeness(b) - likeness(a))
  return likeness(best) > 1 ? best : undefined
}

const [name] = process.argv.slice(2)
if (name === undefined) {
  console.log(list())
} else if (Object.hasOwn(examples, name)) {
  await import(`./${name}.ts`)
} else {
  const meant = closest(name)
  console.error(
    `There is no example "${name}".${meant === undefined ? '' : ` Did you mean ${meant}?`}\n${list()}`,
  )
  process.exitCode = 1
}
