import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TlsSession, TlsSessionStore } from '../../connect/tls-session-store.ts'
import { anything, boolean, type Check, checkGroup, duration, func, whole } from '../../option-checks.ts'
import {
  byAge,
  fileNameOf,
  readFileName,
  type SessionFile,
  temporaryName,
  writingSince,
} from './file-names.ts'
import { isSingleUse, MOST_SEALED_BYTES, Sealer } from './sealed-session.ts'
import { settledWithin } from './settled-within.ts'
import type { TicketKeys } from './ticket-keys.ts'

export interface FileTlsSessionStoreOptions {
  /** Made, with all above it, when the first session is kept; for its owner alone (0700). Several processes may share it. */
  readonly directory: string
  /** What the files are encrypted with: 32 bytes, or a list of keys of which the first one encrypts. */
  readonly key: TicketKeys
  /** Sessions in all, oldest first out. Default 1,000. */
  readonly maxSessions?: number
  /** Bytes of all files. Default 4 MiB. */
  readonly maxBytes?: number
  /** Sessions to keep per identity, newest first. Default 4. */
  readonly maxPerIdentity?: number
  /** Offer each TLS 1.3 session at most once, even when it is the last. Default false. */
  readonly singleUse?: boolean
  /** How long a dial waits for the file system, ms. Default 50. */
  readonly timeout?: number
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

const directory: Check = (value) => (typeof value === 'string' && value !== '' ? null : 'a path')
const CHECKS = {
  directory,
  // Says more about keys where it takes them apart.
  key: anything,
  maxSessions: whole(1),
  maxBytes: whole(1),
  maxPerIdentity: whole(1),
  singleUse: boolean,
  timeout: duration(0),
  now: func,
}

/** Taken by another process; written by another user; no file at all. The others may be of use. */
const UNREADABLE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR'])

/** A file that has been written for so long is one whose writer died. */
const ABANDONED_AFTER_MS = 60_000

/**
 * TLS sessions in the files of a directory, for processes that come one after the other or stand side by side. A
 * session is one encrypted file, which appears whole or not at all, and which at most one process gets for single use.
 */
export class FileTlsSessionStore implements TlsSessionStore {
  readonly timeout: number
  readonly #directory: string
  readonly #sealer: Sealer
  readonly #limits: { readonly sessions: number; readonly bytes: number; readonly perIdentity: number }
  readonly #singleUse: boolean
  readonly #now: () => number
  readonly #writing = new Set<Promise<void>>()
  #sweeping: Promise<void> | null = null
  #ready: Promise<void> | null = null

  /** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` */
  constructor(options: FileTlsSessionStoreOptions) {
    checkGroup('FileTlsSessionStore', CHECKS, options)
    checkGroup('FileTlsSessionStore', { directory }, { directory: options.directory ?? null })
    this.#directory = options.directory
    this.#sealer = new Sealer(options.key)
    this.#limits = {
      sessions: options.maxSessions ?? 1000,
      bytes: options.maxBytes ?? 4 * 1024 * 1024,
      perIdentity: options.maxPerIdentity ?? 4,
    }
    this.#singleUse = options.singleUse ?? false
    this.#now = options.now ?? Date.now
    this.timeout = options.timeout ?? 50
  }

  async take(identity: string): Promise<TlsSession | undefined> {
    const now = this.#now()
    const live = (await this.#filesOf(identity)).filter(({ expiresAt }) => expiresAt > now).sort(byAge)
    for (const [index, file] of live.entries()) {
      const session = await this.#read(identity, file)
      if (session === null) continue
      const last = index === live.length - 1
      // Whoever removes the file has the session; to all others it was never there.
      const spend = isSingleUse(session) && (this.#singleUse || !last)
      if (!spend || (await this.#remove(file.name))) return session
    }
    return undefined
  }

  add(identity: string, session: TlsSession): Promise<void> {
    const added = this.#add(identity, session).finally(() => this.#writing.delete(added))
    this.#writing.add(added)
    return added
  }

  async forget(identity: string): Promise<void> {
    const files = await this.#filesOf(identity)
    await this.#removeAll(files.map(({ name }) => name))
  }

  /**
   * Resolves when all that was added is in its place: before `process.exit()`, or before a function is frozen. After
   * `timeout` ms, 1,000 unless told otherwise, it resolves anyway: a disk that hangs holds nobody up.
   */
  flush(timeout?: number): Promise<void> {
    return settledWithin([...this.#writing, this.#sweeping], timeout)
  }

  async #add(identity: string, session: TlsSession): Promise<void> {
    const { label, bytes } = this.#sealer.seal(identity, session)
    if (bytes.length > MOST_SEALED_BYTES) return
    const now = this.#now()
    const name = fileNameOf(label, now, bytes.length)
    try {
      await this.#write(name, bytes, now)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      // Somebody removed the directory.
      this.#ready = null
      await this.#write(name, bytes, now)
    }
    await this.#sweep()
  }

  async #write(name: string, bytes: Buffer, now: number): Promise<void> {
    this.#ready ??= prepare(this.#directory)
    await this.#ready.catch((error) => {
      this.#ready = null
      throw error
    })
    const temporary = this.#path(temporaryName(now, randomBytes(8).toString('hex')))
    try {
      await writeFile(temporary, bytes, { mode: 0o600, flag: 'wx' })
      await rename(temporary, this.#path(name))
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw error
    }
  }

  /** null: there is nothing of use in it. What cannot be right is removed. */
  async #read(identity: string, file: SessionFile): Promise<TlsSession | null> {
    const bytes = await this.#contents(file)
    // Another process took it.
    if (bytes === null) return null
    const session = bytes.length === file.bytes ? this.#sealer.open(identity, file.keyId, bytes) : null
    if (session === null) await this.#remove(file.name)
    return session
  }

  async #contents(file: SessionFile): Promise<Buffer | null> {
    const most = Math.min(file.bytes, MOST_SEALED_BYTES)
    try {
      const handle = await open(this.#path(file.name))
      try {
        // One more than there may be: what is longer than its name says is seen, and not read.
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(most + 1), 0, most + 1, 0)
        return buffer.subarray(0, bytesRead)
      } finally {
        await handle.close()
      }
    } catch (error) {
      if (UNREADABLE.has((error as NodeJS.ErrnoException).code)) return null
      throw error
    }
  }

  /** One at a time, and once more when something was added meanwhile. */
  #sweep(): Promise<void> {
    const before = this.#sweeping ?? Promise.resolve()
    const sweep = before.catch(() => {}).then(() => this.#removeAllThat())
    const done = sweep.finally(() => {
      if (this.#sweeping === done) this.#sweeping = null
    })
    this.#sweeping = done
    return done
  }

  async #removeAllThat(): Promise<void> {
    const { files, writing } = await this.#list()
    const now = this.#now()
    const abandoned = writing.filter(({ since }) => since < now - ABANDONED_AFTER_MS)
    const names = superfluous(files, this.#limits, now)
    await this.#removeAll([...names, ...abandoned.map(({ name }) => name)])
  }

  /** Under all the keys that this store has. */
  async #filesOf(identity: string): Promise<SessionFile[]> {
    const { files } = await this.#list()
    const places = this.#sealer.placesOf(identity)
    return files.filter(({ keyId, place }) => places.get(keyId) === place)
  }

  async #list(): Promise<Listing> {
    try {
      return listingOf(await readdir(this.#directory))
    } catch (error) {
      // It is made when there is something to keep.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return listingOf([])
      throw error
    }
  }

  async #removeAll(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#remove(name)))
  }

  /** Whether it was this process that removed it. On Windows a file that another one reads may stay. */
  #remove(name: string): Promise<boolean> {
    return unlink(this.#path(name)).then(
      () => true,
      () => false,
    )
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }
}

interface Listing {
  readonly files: readonly SessionFile[]
  readonly writing: readonly { readonly name: string; readonly since: number }[]
}

/** Whatever else lies in the directory is not ours to touch. */
function listingOf(names: readonly string[]): Listing {
  const files = names.map(readFileName).filter((file) => file !== null)
  const writing = names.flatMap((name) => {
    const since = writingSince(name)
    return since === null ? [] : [{ name, since }]
  })
  return { files, writing }
}

/** The names of files that are too old, too many, or there twice. */
function superfluous(
  files: readonly SessionFile[],
  limits: { readonly sessions: number; readonly bytes: number; readonly perIdentity: number },
  now: number,
): string[] {
  const kept = new Map<string, Set<string>>()
  let sessions = 0
  let bytes = 0
  return [...files].sort(byAge).flatMap((file) => {
    const tags = kept.get(file.place) ?? new Set()
    kept.set(file.place, tags)
    const fits =
      file.expiresAt > now &&
      !tags.has(file.tag) &&
      tags.size < limits.perIdentity &&
      sessions < limits.sessions &&
      bytes + file.bytes <= limits.bytes
    if (!fits) return [file.name]
    tags.add(file.tag)
    sessions += 1
    bytes += file.bytes
    return []
  })
}

/** For its owner alone, also when it was there before. */
async function prepare(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const stats = await stat(directory)
  if (process.platform === 'win32' || (stats.mode & 0o077) === 0) return
  try {
    await chmod(directory, 0o700)
  } catch (cause) {
    // Who can write there can take sessions away and put old ones back.
    if ((stats.mode & 0o022) !== 0)
      throw new Error(
        `other users can write to ${directory}, and its permissions cannot be changed; pass a directory of your own`,
        {
          cause,
        },
      )
  }
}
