/** `npm run example` lists the examples, `npm run example -- NAME` runs one. */
import { bold, dim } from './support/print.ts'

/** In the order in which they are worth reading. */
const examples: Readonly<Record<string, string>> = {
  quickstart: '100 requests at once, on one connection',
  'drop-in-fetch': "a program for the platform's fetch, with one word replaced",
  multiplexing: '10 calls over a 50 ms link: HTTP/1.1 on 6 connections against one HTTP/2 session',
  'client-per-call': 'a client made for each call against one shared client',
  'tls-resumption': 'reconnects: time and bytes of full against resumed TLS handshakes',
  'redis-tickets': 'processes that live for one request, and resume the sessions of those before',
  keepalive: 'a connection that dies without a word, and who notices',
  'http1-fallback': 'servers with and without HTTP/2, and one that changes its mind',
  streaming: 'upload and download with progress, checksum and backpressure',
  'openai-streaming': 'the openai client with our fetch: streams that share a connection',
  got: 'got with its own HTTP/2 and over our client: cold start, GOAWAY, HTTP/2 switched off',
  axios: "axios with Node's agent and over our client",
  'aws-sdk': 'the AWS SDK with its own handler and with our fetch',
  limits: 'two origins under one limit: fairness, priority, and limits that change',
  adaptive: 'a server whose capacity changes, and a client that finds out',
  breaker: 'a server that is down for a while, and a client that leaves it alone',
  discovery: 'a service with several endpoints: slow, failing, leaving and new ones',
  proxy: 'HTTP/2 through proxies of HTTP/1.1, HTTP/2 and SOCKS, by names that only they know',
  cache: 'what an HTTP cache serves without asking, and what when nobody answers',
  json: 'twenty objects of 5 MB sent and read, and how long everything else has to wait',
  metrics: 'a scrape by Prometheus: what a client did, in bounded series',
  tracing: 'OpenTelemetry: a call with a redirect, a retry and a dial, as the tree of its trace',
  waterfall: 'services that are slow in different places, and a page that shows which and where',
  logging: 'structured logs with pino: one id for an order, its calls and the servers they reach',
  websocket: 'fifty WebSockets beside requests on one connection, and a server without extended CONNECT',
  sse: 'an event stream that is cut off again and again, and misses nothing',
  connect: 'Connect, gRPC and gRPC-Web over one session: calls, streams, a deadline',
  mock: 'a test without a network: answers, failures, time',
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
