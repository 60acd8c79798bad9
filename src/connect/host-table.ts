import type { Origin } from '../core/origin.ts'

/** `example.com`, `*.example.com` (every name below it, itself not), each with or without `:port`; `[::1]:8443`. */
const PATTERN = /^(\*\.)?(\[[0-9a-f:.]+\]|[^\s:/?#@*[\]]+)(?::(\d{1,5}))?$/i

interface HostPattern {
  readonly below: boolean
  readonly hostname: string
  readonly port: number | null
}

/** null: it is no pattern. Names come out as URLs have them, lower-case and in ASCII. */
function readPattern(pattern: string): HostPattern | null {
  const [, star, host = '', digits] = PATTERN.exec(pattern) ?? []
  const url = host === '' ? null : URL.parse(`https://${host}/`)
  if (url === null || url.hostname === '') return null
  const port = digits === undefined ? null : Number(digits)
  if (port !== null && (port < 1 || port > 65_535)) return null
  const hostname = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return { below: star !== undefined, hostname, port }
}

export function isHostPattern(pattern: string): boolean {
  return readPattern(pattern) !== null
}

/** Values by host. The most specific pattern counts alone: a host before the names below one, a port before none. */
export class HostTable<T> {
  readonly #values = new Map<string, T>()

  /** What is no pattern is passed over: it was refused where the user gave it. */
  constructor(entries: Iterable<readonly [pattern: string, value: T]>) {
    for (const [text, value] of entries) {
      const pattern = readPattern(text)
      if (pattern !== null) this.#values.set(keyOf(pattern.below, pattern.hostname, pattern.port), value)
    }
  }

  get size(): number {
    return this.#values.size
  }

  find({ hostname, port }: Pick<Origin, 'hostname' | 'port'>): T | undefined {
    if (this.#values.size === 0) return undefined
    const exact = this.#at(false, hostname, port)
    if (exact !== undefined) return exact
    for (let dot = hostname.indexOf('.'); dot !== -1; dot = hostname.indexOf('.', dot + 1)) {
      const found = this.#at(true, hostname.slice(dot + 1), port)
      if (found !== undefined) return found
    }
    return undefined
  }

  #at(below: boolean, hostname: string, port: number): T | undefined {
    return this.#values.get(keyOf(below, hostname, port)) ?? this.#values.get(keyOf(below, hostname, null))
  }
}

function keyOf(below: boolean, hostname: string, port: number | null): string {
  return `${below ? '*.' : ''}${hostname}|${port ?? ''}`
}
