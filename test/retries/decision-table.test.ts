/** docs/retries.md is what the client does: each row of its table runs. */
import { describe, expect, test } from 'vitest'
import { decisions, optionsByName, titleOf } from './decisions.ts'
import { faults } from './faults.ts'
import { Trial } from './trial.ts'

describe('the table', () => {
  test('names every fault that has a script, and no other', () => {
    expect([...new Set(decisions.map(({ fault }) => fault))].sort()).toEqual(Object.keys(faults).sort())
  })

  test('uses all options that it explains', () => {
    const used = new Set(decisions.map(({ options }) => options).filter((name) => name !== ''))
    expect([...used].sort()).toEqual([...optionsByName.keys()].sort())
  })

  test('says each thing once', () => {
    const keys = decisions.map(({ fault, request, body, options }) => [fault, request, body, options].join())
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.length).toBeGreaterThan(70)
  })

  test('sends nothing twice that may have been processed and may not be repeated', () => {
    for (const { request, options, expected } of decisions) {
      if (expected.processed !== 'maybe' || request !== 'POST') continue
      expect({ options, seen: expected.seen }).toEqual({ options, seen: '1' })
    }
  })
})

describe('a row', () => {
  test.each(decisions.map((decision) => [titleOf(decision), decision] as const))(
    '%s',
    async (_, decision) => {
      const fault = faults[decision.fault]
      if (fault === undefined) throw new Error(`no script for "${decision.fault}"`)
      await using trial = await Trial.open(decision, fault)
      expect(await trial.run()).toEqual(decision.expected)
    },
  )
})
