import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { TlsFiles, TlsMaterial, TlsReloadOptions } from './connect/tls-identity.ts'
import type { Clock, Timer } from './core/clock.ts'
import { InvalidRequestError } from './core/errors.ts'
import { isError } from './core/is-error.ts'

const DEFAULT_INTERVAL = 60_000

/** How often `tls.reload` changed something, and failed to. */
export interface ReloadStats {
  /** Times that other certificates, keys or options were put in force. */
  readonly changes: number
  /** Times that they could not be read or used; those in force stayed. */
  readonly failures: number
}

export interface ReloadContext {
  readonly clock: Clock
  readonly options: TlsReloadOptions
  /** Puts it in force, and says whether anything changed. @throws for what cannot be used. */
  apply(material: TlsMaterial): boolean
}

/**
 * Looks at the files and asks the function at each interval. Contents are compared, not events of the file system:
 * those get lost on network file systems, and where a file is replaced through a link, as orchestrators do.
 */
export class TlsReload {
  readonly #context: ReloadContext
  #changes = 0
  #failures = 0
  #timer: Timer | null = null
  #stopped = false

  constructor(context: ReloadContext) {
    this.#context = context
    this.#schedule()
  }

  get stats(): ReloadStats {
    return { changes: this.#changes, failures: this.#failures }
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #schedule(): void {
    if (this.#stopped) return
    const { clock, options } = this.#context
    this.#timer = clock.setTimeout(() => void this.#look(), options.interval ?? DEFAULT_INTERVAL)
  }

  async #look(): Promise<void> {
    const { options, apply } = this.#context
    try {
      const material = { ...(await readFiles(options.files)), ...(await options.load?.()) }
      if (!this.#stopped && apply(material)) this.#changes += 1
    } catch (error) {
      // A certificate whose key is not written yet, for one: the next look finds them together.
      this.#failures += 1
      warnOnce(error)
    }
    this.#schedule()
  }
}

type Contents = Partial<Record<keyof TlsFiles, Buffer | Buffer[]>>

async function readFiles(files: TlsFiles = {}): Promise<Contents> {
  const read = Object.entries(given(files)).map(async ([option, paths]) => {
    const contents =
      typeof paths === 'string' ? readFile(paths) : Promise.all(paths.map((path) => readFile(path)))
    return [option, await contents] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the file */
export function readFilesNow(files: TlsFiles = {}): TlsMaterial {
  const read = Object.entries(given(files)).map(([option, paths]) => {
    const each = (path: string) => readNow(option, path)
    return [option, typeof paths === 'string' ? each(paths) : paths.map(each)]
  })
  return Object.fromEntries(read)
}

function given(files: TlsFiles): Record<string, string | readonly string[]> {
  return Object.fromEntries(Object.entries(files).filter(([, paths]) => paths !== undefined))
}

function readNow(option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      `Invalid client option: tls.reload.files.${option} cannot be read: ${(cause as Error).message}.`,
      { cause },
    )
  }
}

let warned = false

function warnOnce(error: unknown): void {
  if (warned) return
  warned = true
  process.emitWarning(
    `TLS certificates could not be reloaded; the current ones stay in use: ${isError(error) ? error.message : String(error)}`,
    { type: 'TrunklineWarning', code: 'TRUNKLINE_TLS_RELOAD' },
  )
}
