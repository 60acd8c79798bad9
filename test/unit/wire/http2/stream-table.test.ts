import { describe, expect, test } from 'vitest'
import type { Stream } from '../../../../src/wire/http2/stream.ts'
import { StreamTable } from '../../../../src/wire/http2/stream-table.ts'
import { Random } from '../../fakes/random.ts'

const stream = (streamId: number) => ({ streamId }) as Stream

describe('open streams by their ids', () => {
  test('are found as long as they are there, like in a map', () => {
    const random = new Random(1)
    const table = new StreamTable()
    const model = new Map<number, Stream>()
    for (let id = 1; id < 20_000; id += 2) {
      const added = stream(id)
      table.add(added)
      model.set(id, added)
      // Some live long, so that their slots are wanted again; the number of open ones rises and falls.
      const most = 1 + Math.floor(200 * (1 + Math.sin(id / 900)))
      while (model.size > most) {
        const ids = [...model.keys()].filter((one) => one % 501 !== 0 || model.size > most + 15)
        if (ids.length === 0) break
        const gone = ids[Math.floor(random.next() * random.next() * ids.length)] as number
        table.remove(model.get(gone) as Stream)
        model.delete(gone)
        expect(table.get(gone)).toBeUndefined()
      }
      expect(table.size).toBe(model.size)
      if (id % 97 === 0) for (const [key, one] of model) expect(table.get(key)).toBe(one)
    }
    expect(new Set(table.all())).toEqual(new Set(model.values()))
  })

  test('one that is removed twice, or never was there, changes nothing', () => {
    const table = new StreamTable()
    const first = stream(1)
    table.add(first)
    table.remove(stream(33))
    table.remove(first)
    table.remove(first)
    expect(table.size).toBe(0)
  })

  test('the list of all is one of its own', () => {
    const table = new StreamTable()
    for (const id of [1, 3, 5]) table.add(stream(id))
    for (const one of table.all()) table.remove(one)
    expect(table.all()).toEqual([])
  })
})

test('streams that were reset are remembered, and only so many', () => {
  const table = new StreamTable()
  for (let id = 1; id < 2 * 1500; id += 2) table.noteReset(id)
  expect([table.wasReset(2999), table.wasReset(1001), table.wasReset(999), table.wasReset(1)]).toEqual([
    true,
    true,
    false,
    false,
  ])
})
