/** Streaming both ways, with progress and a checksum; and what happens when the reader is slower than the writer. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../src/index.ts'
import { bytes } from './support/format.ts'
import { bad, finish, good, note, title } from './support/print.ts'
import { startProgress } from './support/progress.ts'
import { startServer } from './support/server.ts'

const SIZE = 32 * 1024 * 1024
const CHUNK = Buffer.alloc(64 * 1024, 'All work and no play makes Jack a dull boy. ')

/** How far writer and reader are, and how far the writer ever was ahead. Nobody steers by this; it is for show. */
class Transfer {
  written = 0
  read = 0
  furthestAhead = 0

  onWrite(size: number): void {
    this.written += size
    this.furthestAhead = Math.max(this.furthestAhead, this.written - this.read)
  }

  get ahead(): string {
    return `at most ${bytes(this.furthestAhead)} ahead`
  }
}

/** Whatever is to be sent: made piece by piece, when it is asked for. */
async function* generate(transfer: Transfer, sha256 = createHash('sha256')): AsyncGenerator<Buffer> {
  while (transfer.written < SIZE) {
    sha256.update(CHUNK)
    transfer.onWrite(CHUNK.length)
    yield CHUNK
  }
}

/** A reader that takes a rest of 10 ms after each 256 KiB. */
async function* slowly(source: AsyncIterable<Uint8Array>, transfer: Transfer): AsyncGenerator<Uint8Array> {
  let untilRest = 256 * 1024
  for await (const chunk of source) {
    transfer.read += chunk.length
    untilRest -= chunk.length
    if (untilRest <= 0) {
      await sleep(10)
      untilRest = 256 * 1024
    }
    yield chunk
  }
}

const up = new Transfer()
const down = new Transfer()

const server = await startServer(async (request, response) => {
  const sha256 = createHash('sha256')
  if (request.method === 'PUT') {
    for await (const chunk of slowly(request, up)) sha256.update(chunk)
    response.end(sha256.digest('hex'))
    return
  }
  for await (const chunk of generate(down, sha256)) if (!response.write(chunk)) await once(response, 'drain')
  // The checksum is known only when everything was sent: that is what trailers are for.
  response.addTrailers({ sha256: sha256.digest('hex') })
  response.end()
})
const client = createClient({ tls: { ca: server.ca } })

title('Streaming', `${bytes(SIZE)} each way, with only a little of it in memory. The readers are slow.`)

async function upload(): Promise<boolean> {
  const sha256 = createHash('sha256')
  const progress = startProgress('upload', SIZE)
  async function* body() {
    for await (const chunk of generate(up, sha256)) {
      yield chunk
      progress.update(up.written, up.ahead)
    }
  }
  const response = await client.fetch(server.origin, { method: 'PUT', body: body() })
  return (await response.text()) === sha256.digest('hex')
}

async function download(): Promise<boolean> {
  const sha256 = createHash('sha256')
  const progress = startProgress('download', SIZE)
  const response = await client.fetch(server.origin)
  for await (const chunk of slowly(response.body as ReadableStream<Uint8Array>, down)) {
    sha256.update(chunk)
    progress.update(down.read, down.ahead)
  }
  return (await response.trailers).get('sha256') === sha256.digest('hex')
}

const intact = { upload: await upload(), download: await download() }

const result = (ok: boolean) => (ok ? good('✓ sha256 is the same') : bad('✗ sha256 differs'))
console.log(`\n  upload    ${result(intact.upload)}\n  download  ${result(intact.download)}`)
note(
  'No code slows the writers down. HTTP/2 gives them credit only as fast as the reader reads, and the next chunk',
  `of the body is requested only when there is credit: of ${bytes(SIZE)} at most ${bytes(up.furthestAhead)} were waiting on the way up, and`,
  `${bytes(down.furthestAhead)} on the way down. The window for downloads is http2.initialWindowSize, 1 MiB by default.`,
)

await client.close()
await server.close()
finish({
  bytes: SIZE,
  intact,
  furthestAhead: { upload: up.furthestAhead, download: down.furthestAhead },
})
