import { connect, type Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import type { TopSnapshot } from '../../telemetry/top/snapshot.ts'
import { CliError, ExitCode } from '../exit-codes.ts'

/** A snapshot has room for less than a fifth of it. */
const LONGEST_LINE = 1024 * 1024

/** Looks at a process by its socket: gives its snapshots as they come, until it or the user has enough. */
export async function* watch(path: string, signal: AbortSignal): AsyncGenerator<TopSnapshot> {
  const socket = await opened(path)
  const stop = () => socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    for await (const line of linesOf(socket)) yield parseSnapshot(line)
  } catch (error) {
    // Destroyed by us, or by a process that was killed: it is over either way.
    if (!signal.aborted && error instanceof CliError) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}

function opened(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.once('error', (cause) => {
      const why = cause.message
      reject(new CliError(ExitCode.NOT_READY, `No process can be watched at ${path}: ${why}.`, cause))
    })
  })
}

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of socket) {
    rest += decoder.write(chunk)
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      yield rest.slice(0, end)
      rest = rest.slice(end + 1)
    }
    if (rest.length > LONGEST_LINE) throw strange('it sends a line without end')
  }
}

function parseSnapshot(line: string): TopSnapshot {
  let data: TopSnapshot | null = null
  try {
    data = JSON.parse(line)
  } catch {
    // Told below.
  }
  if (data?.kind !== 'trunkline-top') throw strange('it is no process with trunkline/top')
  if (data.version !== 1) throw strange(`it speaks version ${data.version}, and this is version 1`)
  return data
}

function strange(why: string): CliError {
  return new CliError(ExitCode.NOT_READY, `Cannot understand the other side: ${why}.`)
}
