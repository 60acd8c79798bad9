import { expect, test } from 'vitest'
import { DialProgress } from '../../../src/connect/dial-progress.ts'

test('goes from phase to phase, and says how long those before took', () => {
  const progress = new DialProgress()
  progress.begin(100, false)
  expect(progress).toMatchObject({ phase: 'dns', phaseAt: 100, startedAt: 100, ended: {} })
  progress.lookedUp(103)
  progress.lookedUp(110)
  expect(progress).toMatchObject({ phase: 'connect', phaseAt: 103, ended: { dns: 3 } })
  progress.connected(120)
  expect(progress).toMatchObject({ phase: 'tls', phaseAt: 120, ended: { dns: 3, connect: 17 } })
  expect(progress.timings(150)).toEqual({ dns: 3, connect: 17, tls: 30 })
})

test('an address literal is not looked up; a second attempt begins anew', () => {
  const progress = new DialProgress()
  progress.begin(100, false)
  progress.lookedUp(103)
  progress.connected(120)
  progress.begin(200, true)
  expect(progress).toMatchObject({ phase: 'connect', phaseAt: 200, startedAt: 200, ended: { dns: 0 } })
})
