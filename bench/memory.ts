/**
 * `node bench/memory.ts`: what many requests in flight, and many idle connections, cost a client in memory. Each client
 * has a process of its own for either; so has the server. `--requests N` (10,000), `--origins N` (1,000), `--json`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureCertificates } from '../certs/generate.ts'
import type { Figures, Order } from './memory-client.ts'
import { markdownTable } from './memory-table.ts'

const CLIENTS = ['trunkline, wire', 'trunkline, node', 'node:http2 by hand'] as const
/** ms. */
const PATIENCE = 120_000

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    origins: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
})

const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

function start(script: string, flags: readonly string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = fork(file, [], {
    execArgv: ['--disable-warning=ExperimentalWarning', ...flags],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

async function ask<T>(child: ChildProcess, message: object): Promise<T> {
  child.send(message)
  const signal = AbortSignal.timeout(PATIENCE)
  const [answer] = (await Promise.race([
    once(child, 'message', { signal }),
    once(child, 'exit', { signal }).then(() => Promise.reject(new Error('a process ended early'))),
  ])) as [T]
  return answer
}

async function measure(
  client: (typeof CLIENTS)[number],
  requests: number,
  origins: number,
): Promise<Figures> {
  const { ca, localhost } = await ensureCertificates()
  const server = start('memory-server.ts')
  const { ports } = await ask<{ ports: number[] }>(server, { ...localhost, ports: origins })
  const child = start('memory-client.ts', ['--expose-gc'])
  // The server says when all requests are there; the client measures, and then lets them go.
  server.on('message', (message) => child.connected && child.send(message as object))
  child.on('message', (message) => {
    if ((message as { release?: true }).release) server.send({ release: true })
  })
  const order: Order = { client, ca, ports, requests }
  server.send({ expect: order.requests })
  child.send(order)
  try {
    for (;;) {
      const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(PATIENCE) })) as [Figures]
      if ('end' in message) return message
    }
  } finally {
    child.kill('SIGKILL')
    server.kill('SIGKILL')
  }
}

const requests = Number(values.requests)
const origins = Number(values.origins)
const all: [string, Figures, Figures][] = []
for (const client of CLIENTS)
  all.push([client, await measure(client, requests, 1), await measure(client, 0, origins + 1)])
if (values.json) console.log(JSON.stringify(all))
else console.log(markdownTable(all, requests, origins))
process.exit()
