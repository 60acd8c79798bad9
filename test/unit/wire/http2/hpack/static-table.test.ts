import { expect, test } from 'vitest'
import {
  STATIC_INDEX,
  STATIC_NAMES,
  STATIC_VALUES,
} from '../../../../../src/wire/http2/hpack/static-table.ts'
import { STATIC_TABLE } from '../../../../support/hpack-tables.ts'

test('is that of the other implementation, behind a hole at 0', () => {
  const entries = STATIC_NAMES.map((name, index) => [name, STATIC_VALUES[index]])
  expect(entries).toEqual([['', ''], ...STATIC_TABLE])
})

test('can be found by name and value', () => {
  for (let index = 1; index < STATIC_NAMES.length; index += 1) {
    const known = STATIC_INDEX.get(STATIC_NAMES[index] as string)
    expect(known?.values[index - known.index]).toBe(STATIC_VALUES[index])
  }
})
