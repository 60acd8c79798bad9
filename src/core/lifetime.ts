/** The life of a client, for whoever waits outside any connection and must not outlive it. */
export class Lifetime {
  readonly #watchers = new Set<(reason: unknown) => void>()
  #end: { readonly reason: unknown } | null = null

  get ended(): { readonly reason: unknown } | null {
    return this.#end
  }

  watch(run: (reason: unknown) => void): void {
    this.#watchers.add(run)
  }

  unwatch(run: (reason: unknown) => void): void {
    this.#watchers.delete(run)
  }

  /** Ends it, once; every watcher is told before this returns. */
  end(reason: unknown): void {
    if (this.#end !== null) return
    this.#end = { reason }
    for (const run of this.#watchers) run(reason)
    this.#watchers.clear()
  }
}
