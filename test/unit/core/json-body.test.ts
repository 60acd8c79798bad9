import { describe, expect, test } from 'vitest'
import { jsonBody } from '../../../src/core/json-body.ts'
import type { StreamBody } from '../../../src/core/request-body.ts'
import { Turns } from '../../../src/core/turns.ts'

const turns = new Turns(() => 0, setImmediate)

const big = () => Array.from({ length: 5_000 }, (_, id) => ({ id, name: `name ${id}` }))

function bigBody(value: unknown): StreamBody {
  const { body, length } = jsonBody(value, turns)
  if (body.kind !== 'stream') throw new Error('it was written at once')
  expect(length).toBe(null)
  return body
}

async function text(body: StreamBody): Promise<string> {
  const source = body.open()
  const chunks: Uint8Array[] = []
  for (let step = await source.next(); !step.done; step = await source.next()) chunks.push(step.value)
  return Buffer.concat(chunks).toString()
}

describe('small', () => {
  test.each<[string, unknown]>([
    ['an object', { a: [1, 'ä'] }],
    ['a text', 'x'],
    ['null', null],
    ['a date', new Date(0)],
    ['with toJSON', { url: new URL('https://a.test') }],
    ['a list of a thousand', Array.from({ length: 1000 }, (_, index) => index)],
  ])('%s is written at once, and its length known', (_what, value) => {
    const { body, length } = jsonBody(value)
    const bytes = body.kind === 'bytes' ? body.bytes : new Uint8Array()
    expect(Buffer.from(bytes).toString()).toBe(JSON.stringify(value))
    expect(length).toBe(bytes.length)
  })

  const cycle: unknown[] = []
  cycle.push({ cycle })
  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'cannot be undefined'],
    ['a function', () => 1, 'cannot be function'],
    ['a BigInt', { a: 1n }, 'BigInt'],
    ['a cycle', cycle, 'circular'],
  ])('%s is refused at the call', (_what, value, why) => {
    expect(() => jsonBody(value)).toThrow(
      expect.objectContaining({
        code: 'ERR_TRUNKLINE_INVALID_OPTION',
        message: expect.stringContaining(why),
      }),
    )
  })
})

describe('big', () => {
  test('is written while it is sent, and once more when it is sent again', async () => {
    const value = big()
    const body = bigBody(value)
    expect(body.replayable).toBe(true)
    expect(await text(body)).toBe(JSON.stringify(value))
    expect(await text(body)).toBe(JSON.stringify(value))
  })

  test.each<[string, () => unknown]>([
    ['a long string', () => ({ text: 'a"ä'.repeat(50_000) })],
    ['a wide object', () => Object.fromEntries(big().map(({ id, name }) => [name, id]))],
    ['bytes', () => new Uint8Array(20_000)],
    [
      'something deep',
      () =>
        big()
          .slice(0, 1000)
          .reduce<unknown>((inner, { id }) => ({ id, inner }), null),
    ],
    [
      'a graph that repeats itself',
      () => Array.from({ length: 12 }).reduce<unknown>((inner) => [inner, inner], big().slice(0, 9)),
    ],
  ])('%s', async (_what, make) => {
    const value = make()
    expect((await text(bigBody(value))) === JSON.stringify(value)).toBe(true)
  })

  test('what runs code of its own is not run by the look at its size', async () => {
    let runs = 0
    const value = {
      get data() {
        runs += 1
        return 'here'
      },
    }
    const body = bigBody(value)
    expect(runs).toBe(0)
    expect(await text(body)).toBe('{"data":"here"}')
    expect(runs).toBe(1)
  })

  test('a proxy, each of whose traps is asked once', async () => {
    const asked: string[] = []
    const proxy = new Proxy(
      { a: 1, b: 2 },
      {
        get: (target, name) => {
          asked.push(String(name))
          return Reflect.get(target, name)
        },
      },
    )
    const body = bigBody({ proxy })
    expect(asked).toEqual([])
    expect(await text(body)).toBe('{"proxy":{"a":1,"b":2}}')
    expect(asked.filter((name) => name !== 'toJSON')).toEqual(['a', 'b'])
  })

  test('toJSON is called once, with the key', async () => {
    const keys: string[] = []
    const toJSON = (key: string) => {
      keys.push(key)
      return { big: big(), toJSON: () => 'never' }
    }
    expect(JSON.parse(await text(bigBody({ big: big(), a: { toJSON }, list: [{ toJSON }] })))).toEqual({
      big: big(),
      a: { big: big() },
      list: [{ big: big() }],
    })
    expect(keys).toEqual(['a', '0'])
  })

  const cycle: Record<string, unknown> = { big: big() }
  cycle.cycle = { cycle }
  const { proxy: revoked, revoke } = Proxy.revocable({}, {})
  revoke()
  test.each<[string, unknown, RegExp]>([
    ['a cycle', cycle, /circular/],
    ['a BigInt', [big(), 1n], /BigInt/],
    ['a revoked proxy', [revoked], /revoked/],
    ['a proxy without a JSON form', new Proxy({ toJSON: () => undefined }, {}), /no JSON form/],
  ])('%s fails when it is come to', async (_what, value, why) => {
    await expect(text(bigBody(value))).rejects.toThrow(why)
  })

  test('a list that becomes shorter meanwhile ends all the same', async () => {
    const value = big()
    const source = bigBody(value).open()
    await source.next()
    value.length = 0
    let steps = 0
    while (!(await source.next()).done) steps += 1
    expect(steps).toBeLessThan(100)
  })
})
