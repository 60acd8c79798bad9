/** What one request leaves for a later one. A key belongs to the path that it was put under. */
export class Stash {
  readonly #values = new Map<string, unknown>()

  put(path: string, key: string, value: unknown): void {
    this.#values.set(`${path} ${key}`, value)
  }

  /** Hands the value out and forgets it; null when there is none. */
  take(path: string, key: string): unknown {
    const name = `${path} ${key}`
    const value = this.#values.get(name) ?? null
    this.#values.delete(name)
    return value
  }
}
