import { describe, expect, test } from 'vitest'
import { Bench } from './support/bench.ts'
import { resultOf, runChild, source } from './support/child.ts'

const bench = new Bench()

interface Seen {
  readonly used: Record<string, unknown>
  readonly fetchReplaced: boolean
  readonly othersReplaced: boolean
  readonly sameDescriptor: boolean
  readonly newSymbols: readonly string[]
  readonly newNames: readonly string[]
}

/** undici marks its own dispatcher on globalThis; the platform does when `fetch` is first used. */
const UNDICI = /undici/

async function run(order: string, flags: readonly string[] = []): Promise<Seen> {
  const server = await bench.h2Server({ allowHTTP1: true })
  const result = await runChild('globals', { args: [server.origin, order], flags })
  expect(result).toMatchObject({ code: 0, signal: null })
  return resultOf(result) as Seen
}

describe('the globals of a process', () => {
  test('are left alone by the library', async () => {
    const seen = await run('trunkline')
    expect(seen).toMatchObject({ fetchReplaced: false, othersReplaced: false, newNames: [] })
    expect(seen.newSymbols.filter((name) => !UNDICI.test(name))).toEqual([])
    expect(seen.used).toEqual({ trunkline: 'h2', global: 200, instance: true })
  })

  test.each(['trunkline,undici', 'undici,trunkline'])(
    'undici beside it, imported in the order %s: neither disturbs the other',
    async (order) => {
      const seen = await run(order)
      expect(seen.used).toEqual({ trunkline: 'h2', undici: 200, global: 200, instance: true })
      expect(seen).toMatchObject({ fetchReplaced: false, othersReplaced: false, newNames: [] })
      expect(seen.newSymbols.filter((name) => !UNDICI.test(name))).toEqual([])
    },
  )
})

describe('trunkline/register', () => {
  test('makes it the global fetch, and changes nothing else', async () => {
    const seen = await run('register')
    expect(seen.used).toEqual({ global: 'h2', instance: true })
    expect(seen).toMatchObject({ fetchReplaced: true, othersReplaced: false, newNames: [], newSymbols: [] })
    // Its attributes, name and number of parameters are the platform's.
    expect(seen.sameDescriptor).toBe(true)
  })

  test.each(['register,undici', 'undici,register'])(
    'undici beside it, imported in the order %s',
    async (order) => {
      const seen = await run(order)
      expect(seen.used).toEqual({ undici: 200, global: 'h2', instance: true })
    },
  )

  test('node --import trunkline/register: a program that knows nothing of it', async () => {
    const server = await bench.h2Server()
    const result = await runChild('global-fetch', {
      flags: ['--import', source('register')],
      args: [server.origin],
    })
    expect(result).toMatchObject({ code: 0, signal: null })
    // The server speaks nothing but HTTP/2.
    expect(resultOf(result)).toEqual({ status: 200, hello: 'world', httpVersion: '2.0' })
  })
  test('node --import trunkline/register: in workers, too', async () => {
    const server = await bench.h2Server()
    const result = await runChild('worker-fetch', {
      flags: ['--import', source('register')],
      args: [server.origin],
    })
    expect(result).toMatchObject({ code: 0, signal: null })
    expect(resultOf(result)).toEqual({ main: 'h2', worker: 'h2', data: 'x' })
  })
})
