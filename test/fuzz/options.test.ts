/** Whatever is given as options is taken whole, or refused with an InvalidRequestError that names it. */
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClient } from '../../src/client.ts'
import { type ClientOptions, settleOptions } from '../../src/client-options.ts'
import { InvalidRequestError } from '../../src/core/errors.ts'
import { type ProcessWatch, watchProcess } from '../wire/faults/process-watch.ts'
import { patience, runs } from './runs.ts'

let watch: ProcessWatch
beforeEach(() => {
  watch = watchProcess()
})
afterEach(() => watch.finish())

const groups = ['http2', 'http1', 'dns', 'timeouts', 'limits', 'keepAlive'] as const
const defaults = settleOptions() as unknown as Record<string, Record<string, unknown>>

const strange = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }),
  fc.constantFrom(
    Number.NaN,
    -1,
    0,
    1,
    0.5,
    Number.POSITIVE_INFINITY,
    2 ** 31,
    2 ** 53,
    '',
    'h2',
    null,
    true,
  ),
)
const numbers = fc.oneof(fc.integer(), fc.double(), fc.nat(100), fc.constant(Number.POSITIVE_INFINITY))
const group = (name: string) => {
  const keys = Object.keys(defaults[name] ?? {})
  const known = fc.record(Object.fromEntries(keys.map((key) => [key, fc.oneof(numbers, strange)])), {
    requiredKeys: [],
  })
  return fc.oneof(known, known, strange, fc.record({ surprise: strange }))
}
const retry = fc.oneof(
  strange,
  fc.record(
    {
      limit: fc.oneof(fc.nat(5), strange),
      methods: fc.oneof(fc.array(fc.string()), strange),
      errors: fc.oneof(fc.array(fc.string()), strange),
      statuses: fc.oneof(fc.array(fc.nat(600)), strange),
      baseDelay: numbers,
      maxDelay: numbers,
      maxRetryAfter: numbers,
      onRetry: strange,
    },
    { requiredKeys: [] },
  ),
)
const tls = fc.oneof(
  fc.record(
    { ca: strange, cert: strange, key: strange, ciphers: strange, minVersion: strange, servername: strange },
    { requiredKeys: [] },
  ),
  strange,
)
const options = fc.record(
  {
    ...Object.fromEntries(groups.map((name) => [name, group(name)])),
    protocols: fc.oneof(fc.subarray(['h2', 'http/1.1']), strange),
    tlsSessions: strange,
    interceptors: fc.oneof(fc.constant([]), strange),
    networkInterceptors: fc.oneof(fc.constant([]), strange),
    retry,
  },
  { requiredKeys: [] },
)

function refusal(error: unknown): null {
  expect(error).toBeInstanceOf(InvalidRequestError)
  expect((error as Error).message.length).toBeLessThan(1000)
  return null
}

function settled(given: unknown) {
  try {
    return settleOptions(given as ClientOptions)
  } catch (error) {
    return refusal(error)
  }
}

test(
  'settleOptions takes or refuses',
  () => {
    fc.assert(
      fc.property(fc.oneof(options, strange), (given) => {
        const result = settled(given)
        if (result === null) return
        for (const name of groups) {
          expect(Object.keys(result[name]).sort()).toEqual(Object.keys(defaults[name] ?? {}).sort())
          for (const value of Object.values(result[name])) {
            if (typeof value === 'number') expect(value).toBeGreaterThanOrEqual(0)
          }
        }
        for (const each of [...result.interceptors, ...result.networkInterceptors])
          expect(typeof each).toBe('function')
        expect(result.protocols.length).toBeGreaterThan(0)
        expect(Number.isInteger(result.retry.limit)).toBe(true)
        for (const status of result.retry.statuses) expect(typeof status).toBe('number')
      }),
      runs(1000),
    )
  },
  patience(5000),
)

test(
  'one group at a time, so that more is taken',
  () => {
    const one = fc.constantFrom(...groups).chain((name) => group(name).map((value) => ({ [name]: value })))
    fc.assert(
      fc.property(fc.oneof(one, fc.record({ retry })), (given) => void settled(given)),
      runs(1000),
    )
  },
  patience(5000),
)

test(
  'createClient takes or refuses, TLS material included',
  () => {
    fc.assert(
      fc.property(fc.oneof(options, fc.record({ tls })), (given) => {
        try {
          createClient(given as ClientOptions).destroy()
        } catch (error) {
          refusal(error)
        }
      }),
      runs(300),
    )
  },
  patience(5000),
)

test(
  'a request takes or refuses its options',
  async () => {
    const client = createClient()
    const known = [
      'method',
      'headers',
      'body',
      'json',
      'signal',
      'redirect',
      'retry',
      'decompress',
      'trailers',
    ] as const
    const request = fc.oneof(
      fc.record(Object.fromEntries(known.map((name) => [name, strange])), { requiredKeys: [] }),
      fc.constantFrom(...known).chain((name) => strange.map((value) => ({ [name]: value }))),
      strange,
    )
    await client.close()
    await fc.assert(
      fc.asyncProperty(request, async (given) => {
        const error: unknown = await client
          .request('https://localhost:1/', given as never)
          .catch((reason) => reason)
        // Well-formed ones come as far as the door.
        if ((error as { code?: string }).code !== 'ERR_TRUNKLINE_CLIENT_CLOSED') refusal(error)
      }),
      runs(1000),
    )
  },
  patience(5000),
)
