/** Uses the global `fetch` in the main thread and in a worker, and prints what carried it. Argument: origin. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const protocolOf = async (origin: string) => ((await fetch(origin)) as { protocol?: string }).protocol

if (isMainThread) {
  const origin = process.argv[2] as string
  const main = await protocolOf(origin)
  const data = await (await fetch('data:,x')).text()
  const worker = await new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { argv: [origin] })
    thread.once('message', resolve)
    thread.once('error', reject)
  })
  console.log(JSON.stringify({ main, worker, data }))
} else {
  parentPort?.postMessage(await protocolOf(process.argv[2] as string))
}
