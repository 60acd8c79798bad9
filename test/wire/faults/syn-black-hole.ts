/** An address whose SYNs nobody answers, on loopback. */
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

export interface BlackHole {
  readonly port: number
  close(): Promise<void>
}

/** The thread listens and then stops, so that nothing is accepted any more. */
const LISTEN = `
  const { workerData, parentPort } = require('node:worker_threads')
  const server = require('node:net').createServer()
  server.listen({ host: workerData.host, port: workerData.port, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
  })
`

/** Linux drops SYNs for a listener whose queue of unaccepted connections is full; a few fillers see to that. */
export async function blackHoleListener(host: string, port = 0): Promise<BlackHole> {
  const worker = new Worker(LISTEN, { eval: true, workerData: { host, port } })
  const listening = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const fillers: Socket[] = []
  do {
    const filler = connect({ host, port: listening })
    filler.on('error', () => {})
    fillers.push(filler)
  } while (await connects(fillers.at(-1) as Socket))
  return {
    port: listening,
    async close() {
      for (const filler of fillers) filler.destroy()
      await worker.terminate()
    },
  }
}

function connects(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 100)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
