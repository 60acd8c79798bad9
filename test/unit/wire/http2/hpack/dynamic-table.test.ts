import { expect, test } from 'vitest'
import { DynamicTable } from '../../../../../src/wire/http2/hpack/dynamic-table.ts'
import { Random } from '../../../fakes/random.ts'

function entriesOf(table: DynamicTable): string[] {
  return Array.from({ length: table.length }, (_, index) => `${table.nameAt(index)}=${table.valueAt(index)}`)
}

test('the newest entry has index 0, the oldest goes first', () => {
  const table = new DynamicTable(102)
  for (const value of ['1', '2', '3', '4']) table.add('a', value)
  expect(entriesOf(table)).toEqual(['a=4', 'a=3', 'a=2'])
  expect(table.size).toBe(102)
  expect(table.newest).toBe(4)
})

test('an entry larger than the table empties it, and is no error', () => {
  const table = new DynamicTable(100)
  table.add('a', '1')
  table.add('b', 'x'.repeat(68))
  expect(entriesOf(table)).toEqual([])
  expect(table.size).toBe(0)
})

test('the generation changes with the content and the size, and only then', () => {
  const table = new DynamicTable(100)
  const changes = (change: () => void): boolean => {
    const before = table.generation
    change()
    return table.generation !== before
  }
  expect(changes(() => table.add('a', 'x'.repeat(100)))).toBe(false)
  expect(changes(() => table.clear())).toBe(false)
  expect(changes(() => table.resize(100))).toBe(false)
  expect(changes(() => table.add('a', '1'))).toBe(true)
  expect(changes(() => table.resize(99))).toBe(true)
  expect(changes(() => table.clear())).toBe(true)
  expect(changes(() => table.resize(0))).toBe(true)
  expect(changes(() => table.add('a', ''))).toBe(false)
})

test('is what a plain list would be', () => {
  const random = new Random(3)
  const table = new DynamicTable(4096)
  let model: [string, string][] = []
  const sizeOf = () => model.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0)
  for (let step = 0; step < 5000; step += 1) {
    if (random.chance(0.02)) table.resize(random.pick([0, 33, 100, 500, 4096, 20_000]))
    if (random.chance(0.005)) {
      table.clear()
      model = []
    }
    const length = random.below(random.chance(0.05) ? 3000 : 20)
    const entry: [string, string] = [`n${random.below(9)}`, 'v'.repeat(length)]
    table.add(...entry)
    model.unshift(entry)
    while (sizeOf() > table.maxSize) model.pop()
    expect(table.size).toBe(sizeOf())
    expect(table.length).toBe(model.length)
    if (step % 10 === 0) expect(entriesOf(table)).toEqual(model.map((pair) => pair.join('=')))
  }
})
