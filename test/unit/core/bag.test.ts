import { describe, expect, test } from 'vitest'
import { Bag, type Bagged } from '../../../src/core/bag.ts'

const some = (count: number): Bagged[] => Array.from({ length: count }, () => ({ place: -1 }))

describe('Bag', () => {
  test('holds each item once, and says what is new', () => {
    const bag = new Bag()
    const [item] = some(1) as [Bagged]
    expect([bag.add(item), bag.add(item), bag.size]).toEqual([true, false, 1])
    expect([bag.delete(item), bag.delete(item), bag.size]).toEqual([true, false, 0])
    expect(item.place).toBe(-1)
  })

  test('takes an item back that was in it before', () => {
    const bag = new Bag()
    const [item] = some(1) as [Bagged]
    bag.add(item)
    bag.delete(item)
    expect([bag.add(item), bag.size]).toEqual([true, 1])
  })

  test.each([0, 1, 2])('the others stay when the one at place %i leaves', (place) => {
    const bag = new Bag()
    const items = some(3)
    for (const item of items) bag.add(item)
    const leaving = items[place] as Bagged
    bag.delete(leaving)
    expect(new Set(bag)).toEqual(new Set(items.filter((item) => item !== leaving)))
    for (const item of bag) expect(bag.at(item.place)).toBe(item)
  })

  test('what comes and goes while it is walked changes nothing', () => {
    const bag = new Bag()
    const items = some(4)
    for (const item of items) bag.add(item)
    const seen = []
    for (const item of bag) {
      seen.push(item)
      bag.delete(item)
      bag.add({ place: -1 })
    }
    expect(seen).toEqual(items)
    expect(bag.size).toBe(4)
  })

  test('an item of a bag that was cleared may enter another one', () => {
    const bag = new Bag()
    const [item] = some(1) as [Bagged]
    bag.add(item)
    bag.clear()
    const next = new Bag()
    expect([bag.size, next.add(item)]).toEqual([0, true])
  })
})
