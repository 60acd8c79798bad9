/** Whatever is given as headers, what is accepted is safe to put on a wire. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidRequestError } from '../../src/core/errors.ts'
import {
  combinedHeader,
  contentLength,
  type HeadersInput,
  headerListSize,
  headerValue,
  toHeaderList,
  validateHeaderList,
} from '../../src/core/headers.ts'
import { patience, runs, wildText } from './runs.ts'

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}$/)
const wild = wildText(20)
const spiced = fc.string({ unit: fc.constantFrom(...'\t\n\r \0abC\x7f\xe9:"-'), maxLength: 8 })
const name = fc.oneof(
  token,
  token,
  wild,
  spiced,
  fc.constantFrom('', '__proto__', 'Host', ':path', 'Set-Cookie'),
)
const value = fc.oneof(wild, spiced, fc.constantFrom('é', '€', '👍'), fc.double(), fc.constant(undefined))
const pairs = fc.array(fc.tuple(name, fc.oneof(wild, spiced)), { maxLength: 8 })
const record = fc.dictionary(name, fc.oneof(value, fc.array(wild, { maxLength: 3 })), { maxKeys: 8 })

/** The list, or null when the input was refused as it should be. */
function accepted(input: unknown): string[] | null {
  try {
    return toHeaderList(input as HeadersInput)
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect(error).toMatchObject({ code: 'ERR_TRUNKLINE_INVALID_HEADER', processed: 'no' })
    return null
  }
}

function expectSafe(list: readonly string[]): void {
  expect(list.length % 2).toBe(0)
  for (const [index, text] of list.entries()) {
    if (index % 2 === 0) expect(text).toMatch(/^[!#$%&'*+\-.^_`|~0-9a-z]+$/)
    else expect(text).toMatch(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/)
  }
  validateHeaderList(list)
}

function pairsOf(list: readonly string[]): [string, string][] {
  return Array.from({ length: list.length / 2 }, (_, at) => [
    list[2 * at] as string,
    list[2 * at + 1] as string,
  ])
}

describe('toHeaderList', () => {
  test.each([
    ['pairs', pairs],
    ['a record', record],
    ['anything at all', fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true })],
    ['a record of anything', fc.dictionary(name, fc.anything({ withNullPrototype: true }))],
  ] as const)(
    'takes or refuses %s, and what it takes is safe',
    (_, input) => {
      fc.assert(
        fc.property(input as fc.Arbitrary<unknown>, (given) => {
          const list = accepted(given)
          if (list === null) return
          expectSafe(list)
          expect(toHeaderList(pairsOf(list))).toEqual(list)
          expect(headerListSize(list)).toBeGreaterThanOrEqual(32 * (list.length / 2))
        }),
        runs(500),
      )
    },
    patience(5000),
  )

  test("takes the platform's Headers", () => {
    const entries = fc.array(fc.tuple(token, wildText(12)), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(entries, (given) => {
        const headers = new Headers()
        for (const [key, text] of given) {
          try {
            headers.append(key, text)
          } catch {
            // The platform refuses it first.
          }
        }
        const list = accepted(headers)
        if (list !== null) expectSafe(list)
      }),
      runs(300),
    )
  })

  test('keeps names, values, order and repeats of what is in order', () => {
    const text = fc.stringMatching(/^[!-~]{1,10}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(token, text), { maxLength: 8 }), (given) => {
        const list = toHeaderList(given)
        expect(list).toEqual(given.flatMap(([key, one]) => [key.toLowerCase(), one]))
        for (const [key] of given) {
          const all = given
            .filter(([other]) => other.toLowerCase() === key.toLowerCase())
            .map(([, one]) => one)
          expect(headerValue(list, key.toLowerCase())).toBe(all[0])
          expect(combinedHeader(list, key.toLowerCase())).toBe(all.join(', '))
        }
      }),
      runs(300),
    )
  })
})

describe('validateHeaderList', () => {
  test('refuses or takes any list of strings, never else', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(name, wild), { maxLength: 9 }), (list) => {
        try {
          validateHeaderList(list)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidRequestError)
          return
        }
        expectSafe(list)
      }),
      runs(500),
    )
  })
})

describe('contentLength', () => {
  const digits = fc.oneof(fc.nat().map(String), fc.stringMatching(/^[0-9]{1,18}$/))
  const field = fc.oneof(
    digits,
    wild,
    fc.constantFrom('', ' 5', '5 ', '+5', '-5', '5,5', '5,', '0x5', '5e1', '٣'),
  )

  test('is a number that was there, null, or invalid', () => {
    const header = fc.tuple(fc.constantFrom('content-length', 'content-type'), field)
    fc.assert(
      fc.property(fc.array(header, { maxLength: 4 }), (headers) => {
        const found = contentLength(headers.flat())
        const values = headers.filter(([key]) => key === 'content-length').map(([, one]) => one)
        if (values.length === 0) expect(found).toBe(null)
        else if (found !== 'invalid') {
          expect(Number.isSafeInteger(found) && (found as number) >= 0).toBe(true)
          for (const one of values.join(',').split(',')) expect(Number.parseInt(one.trim(), 10)).toBe(found)
        }
      }),
      runs(1000),
    )
  })

  test('knows a length, however often it is repeated', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), (length, times) => {
        const list = Array.from({ length: times }, () => ['content-length', String(length)]).flat()
        expect(contentLength(list)).toBe(length)
        expect(contentLength([...list, 'content-length', String(length + 1)])).toBe('invalid')
      }),
      runs(200),
    )
  })
})
