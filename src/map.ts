import { InvalidRequestError } from './core/errors.ts'
import type { Fetch } from './fetch/fetch.ts'
import type { FetchResponse } from './fetch/response.ts'
import { type MapContext, type MapResult, MapRun, type MapValue } from './map-run.ts'

export type { MapContext, MapError, MapResult, MapValue } from './map-run.ts'

/** How `client.map` goes about it. */
export interface MapOptions {
  /** Calls at the same time. Default 16. */
  readonly concurrency?: number
  /** `completion` (default): results as they come. `input`: in the order of the inputs. */
  readonly order?: 'completion' | 'input'
  /** Results that may wait for the reader beside the calls that run: how far to run ahead. Default 0. */
  readonly buffer?: number
  /** The first error ends the loop, in place of being a result. Default false. */
  readonly throwOnError?: boolean
  /** Ends the loop with its reason, and what runs with it. */
  readonly signal?: AbortSignal | null
}

type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>
type Throwing = MapOptions & { readonly throwOnError: true }
type Fetchable = string | URL | Request

/**
 * Calls a function for each input, so many at a time. Inputs may come without end: none is taken before there is room
 * for its call, and no more than `concurrency + buffer` results are under way or waiting for the reader.
 */
export interface ClientMap {
  <Input extends Fetchable>(inputs: Inputs<Input>, options: Throwing): Results<MapValue<Input, FetchResponse>>
  <Input extends Fetchable>(
    inputs: Inputs<Input>,
    options?: MapOptions,
  ): Results<MapResult<Input, FetchResponse>>
  <Input, Value>(
    inputs: Inputs<Input>,
    options: Throwing,
    fn: (input: Input, context: MapContext) => Value | PromiseLike<Value>,
  ): Results<MapValue<Input, Value>>
  <Input, Value>(
    inputs: Inputs<Input>,
    options: MapOptions | undefined,
    fn: (input: Input, context: MapContext) => Value | PromiseLike<Value>,
  ): Results<MapResult<Input, Value>>
}

type Results<Result> = AsyncGenerator<Result, void, undefined>

const DEFAULT_CONCURRENCY = 16

/** `client.map` over the client's `fetch`. */
export function createMap(fetch: Fetch): ClientMap {
  const fetchOne = (input: Fetchable, { signal }: MapContext) =>
    // A Request has a signal of its own, which the option would replace.
    fetch(input, { signal: input instanceof Request ? AbortSignal.any([input.signal, signal]) : signal })
  return function map<Input, Value>(
    inputs: Inputs<Input>,
    options: MapOptions = {},
    fn: unknown = fetchOne,
  ): Results<never> {
    check(inputs, options, fn)
    const { concurrency = DEFAULT_CONCURRENCY, order = 'completion', buffer = 0 } = options
    const { throwOnError = false, signal = null } = options
    const call = fn as (input: Input, context: MapContext) => Value | PromiseLike<Value>
    const run = () => new MapRun(inputs, call, { concurrency, order, buffer, signal })
    return iterate(run, throwOnError) as Results<never>
  }
}

async function* iterate<Input, Value>(
  begin: () => MapRun<Input, Value>,
  throwOnError: boolean,
): Results<MapResult<Input, Value>> {
  const run = begin()
  try {
    for (let result = await run.take(); result !== null; result = await run.take()) {
      if (throwOnError && result.error !== undefined) throw result.error
      yield result
    }
  } finally {
    await run.close()
  }
}

function check(inputs: unknown, options: MapOptions, fn: unknown): void {
  const { concurrency = 1, order = 'input', buffer = 0, signal = null } = options
  const isIterable =
    typeof inputs === 'string'
      ? false
      : (Object(inputs)[Symbol.asyncIterator] ?? Object(inputs)[Symbol.iterator])
  if (typeof isIterable !== 'function') throw invalid('inputs', 'an iterable or async iterable')
  if (typeof fn !== 'function') throw invalid('fn', 'a function')
  if (!(Number.isInteger(concurrency) && concurrency >= 1))
    throw invalid('concurrency', 'a whole number of at least 1')
  if (!(buffer === Number.POSITIVE_INFINITY || (Number.isInteger(buffer) && buffer >= 0)))
    throw invalid('buffer', 'a whole number of at least 0')
  if (order !== 'input' && order !== 'completion') throw invalid('order', "'completion' or 'input'")
  if (signal !== null && !(signal instanceof AbortSignal)) throw invalid('signal', 'an AbortSignal')
}

function invalid(name: string, expected: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid option of map: ${name} must be ${expected}.`,
  )
}
