/** Origins that are kept; those of a server that announces more are not coalesced. */
const MOST = 1000

/** What the ORIGIN frames of a connection have named (RFC 8336), bounded; null before the first. */
export class AnnouncedOrigins {
  #origins: Set<string> | null = null

  add(origins: readonly string[]): void {
    this.#origins ??= new Set()
    for (const origin of origins) if (this.#origins.size < MOST) this.#origins.add(origin)
  }

  get list(): readonly string[] | null {
    return this.#origins === null ? null : [...this.#origins]
  }
}
