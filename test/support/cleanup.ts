/** Things to close after a test, last one first; every one is closed, and then the failures are thrown. */

export type Closeable =
  | { close(): unknown }
  | { [Symbol.asyncDispose](): PromiseLike<void> }
  | { destroy(): unknown }
  | (() => unknown)

/**
 * ```ts
 * const cleanup = new Cleanup()
 * afterEach(() => cleanup.run())
 * const server = cleanup.add(await startH2Server())
 * ```
 */
export class Cleanup {
  #things: Closeable[] = []

  /** Returns what it was given. */
  add<T extends Closeable>(thing: T): T {
    this.#things.push(thing)
    return thing
  }

  async run(): Promise<void> {
    const things = this.#things.reverse()
    this.#things = []
    const errors: unknown[] = []
    for (const thing of things) {
      try {
        await close(thing)
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1)
      throw new AggregateError(errors, `cleanup failed: ${errors.map(String).join('; ')}`)
  }
}

async function close(thing: Closeable): Promise<void> {
  if (typeof thing === 'function') await thing()
  else if (Symbol.asyncDispose in thing) await thing[Symbol.asyncDispose]()
  else if ('close' in thing) await thing.close()
  else await thing.destroy()
}
