/** Writing and reading JSON in pieces gives what `JSON` gives at once, whatever the value and wherever it is cut. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonParser } from '../../src/core/json-parser.ts'
import { jsonPieces } from '../../src/core/json-pieces.ts'
import { parseJson } from '../../src/parse-json.ts'
import { runs } from './runs.ts'

const text = (value: unknown) => [...jsonPieces(value)].join('')

/**
 * Names that objects treat in a way of their own. None holds a backslash: once `JSON.parse` of Node 24 and 26 has seen
 * an object with such a name, it mistakes escapes in the names of others, and there is nothing to compare with.
 */
const key = fc
  .oneof(
    fc.string({ maxLength: 4, unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', 'toString', '10', '9', '', 'a"b', '"', 'a\n"'),
  )
  .filter((name) => !name.includes('\\'))

/** What is too heavy to be left to `JSON.stringify` whole. */
const heavy = fc
  .tuple(fc.constantFrom('x', '"', '\u{1f600}', '\ud800', 'ä\n'), fc.integer({ min: 5_000, max: 20_000 }))
  .map(([unit, times]) => unit.repeat(times))

class Keyed {
  readonly inner: unknown
  constructor(inner: unknown) {
    this.inner = inner
  }
  toJSON(name: string): unknown {
    return name.length % 2 === 0 ? { name, inner: this.inner } : undefined
  }
}

/** Its `toJSON` gives something that has one as well, which nobody asks. */
class Twice {
  toJSON(name: string): unknown {
    return { name, toJSON: () => 'not asked' }
  }
}

const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown }

const leaf = fc.oneof(
  fc.string({ maxLength: 6, unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(
    ...[
      null,
      undefined,
      -0,
      () => 1,
      Symbol('s'),
      new Map([[1, 2]]),
      new Uint8Array(3),
      /x/,
      new URL('https://a.test'),
    ],
    ...[Object(1), Object('boxed'), Object(false), Object(Symbol('s')), new Twice(), Buffer.from('ab')],
    ...[
      Object.assign(() => 1, { toJSON: (name: string) => `f ${name}` }),
      { constructor: String, valueOf: 3 },
    ],
    ...(rawJSON === undefined ? [] : [rawJSON('1e1000'), rawJSON(`"${'r'.repeat(20_000)}"`)]),
  ),
  { arbitrary: heavy, weight: 1 },
)

const value = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    leaf,
    fc.array(tie('tree'), { maxLength: 6 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
    fc.array(tie('tree'), { maxLength: 3 }).map((list) => [...list, ...new Array(2)]),
    tie('tree').map((inner) => new Keyed(inner)),
    tie('tree').map((inner) => new Proxy({ inner }, {})),
    tie('tree').map((inner) => new Proxy([inner, heavyOnes], {})),
    fc
      .tuple(key, tie('tree'))
      .map(([name, inner]) => Object.defineProperty({}, name, { get: () => inner, enumerable: true })),
  ),
})).tree

const heavyOnes = Array.from({ length: 3_000 }, (_, index) => ({ index, name: `entry ${index}` }))

describe('written in pieces', () => {
  test('the text is that of JSON.stringify', () => {
    fc.assert(
      fc.property(value, (tree) => {
        // In a heavy whole, so that what is light is walked to as well.
        for (const whole of [tree, [heavyOnes, tree], { heavyOnes, tree }]) {
          const expected = JSON.stringify(whole)
          if (expected === undefined) expect(() => text(whole)).toThrow(TypeError)
          else expect(text(whole) === expected).toBe(true)
        }
      }),
      runs(150),
    )
  })

  test('pieces are small, however big the value', () => {
    const whole = { heavyOnes, long: 'y'.repeat(500_000), deep: heavyOnes.map((one) => [[[one]]]) }
    const pieces = [...jsonPieces(whole)]
    expect(pieces.join('')).toBe(JSON.stringify(whole))
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(80_000)
  })
})

function parsed(json: string, cuts: readonly number[]): unknown {
  const parser = new JsonParser()
  let from = 0
  for (const to of [...cuts].map((cut) => cut % (json.length + 1)).sort((a, b) => a - b)) {
    parser.push(json.slice(from, to))
    from = to
  }
  parser.push(json.slice(from))
  return parser.end()
}

const cuts = fc.array(fc.nat(), { maxLength: 12 })

const json = fc.letrec<{ tree: string }>((tie) => {
  const list = (items: fc.Arbitrary<string>) => fc.array(items, { maxLength: 5 }).map((all) => all.join(','))
  const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r')
  const padded = fc.tuple(space, tie('tree'), space).map((parts) => parts.join(''))
  const entry = fc
    .tuple(space, key, space, padded)
    .map(([a, name, b, tree]) => `${a}${JSON.stringify(name)}${b}:${tree}`)
  return {
    tree: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      fc.string({ maxLength: 6, unit: 'binary' }).map((string) => JSON.stringify(string)),
      fc.constantFrom('0', '-1.5e3', 'true', 'null', '"\\u0022\\\\"', '[]', '{}', '[ ]'),
      list(padded).map((items) => `[${items}]`),
      // Repeated names are JSON: the last one counts.
      list(entry).map((items) => `{${items}}`),
    ),
  }
}).tree

describe('read in pieces', () => {
  test('the value is that of JSON.parse, names and their order included', () => {
    fc.assert(
      fc.property(json, cuts, (whole, places) => {
        const value = parsed(whole, places)
        expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(whole)))
        expect(isDeepStrictEqual(value, JSON.parse(whole))).toBe(true)
      }),
      runs(2000),
    )
  })

  test('at every place', () => {
    const whole =
      '{"10":1,"9":{"a":[1,{"b":"\\\\\\""}],"__proto__":{"x":[]}},"a\\"":[[],{}] , "10":[{"y":2},3]}'
    const all = Array.from(whole, (_, index) => index)
    for (const at of all) expect(parsed(whole, [at])).toStrictEqual(JSON.parse(whole))
    expect(parsed(whole, all)).toStrictEqual(JSON.parse(whole))
    expect(Object.prototype).not.toHaveProperty('x')
  })

  test('what is not JSON is a SyntaxError, and only that', () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.nat(3),
      fc.constantFrom('', ',', ']', '}', '[', '{', ':', '"', '\\n', ' ', '1', '\u00a0'),
    )
    fc.assert(
      fc.property(json, edit, cuts, (whole, [at, remove, insert], places) => {
        const start = at % (whole.length + 1)
        const edited = whole.slice(0, start) + insert + whole.slice(start + remove)
        let expected: string
        try {
          expected = JSON.stringify(JSON.parse(edited))
        } catch {
          expect(() => parsed(edited, places)).toThrow(SyntaxError)
          return
        }
        expect(JSON.stringify(parsed(edited, places))).toBe(expected)
      }),
      runs(4000),
    )
  })

  test('bytes cut anywhere, big and small', async () => {
    const body = fc.tuple(value, fc.boolean()).map(([tree, big]) => (big ? [heavyOnes, tree] : [tree]))
    await fc.assert(
      fc.asyncProperty(body, fc.integer({ min: 1_000, max: 100_000 }), async (whole, size) => {
        const bytes = Buffer.from(`\ufeff${JSON.stringify(whole)}`)
        async function* chunks() {
          for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
        }
        const value = await parseJson(chunks())
        expect(JSON.stringify(value) === JSON.stringify(JSON.parse(bytes.toString().slice(1)))).toBe(true)
      }),
      runs(60),
    )
  })
})
