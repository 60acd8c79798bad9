import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { responseHeaders } from '../../../src/fetch/response-headers.ts'

const LIST = ['b', '1', 'a', '2', 'b', '3', 'set-cookie', 'x=1', 'set-cookie', 'y=2']
const theirs = () => {
  const headers = new Headers()
  for (let index = 0; index < LIST.length; index += 2)
    headers.append(LIST[index] as string, LIST[index + 1] as string)
  return headers
}

describe('are what native Headers are', () => {
  test('to get, has and getSetCookie, in any case', () => {
    for (const name of ['b', 'B', 'a', 'set-cookie', 'Set-Cookie', 'none', 'constructor'])
      expect([responseHeaders(LIST).get(name), responseHeaders(LIST).has(name)]).toEqual([
        theirs().get(name),
        theirs().has(name),
      ])
    expect(responseHeaders(LIST).getSetCookie()).toEqual(theirs().getSetCookie())
  })

  test('to a name that is none', () => {
    for (const name of ['', 'a b', 'ä']) {
      expect(() => responseHeaders(LIST).get(name)).toThrow(TypeError)
      expect(() => responseHeaders(LIST).has(name)).toThrow(TypeError)
    }
    expect(responseHeaders(['5', 'x']).get(5 as unknown as string)).toBe('x')
    expect(responseHeaders(['undefined', 'x']).get(undefined as unknown as string)).toBe('x')
    for (const method of ['get', 'has'] as const)
      expect(() => Reflect.apply(responseHeaders(LIST)[method], responseHeaders(LIST), [])).toThrow(TypeError)
  })

  test('to all who list them', () => {
    const ours = responseHeaders(LIST)
    expect([...ours]).toEqual([...theirs()])
    expect([...ours.keys()]).toEqual([...theirs().keys()])
    expect([...ours.values()]).toEqual([...theirs().values()])
    expect([...ours.entries()]).toEqual([...theirs().entries()])
    const seen: unknown[] = []
    ours.forEach(function (this: unknown, value, name, headers) {
      seen.push([name, value], headers === ours, this)
    }, 'self')
    expect(seen.slice(0, 3)).toEqual([['a', '2'], true, 'self'])
    expect(inspect(ours)).toBe(inspect(theirs()))
    expect(shownByAssertions(ours)).toBe(inspect(theirs()))
  })

  test('to instanceof, constructors and enumeration', () => {
    const ours = responseHeaders(LIST)
    expect(ours).toBeInstanceOf(Headers)
    expect(ours.constructor).toBe(Headers)
    expect(Object.prototype.toString.call(ours)).toBe('[object Headers]')
    expect([...new Headers(ours)]).toEqual([...theirs()])
    expect(new Response('', { headers: ours }).headers.get('b')).toBe('1, 3')
    const names = (headers: object) => {
      const found: string[] = []
      for (const name in headers) found.push(name)
      return found.sort()
    }
    expect(names(ours)).toEqual(names(theirs()))
    expect(Object.keys(ours)).toEqual([])
    expect(() => structuredClone(ours)).toThrow(DOMException)
  })
})

test('cannot be changed', () => {
  const ours = responseHeaders(LIST)
  expect(() => ours.set('a', 'x')).toThrow(TypeError)
  expect(() => ours.append('a', 'x')).toThrow(TypeError)
  expect(() => ours.delete('a')).toThrow(TypeError)
  expect([...ours]).toEqual([...theirs()])
})

/** As assertion libraries show a value: with two arguments, where `util.inspect` has a third. */
function shownByAssertions(value: object): string {
  const show = (value as { [inspect.custom](depth: number, options: object): string })[inspect.custom]
  return show.call(value, 2, {})
}
