/** What a call gets beside its input. */
export interface MapContext {
  /** Aborted when the loop is left before this call's result was taken, or `options.signal` is. */
  readonly signal: AbortSignal
  /** Which input it is, counted from 0. */
  readonly index: number
}

/** An input whose call succeeded. */
export interface MapValue<Input, Value> {
  readonly input: Input
  readonly index: number
  readonly value: Value
  readonly error?: undefined
}

/** An input whose call failed. */
export interface MapError<Input> {
  readonly input: Input
  readonly index: number
  readonly value?: undefined
  /** What the call threw; nothing at all was made an Error. */
  readonly error: NonNullable<unknown>
}

/** `if (result.error === undefined)` tells the two apart. */
export type MapResult<Input, Value> = MapValue<Input, Value> | MapError<Input>

export interface MapRunOptions {
  readonly concurrency: number
  readonly order: 'completion' | 'input'
  readonly buffer: number
  readonly signal: AbortSignal | null
}

type Call<Input, Value> = (input: Input, context: MapContext) => Value | PromiseLike<Value>
type Source<Input> = Iterator<Input> | AsyncIterator<Input>

/** A call from its start until its result was taken. */
interface Item<Input, Value> {
  readonly index: number
  readonly controller: AbortController
  result: MapResult<Input, Value> | null
}

/**
 * One loop of `client.map`. It moves when something happens, not when it is asked: a call that ends makes room for the
 * next while the reader is busy elsewhere.
 */
export class MapRun<Input, Value> {
  readonly #source: Source<Input>
  readonly #isAsync: boolean
  readonly #call: Call<Input, Value>
  readonly #options: MapRunOptions
  /** Calls whose result was not taken, in the order in which they will be given out if that is the inputs'. */
  readonly #items = new Set<Item<Input, Value>>()
  /** Those with a result, in the order in which they came. */
  readonly #ready = new Set<Item<Input, Value>>()
  #running = 0
  #started = 0
  #pulling = false
  #exhausted = false
  #closed = false
  /** What the source, or the caller's signal, ended the loop with. */
  #failure: { readonly error: unknown } | null = null
  #wake: (() => void) | null = null

  constructor(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    call: Call<Input, Value>,
    options: MapRunOptions,
  ) {
    this.#isAsync = Symbol.asyncIterator in inputs
    this.#source = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]()
    this.#call = call
    this.#options = options
    options.signal?.addEventListener('abort', this.#onWake)
  }

  /** The next result; null at the end. */
  async take(): Promise<MapResult<Input, Value> | null> {
    for (;;) {
      const { signal } = this.#options
      if (signal?.aborted === true) throw signal.reason
      const item = this.#next()
      if (item !== null) return this.#give(item)
      this.#pump()
      if (this.#next() !== null) continue
      // What was begun before the source failed is given out first.
      if (this.#items.size === 0 && this.#failure !== null) throw this.#failure.error
      if (this.#items.size === 0 && this.#exhausted) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Aborts what was not taken, and lets go of the source. */
  async close(): Promise<void> {
    this.#closed = true
    this.#options.signal?.removeEventListener('abort', this.#onWake)
    const { signal } = this.#options
    // Node 24 works the reason of a combined signal out when it is asked for: both sources must give the same.
    const reason =
      signal?.aborted === true
        ? signal.reason
        : new DOMException('The loop over the results was left.', 'AbortError')
    for (const { controller, result } of this.#items) {
      controller.abort(reason)
      if (result !== null) letGo(result.value)
    }
    this.#items.clear()
    this.#ready.clear()
    if (this.#exhausted || this.#source.return === undefined) return
    this.#exhausted = true
    const returned = this.#source.return()
    // A source that is in the middle of something hears of it when it is done, which may be never.
    if (this.#pulling) Promise.resolve(returned).catch(() => {})
    else await returned
  }

  #next(): Item<Input, Value> | null {
    const [first = null] = this.#options.order === 'input' ? this.#items : this.#ready
    return first?.result === null ? null : first
  }

  #give(item: Item<Input, Value>): MapResult<Input, Value> {
    this.#items.delete(item)
    this.#ready.delete(item)
    this.#pump()
    return item.result as MapResult<Input, Value>
  }

  #pump(): void {
    const { concurrency, buffer } = this.#options
    while (
      !(this.#pulling || this.#exhausted || this.#closed) &&
      this.#running < concurrency &&
      this.#items.size < concurrency + buffer
    ) {
      this.#pull()
    }
  }

  #pull(): void {
    this.#pulling = true
    let step: IteratorResult<Input> | Promise<IteratorResult<Input>>
    try {
      step = this.#source.next()
    } catch (error) {
      return this.#onSourceFailed(error)
    }
    if (!this.#isAsync) return this.#onInput(step as IteratorResult<Input>)
    Promise.resolve(step)
      .then((input) => this.#onInput(input))
      .then(
        () => this.#pump(),
        (error) => this.#onSourceFailed(error),
      )
  }

  #onInput(step: IteratorResult<Input>): void {
    this.#pulling = false
    if (step.done === true) {
      this.#exhausted = true
      this.#onWake()
    } else if (!this.#closed) this.#start(step.value)
  }

  #onSourceFailed(error: unknown): void {
    this.#pulling = false
    this.#exhausted = true
    this.#failure = { error }
    this.#onWake()
  }

  #start(input: Input): void {
    const index = this.#started
    const item: Item<Input, Value> = { index, controller: new AbortController(), result: null }
    this.#started += 1
    this.#running += 1
    this.#items.add(item)
    this.#invoke(input, item).then(
      (value) => this.#onDone(item, { input, index, value }),
      (error) =>
        this.#onDone(item, { input, index, error: error ?? new Error('The call failed without an error.') }),
    )
  }

  async #invoke(input: Input, { index, controller }: Item<Input, Value>): Promise<Value> {
    const { signal: outer } = this.#options
    const signal = outer === null ? controller.signal : AbortSignal.any([controller.signal, outer])
    return this.#call(input, { index, signal })
  }

  #onDone(item: Item<Input, Value>, result: MapResult<Input, Value>): void {
    this.#running -= 1
    if (this.#closed) return letGo(result.value)
    item.result = result
    this.#ready.add(item)
    this.#pump()
    this.#onWake()
  }

  readonly #onWake = (): void => {
    this.#wake?.()
    this.#wake = null
  }
}

/** Nobody will see this value: if it is a response, its body shall not hold a stream. */
function letGo(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('body' in value)) return
  if (value instanceof Response && value.bodyUsed) return
  const body = value.body as { cancel?: () => unknown } | null
  if (typeof body?.cancel !== 'function') return
  Promise.resolve()
    .then(() => body.cancel?.())
    // A reader that somebody else has will take care of it.
    .catch(() => {})
}
