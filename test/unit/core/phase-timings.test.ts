import { expect, test } from 'vitest'
import { toldBefore } from '../../../src/core/phase-timings.ts'

test('toldBefore names the phases in the order in which they come, in whole ms', () => {
  expect(toldBefore({ tls: 31.4, connect: 20, queue: 2.6, dns: 0, headers: 5 })).toBe(
    ' (before: queue 3 ms, dns 0 ms, connect 20 ms, tls 31 ms, headers 5 ms)',
  )
  expect(toldBefore({ tls: 31 })).toBe(' (before: tls 31 ms)')
  expect(toldBefore({})).toBe('')
})
