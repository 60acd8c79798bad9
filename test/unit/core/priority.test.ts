import { describe, expect, test } from 'vitest'
import { addPriority, type PriorityInput, priorityOf } from '../../../src/core/priority.ts'

function fieldOf(input: PriorityInput | undefined, headers: string[] = []): string[] {
  addPriority(headers, priorityOf(input))
  return headers
}

describe('the field', () => {
  test.each<[PriorityInput | undefined, string]>([
    [{ urgency: 0 }, 'u=0'],
    [{ urgency: 7, incremental: true }, 'u=7, i'],
    [{ incremental: true }, 'i'],
    ['high', 'u=1'],
    ['low', 'u=5'],
  ])('of %j is %s', (input, value) => {
    expect(fieldOf(input)).toEqual(['priority', value])
  })

  test.each([[undefined], [{}], [{ urgency: 3, incremental: false }], ['auto' as const]])(
    '%j needs none: those are the defaults',
    (input) => {
      expect(fieldOf(input)).toEqual([])
    },
  )

  test('of the caller stays', () => {
    expect(fieldOf('high', ['priority', 'u=6'])).toEqual(['priority', 'u=6'])
  })
})

test.each([
  null,
  'urgent',
  5,
  { urgency: 8 },
  { urgency: -1 },
  { urgency: 1.5 },
  { urgency: '1' },
  { incremental: 1 },
])('%j is refused', (input) => {
  expect(() => priorityOf(input as PriorityInput)).toThrow(
    expect.objectContaining({
      code: 'ERR_TRUNKLINE_INVALID_OPTION',
      message: expect.stringContaining('option: priority'),
    }),
  )
})
