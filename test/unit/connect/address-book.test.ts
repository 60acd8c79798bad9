import { describe, expect, test } from 'vitest'
import { createAddressBook } from '../../../src/connect/address-book.ts'
import { DNS_DEFAULTS, type DnsOptions, type SettledDns } from '../../../src/connect/dns-options.ts'
import { FakeClock } from '../../support/fake-clock.ts'

type Answers = readonly string[]

function scene(answers: Answers | (() => Answers), options: DnsOptions = {}) {
  const clock = new FakeClock(1000)
  const asked: string[] = []
  const resolver = async (hostname: string) => {
    asked.push(hostname)
    return typeof answers === 'function' ? answers() : answers
  }
  const book = createAddressBook({ ...DNS_DEFAULTS, resolver, ...options } as SettledDns, clock)
  const find = async (hostname = 'a.test') => (await book.find(hostname)).map(({ address }) => address)
  return { clock, asked, book, find }
}

describe('addresses', () => {
  test('take turns at the first place, each IP version by itself', async () => {
    const { find } = scene(['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2'])
    expect(await find()).toEqual(['2001:db8::1', '2001:db8::2', '192.0.2.1', '192.0.2.2'])
    expect(await find()).toEqual(['2001:db8::2', '2001:db8::1', '192.0.2.2', '192.0.2.1'])
    expect(await find()).toEqual(['2001:db8::1', '2001:db8::2', '192.0.2.1', '192.0.2.2'])
  })

  test('that failed come last, the one that failed last at the very end, until they work or a minute passed', async () => {
    const { book, find, clock } = scene(['192.0.2.1', '192.0.2.2', '192.0.2.3'], { ttl: 1e9 })
    book.failed('192.0.2.2')
    await clock.advance(10)
    book.failed('192.0.2.1')
    expect(await find()).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.1'])
    expect(await find()).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.1'])
    book.worked('192.0.2.2')
    expect(await find()).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.1'])
    expect(await find()).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.1'])
    await clock.advance(60_000)
    expect((await find()).at(0)).toBe('192.0.2.2')
    expect((await find()).at(0)).toBe('192.0.2.3')
    expect((await find()).at(0)).toBe('192.0.2.1')
  })

  test('of the IP version that is wanted are taken, and none at all is a name that does not exist', async () => {
    const answers = ['192.0.2.1', '2001:db8::1']
    expect(await scene(answers, { family: 6 }).find()).toEqual(['2001:db8::1'])
    await expect(scene(['192.0.2.1'], { family: 6 }).find()).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await expect(scene([]).find()).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  test('come in the order that is wished', async () => {
    const answers = ['192.0.2.1', '2001:db8::1', '192.0.2.2']
    expect(await scene(answers, { order: 'ipv6first' }).find()).toEqual([
      '2001:db8::1',
      '192.0.2.1',
      '192.0.2.2',
    ])
    expect(await scene(answers, { order: 'ipv4first' }).find()).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '2001:db8::1',
    ])
  })

  test('that are fixed are never looked up, however the name is spelled in the option', async () => {
    const { asked, find } = scene(['192.0.2.1'], { hosts: { 'B.Test.': '10.0.0.1', 'c.test': ['::1'] } })
    expect(await find('b.test')).toEqual(['10.0.0.1'])
    expect(await find('c.test')).toEqual(['::1'])
    expect(asked).toEqual([])
  })
})

describe('a cache', () => {
  test('is between the dials and a resolver, but not before a lookup of the caller', async () => {
    const cached = scene(['192.0.2.1'])
    await cached.find()
    await cached.find()
    expect(cached.asked.length).toBe(1)
    let calls = 0
    const lookup: SettledDns['lookup'] = (_host, _options, callback) => {
      calls += 1
      // The form of `dns.lookup` without `all`, which Node takes too.
      callback(null, '192.0.2.9', 4)
    }
    const { find } = scene([], { lookup })
    expect(await find()).toEqual(['192.0.2.9'])
    await find()
    expect(calls).toBe(2)
  })

  test('is none with a ttl of 0', async () => {
    const { asked, find } = scene(['192.0.2.1'], { ttl: 0 })
    await find()
    await find()
    expect(asked.length).toBe(2)
  })

  test('gives up an answer that is doubted, unless it is younger than a second', async () => {
    const { book, clock, asked, find } = scene(['192.0.2.1'])
    await find()
    expect(book.doubt('a.test')).toBeNull()
    await clock.advance(1000)
    expect(book.doubt('a.test')).toEqual([{ address: '192.0.2.1', family: 4 }])
    await find()
    expect(asked.length).toBe(2)
    expect(book.doubt('unknown.test')).toBeNull()
  })
})

test('a resolver of the caller may give each address a life', async () => {
  const clock = new FakeClock(1000)
  let calls = 0
  const resolver = async () => {
    calls += 1
    return [{ address: '192.0.2.1', ttl: 500 }, '192.0.2.2']
  }
  const book = createAddressBook({ ...DNS_DEFAULTS, resolver, staleFor: 0 }, clock)
  expect((await book.find('a.test')).length).toBe(2)
  await clock.advance(499)
  await book.find('a.test')
  expect(calls).toBe(1)
  await clock.advance(1)
  await book.find('a.test')
  expect(calls).toBe(2)
})
