import { describe, expect, test } from 'vitest'
import type { Fetch } from '../../src/fetch/fetch.ts'
import { createMap, type MapContext, type MapOptions } from '../../src/map.ts'

const map = createMap((() => Promise.reject(new Error('no fetch in this test'))) as Fetch)
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Calls that end when the test says so. */
class Calls {
  readonly begun: number[] = []
  readonly contexts: MapContext[] = []
  readonly #ends = new Map<number, { resolve(value: string): void; reject(error: unknown): void }>()

  readonly fn = (input: number, context: MapContext): Promise<string> => {
    this.begun.push(input)
    this.contexts.push(context)
    return new Promise((resolve, reject) => this.#ends.set(input, { resolve, reject }))
  }

  end(input: number): void {
    this.#ends.get(input)?.resolve(`value ${input}`)
  }

  fail(input: number): void {
    this.#ends.get(input)?.reject(new Error(`error ${input}`))
  }
}

function* naturals(closed: { times: number } = { times: 0 }): Generator<number> {
  try {
    for (let number = 0; ; number += 1) yield number
  } finally {
    closed.times += 1
  }
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const result of results) all.push(result)
  return all
}

describe('results', () => {
  test('come as they are ready, with input and index', async () => {
    const waits = [3, 1, 2]
    const delayed = async (turns: number) => {
      for (let waited = 0; waited < turns; waited += 1) await turn()
      return turns * 10
    }
    expect(await collect(map(waits, {}, delayed))).toEqual([
      { input: 1, index: 1, value: 10 },
      { input: 2, index: 2, value: 20 },
      { input: 3, index: 0, value: 30 },
    ])
    expect((await collect(map(waits, { order: 'input' }, delayed))).map(({ index }) => index)).toEqual([
      0, 1, 2,
    ])
  })

  test('an error is the result of its input, and the others go on', async () => {
    const results = await collect(
      map([1, 2, 3], { order: 'input' }, (input) => {
        if (input === 2) throw new Error('two')
        return input
      }),
    )
    expect(results).toEqual([
      { input: 1, index: 0, value: 1 },
      { input: 2, index: 1, error: expect.objectContaining({ message: 'two' }) },
      { input: 3, index: 2, value: 3 },
    ])
  })

  test('an error that is undefined is made one', async () => {
    const [result] = await collect(map([1], {}, () => Promise.reject()))
    expect(result?.error).toBeInstanceOf(Error)
  })

  test('of no inputs are none', async () => {
    expect(await collect(map([], {}, () => 1))).toEqual([])
  })

  test('of async inputs are alike', async () => {
    async function* inputs() {
      yield 1
      await turn()
      yield 2
    }
    expect(
      (await collect(map(inputs(), { order: 'input' }, (input) => -input))).map(({ value }) => value),
    ).toEqual([-1, -2])
  })

  test('are given out though the next input is not there yet', async () => {
    async function* inputs() {
      yield 1
      await new Promise(() => {})
    }
    const results = map(inputs(), {}, (input) => input)
    expect(await results.next()).toEqual({ done: false, value: { input: 1, index: 0, value: 1 } })
  })
})

describe('how far it runs', () => {
  test.each<[MapOptions, number]>([
    [{}, 16],
    [{ concurrency: 3 }, 3],
    [{ concurrency: 3, buffer: 5 }, 3],
  ])('%j: so many at a time: %i', async (options, most) => {
    const calls = new Calls()
    const results = map(naturals(), options, calls.fn)
    const first = results.next()
    await turn()
    expect(calls.begun).toHaveLength(most)
    calls.end(0)
    await first
    await turn()
    expect(calls.begun).toHaveLength(most + 1)
    await results.return()
  })

  test('nothing begins before somebody asks', async () => {
    const calls = new Calls()
    map([1, 2], {}, calls.fn)
    await turn()
    expect(calls.begun).toEqual([])
  })

  test('a reader who is slow holds it back: results that wait count', async () => {
    const calls = new Calls()
    const results = map(naturals(), { concurrency: 2 }, calls.fn)
    const first = results.next()
    await turn()
    calls.end(0)
    await first
    await turn()
    for (const input of [1, 2]) calls.end(input)
    await turn()
    expect(calls.begun).toEqual([0, 1, 2])
    await results.next()
    expect(calls.begun).toEqual([0, 1, 2, 3])
    await results.return()
  })

  test('a buffer lets calls begin while the reader is elsewhere', async () => {
    const calls = new Calls()
    const results = map(naturals(), { concurrency: 1, buffer: 2 }, calls.fn)
    const first = results.next()
    await turn()
    calls.end(0)
    await first
    for (const input of [1, 2, 3]) {
      await turn()
      calls.end(input)
    }
    await turn()
    expect(calls.begun).toEqual([0, 1, 2, 3])
    await results.return()
  })

  test('in the order of the inputs, the one that is late holds back those ahead', async () => {
    const calls = new Calls()
    const results = map(naturals(), { concurrency: 3, order: 'input' }, calls.fn)
    const first = results.next()
    await turn()
    for (const input of [1, 2]) calls.end(input)
    await turn()
    expect(calls.begun).toEqual([0, 1, 2])
    calls.end(0)
    expect((await first).value?.index).toBe(0)
    expect((await results.next()).value?.index).toBe(1)
    await results.return()
  })
})

describe('leaving the loop', () => {
  test('aborts what runs, closes the source, and does not wait for calls that do not listen', async () => {
    const calls = new Calls()
    const closed = { times: 0 }
    for await (const _ of map(naturals(closed), { concurrency: 3 }, (input, context) => {
      const promise = calls.fn(input, context)
      if (input === 0) calls.end(0)
      return promise
    })) {
      break
    }
    expect(closed.times).toBe(1)
    expect(calls.contexts.map(({ signal }) => signal.aborted)).toEqual([false, true, true, true])
    calls.fail(1)
    await turn()
  })

  test('lets go of responses that nobody will see, whenever they come', async () => {
    const cancelled: string[] = []
    const response = (name: string) => ({ body: { cancel: () => cancelled.push(name) } })
    let late: (value: object) => void = () => {}
    for await (const _ of map([0, 1, 2], {}, (input) => {
      if (input === 2) return new Promise((resolve) => (late = resolve))
      return response(`response ${input}`)
    })) {
      await turn()
      break
    }
    await turn()
    expect(cancelled).toEqual(['response 1'])
    late(response('late'))
    await turn()
    expect(cancelled).toEqual(['response 1', 'late'])
  })

  test('does not hang on a source that hangs', async () => {
    let asked = 0
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          asked += 1
          return asked === 1 ? Promise.resolve({ done: false, value: 1 }) : new Promise(() => {})
        },
        return: () => new Promise(() => {}),
      }),
    }
    for await (const { value } of map(source, {}, (input) => input)) {
      expect(value).toBe(1)
      break
    }
  })

  test('waits for the clean-up of a source that is at rest', async () => {
    const log: string[] = []
    async function* inputs() {
      try {
        yield 1
        yield 2
      } finally {
        await turn()
        log.push('cleaned up')
      }
    }
    for await (const _ of map(inputs(), { concurrency: 1 }, (input) => input)) break
    // The source had been asked for its second input, so it is told, and not waited for.
    await turn()
    await turn()
    expect(log).toEqual(['cleaned up'])
  })
})

describe('a signal', () => {
  test('ends the loop with its reason, and what runs with it', async () => {
    const calls = new Calls()
    const controller = new AbortController()
    const closed = { times: 0 }
    const results = map(naturals(closed), { concurrency: 2, signal: controller.signal }, calls.fn)
    const first = results.next()
    await turn()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(first).rejects.toBe(reason)
    expect(calls.contexts.map(({ signal }) => signal.reason)).toEqual([reason, reason])
    expect(closed.times).toBe(1)
    expect(await results.next()).toEqual({ done: true, value: undefined })
  })

  test('aborted before, it begins nothing', async () => {
    const calls = new Calls()
    const results = map([1], { signal: AbortSignal.abort('early') }, calls.fn)
    await expect(results.next()).rejects.toBe('early')
    expect(calls.begun).toEqual([])
  })
})

describe('throwOnError', () => {
  test('ends the loop with the first error, and what runs with it', async () => {
    const calls = new Calls()
    const results = map(naturals(), { concurrency: 2, throwOnError: true }, calls.fn)
    const first = results.next()
    await turn()
    calls.fail(1)
    await expect(first).rejects.toThrow('error 1')
    expect(calls.contexts[0]?.signal.aborted).toBe(true)
  })
})

test('an error of the source ends the loop after the results of what was begun', async () => {
  const seen: number[] = []
  function* inputs() {
    yield 1
    yield 2
    throw new Error('source')
  }
  const loop = async () => {
    for await (const { input } of map(inputs(), {}, async (number) => turn().then(() => number)))
      seen.push(input)
  }
  await expect(loop()).rejects.toThrow('source')
  expect(seen).toEqual([1, 2])
})

test('without a function it fetches, with a signal, and a Request keeps its own', async () => {
  const inits: (RequestInit | undefined)[] = []
  const own = new AbortController()
  const fetching = createMap((async (_input: unknown, init?: RequestInit) => {
    inits.push(init)
    return new Response('x')
  }) as unknown as Fetch)
  const request = new Request('https://a.test/', { signal: own.signal })
  const results = await collect(fetching(['https://a.test/', request], { order: 'input' }))
  expect(results.map(({ value }) => value instanceof Response)).toEqual([true, true])
  own.abort()
  expect(inits.map((init) => init?.signal?.aborted)).toEqual([false, true])
})

test.each<[string, unknown, object, unknown]>([
  ['inputs', 'a string', {}, () => {}],
  ['inputs', null, {}, () => {}],
  ['inputs', 5, {}, () => {}],
  ['fn', [], {}, 'x'],
  ['concurrency', [], { concurrency: 0 }, () => {}],
  ['buffer', [], { buffer: -1 }, () => {}],
  ['order', [], { order: 'random' }, () => {}],
  ['signal', [], { signal: {} }, () => {}],
])('%s is checked at the call', (name, inputs, options, fn) => {
  const call = map as unknown as (inputs: unknown, options: object, fn: unknown) => void
  expect(() => call(inputs, options, fn)).toThrow(
    expect.objectContaining({
      code: 'ERR_TRUNKLINE_INVALID_OPTION',
      message: expect.stringContaining(`map: ${name} must`),
    }),
  )
})
