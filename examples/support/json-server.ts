/** A server in a thread of its own, so that its work is not in the way: takes uploads, and gives `/orders`. */
import { pipeline } from 'node:stream/promises'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { orders } from './orders.ts'
import { startServer } from './server.ts'

const PIECE = 64 * 1024

export interface JsonServer {
  readonly origin: string
  readonly ca: string
  close(): Promise<unknown>
}

/** `megabytes`: the size of what `/orders` gives. */
export async function startJsonServer(megabytes: number): Promise<JsonServer> {
  const worker = new Worker(new URL(import.meta.url), {
    argv: [String(megabytes)],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const { origin, ca } = await new Promise<{ origin: string; ca: string }>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  return { origin, ca, close: () => worker.terminate() }
}

if (!isMainThread) {
  const text = Buffer.from(JSON.stringify(orders(Number(process.argv[2]))))
  const server = await startServer(async (request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'GET') return pipeline(piecesOf(text), response)
    let bytes = 0
    for await (const chunk of request) bytes += (chunk as Buffer).length
    response.end(JSON.stringify({ bytes }))
  })
  parentPort?.postMessage({ origin: server.origin, ca: server.ca })
}

/** So that twenty of them do not stand in the memory of the connection. */
function* piecesOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE)
}
