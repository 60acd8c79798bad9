import { chmodSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { Gauges } from './gauges.ts'
import { clearAway, secureFolder, socketFolder, socketPath } from './place.ts'
import type { TopSnapshot } from './snapshot.ts'

/** Options of `expose`. */
export interface ExposeOptions {
  /** The folder of the socket. Default: `trunkline` under `XDG_RUNTIME_DIR`, else one of the user's in the temporary folder. */
  readonly folder?: string
}

/** A process that `trunkline top` can look at. */
export interface Exposure extends AsyncDisposable {
  /** The socket: `trunkline top PATH`. */
  readonly path: string
  /** Lets nobody look any more. */
  close(): Promise<void>
}

/** ms between two snapshots. */
const INTERVAL = 1000
/** Viewers at once. */
const MOST_VIEWERS = 4
/** Bytes that a viewer who does not read may leave lying. */
const MOST_UNREAD = 256 * 1024
/** A Unix domain socket has no room for a longer path; macOS has the least. */
const LONGEST_PATH = 103

/** One window is enough for a process, whoever asks for it. */
const open = new Map<string, Promise<Exposure>>()

/**
 * Lets `trunkline top` look at the clients of this process, by a socket that only the same user can open. Viewers can
 * only look: nothing they say is listened to. Nobody waits for them, and the process does not live on for them.
 * @throws Error when there can be no such socket: the folder is open to others, or its path too long.
 */
export function expose(options: ExposeOptions = {}): Promise<Exposure> {
  const folder = options.folder ?? socketFolder()
  const known = open.get(folder)
  if (known !== undefined) return known
  const made = exposeIn(folder)
  open.set(folder, made)
  made.catch(() => open.delete(folder))
  return made
}

async function exposeIn(folder: string): Promise<Exposure> {
  secureFolder(folder)
  const path = socketPath(process.pid, folder)
  if (path.length > LONGEST_PATH && process.platform !== 'win32') {
    throw new Error(`${path} is too long for a socket path; choose a shorter folder`)
  }
  const window = new Window()
  const isFile = process.platform !== 'win32'
  // One of a process that is gone, and had the same number.
  if (isFile) clearAway(path)
  try {
    await window.open(path)
    // The folder keeps others out from the first moment; this holds if somebody opens the folder.
    if (isFile) chmodSync(path, 0o600)
  } catch (error) {
    window.stop()
    throw error
  }
  const onExit = () => clearAway(path)
  if (isFile) process.once('exit', onExit)
  const close = async () => {
    open.delete(folder)
    process.off('exit', onExit)
    await window.close()
    if (isFile) clearAway(path)
  }
  return { path, close, [Symbol.asyncDispose]: close }
}

class Window {
  readonly #gauges = new Gauges()
  readonly #viewers = new Set<Socket>()
  readonly #server: Server = createServer((socket) => this.#onViewer(socket))
  #timer: NodeJS.Timeout | undefined

  open(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(path, () => {
        this.#server.off('error', reject)
        // Of what comes later nothing is worth the life of the process.
        this.#server.on('error', () => {})
        resolve()
      })
      this.#server.unref()
    })
  }

  close(): Promise<void> {
    this.stop()
    for (const viewer of this.#viewers) viewer.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#gauges.stop()
  }

  #onViewer(socket: Socket): void {
    socket.on('error', () => {})
    if (this.#viewers.size >= MOST_VIEWERS) {
      socket.destroy()
      return
    }
    // Whoever speaks has mistaken the door.
    socket.on('data', () => socket.destroy())
    socket.on('close', () => this.#onLeft(socket))
    socket.unref()
    this.#viewers.add(socket)
    if (this.#viewers.size === 1) this.#begin()
    this.#show(socket, lineOf(this.#gauges.snapshot()))
  }

  #begin(): void {
    this.#gauges.watch()
    this.#timer = setInterval(() => {
      const line = lineOf(this.#gauges.turn())
      for (const viewer of this.#viewers) this.#show(viewer, line)
    }, INTERVAL).unref()
  }

  #onLeft(socket: Socket): void {
    this.#viewers.delete(socket)
    if (this.#viewers.size > 0) return
    clearInterval(this.#timer)
    this.#gauges.unwatch()
  }

  #show(viewer: Socket, line: string): void {
    if (viewer.writableLength < MOST_UNREAD) viewer.write(line)
  }
}

function lineOf(snapshot: TopSnapshot): string {
  return `${JSON.stringify(snapshot)}\n`
}
