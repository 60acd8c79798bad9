import { expect, test } from 'vitest'
import { parseJson } from '../../src/parse-json.ts'
import { clientResponse, openResponse } from './fakes/exchange.ts'

const big = Array.from({ length: 10_000 }, (_, id) => ({ id, text: `ä ${id} "` }))

test.each([
  ['small', { a: 1 }],
  ['big', big],
])('a %s body of request', async (_size, value) => {
  expect(await parseJson(clientResponse(200, [], JSON.stringify(value)).body)).toEqual(value)
})

test('a response of fetch', async () => {
  expect(await parseJson<{ a: number }>(Response.json({ a: 1 }))).toEqual({ a: 1 })
  expect(await parseJson(Response.json(big))).toEqual(big)
})

test.each([
  ['none at all', ''],
  ['something else', '<html>'],
  ['the half of a small one', '{"a":'],
  ['the half of a big one', JSON.stringify(big).slice(0, -1)],
  ['a big one, and more', `${JSON.stringify(big)} 1`],
])('%s is a SyntaxError, as it is for JSON.parse', async (_what, text) => {
  await expect(parseJson(clientResponse(200, [], text).body)).rejects.toThrow(SyntaxError)
})

test('the error of a big one says where', async () => {
  const text = `[${JSON.stringify(big)},nonsense]`
  const reading = parseJson(clientResponse(200, [], text).body)
  const error = (await reading.catch((error) => error)) as SyntaxError
  const [, at] = /after character (\d+)/.exec(error.message) ?? []
  expect(Number(at)).toBeGreaterThan(text.length - 40_000)
  expect(error.cause).toBeInstanceOf(SyntaxError)
})

test('a body that is not JSON is not read to its end', async () => {
  const { response, queue, log } = openResponse()
  const failed = parseJson(response.body).catch((error: unknown) => error as SyntaxError)
  queue.push(Buffer.alloc(100_000, ']'))
  expect(await failed).toBeInstanceOf(SyntaxError)
  expect(log.cancelled).toBe(1)
})

test('a body that fails rejects with its error', async () => {
  const { response, queue } = openResponse()
  queue.push(Buffer.from(JSON.stringify(big)).subarray(0, 100_000))
  queue.fail(new Error('cut off'))
  await expect(parseJson(response.body)).rejects.toThrow('cut off')
})

test('__proto__ is a name like any other', async () => {
  const text = `{"big":${JSON.stringify(big)},"__proto__":{"polluted":${JSON.stringify(big)}}}`
  const value = await parseJson<object>(clientResponse(200, [], text).body)
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(Object.keys(value)).toEqual(['big', '__proto__'])
  expect('polluted' in {}).toBe(false)
})
