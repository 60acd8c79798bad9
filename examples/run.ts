/** `npm run example` lists the examples, `npm run example -- NAME` runs one. */
import { bold, dim } from './support/print.ts'

/** In the order in which they are worth reading. */
const examples: Readonly<Record<string, string>> = {
  quickstart: '100 requests at once, on one connection',
  'drop-in-fetch': "a program for the platform's fetch, with one import changed",
  multiplexing: '10 calls over a 50 ms link: six HTTP/1.1 connections, and one HTTP/2 session',
  'client-per-call': 'a client per call, compared with one shared client',
  'tls-resumption': 'reconnects: time and bytes of full and of resumed TLS handshakes',
  'redis-tickets': 'short-lived processes that resume the TLS sessions of earlier ones',
  keepalive: 'a connection that dies silently, and which client notices',
  'http1-fallback': 'servers with and without HTTP/2, and one that switches',
  streaming: 'upload and download with progress, checksum and backpressure',
  'openai-streaming': "the openai client with Trunkline's fetch: streams that share a connection",
  got: 'got on its own HTTP/2 and on Trunkline: cold start, GOAWAY, HTTP/2 switched off',
  axios: "axios with Node's agent and on Trunkline",
  'aws-sdk': "the AWS SDK with its own handler and with Trunkline's fetch",
  limits: 'two origins under one limit: fairness, priority, and limits that change',
  adaptive: 'a server whose capacity changes, and a client that adapts',
  breaker: 'a server that is down for a while, and a client that stops calling it',
  discovery: 'a service whose endpoints are slow, fail, leave and join',
  proxy: 'HTTP/2 through HTTP/1.1, HTTP/2 and SOCKS proxies, to names that only they can resolve',
  cache: 'what an HTTP cache answers by itself, and when the server is down',
  json: 'twenty 5 MB objects sent and read, and how long everything else waits',
  metrics: 'a Prometheus scrape: what a client did, in a bounded number of series',
  tracing: 'OpenTelemetry: a call with a redirect, a retry and a dial, as a trace tree',
  waterfall: 'services that are slow in different phases, and a page that shows it',
  logging: 'structured logs with pino: one id for an order, its calls and the servers they reach',
  websocket: 'fifty WebSockets and requests on one connection, and a server without extended CONNECT',
  sse: 'an event stream that is cut off repeatedly and misses nothing',
  connect: 'Connect, gRPC and gRPC-Web over one session: calls, streams, a deadline',
  mock: 'a test without a network: answers, failures, time',
  shutdown: 'close() under load: what is finished, refused and cut',
}

function list(): string {
  const lines = Object.entries(examples).map(([name, about]) => `  ${bold(name.padEnd(17))} ${about}`)
  return `\n${lines.join('\n')}\n\n  ${dim('npm run example -- NAME   runs one; each is a file in examples/')}\n`
}

/** The example that was probably meant: the one whose name shares most pairs of letters with `name`. */
function closest(name: string): string | undefined {
  const pairsOf = (word: string) => Array.from(word.slice(1), (letter, index) => `${word[index]}${letter}`)
  const pairs = pairsOf(name)
  const likeness = (other: string) => {
    const others = pairsOf(other)
    return (2 * others.filter((pair) => pairs.includes(pair)).length) / (pairs.length + others.length)
  }
  const [best = ''] = Object.keys(examples).sort((a, b) => likeness(b) - likeness(a))
  return likeness(best) >= 0.4 ? best : undefined
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
