/**
 * What our lanes cannot do yet: a test that is named here is expected to fail in them, and goes red when it passes.
 * The list is to be empty.
 */
import { type TestFunction, test } from 'vitest'
import type { Lane } from './stand.ts'

const PENDING: readonly string[] = []

/** `test`, for one lane. */
export function laneTest(lane: Lane, name: string, run: TestFunction): void {
  const pending =
    lane.whose === 'ours' && PENDING.some((entry) => name === entry || `${name} ${lane.protocol}` === entry)
  if (pending) test.fails(name, run)
  else test(name, run)
}
