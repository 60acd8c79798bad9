/** How a client did in one case. */

import type { Ending } from './child.ts'
import type { Result } from './child-process.ts'
import { type FaultCase, GOOD } from './fault-case.ts'

export const CLASSES = ['right', 'error', 'timeout', 'truncated', 'wrong', 'twice', 'hang', 'crash'] as const

/**
 * `right`: as the catalogue wants. `error`: an error, or the server's own, where an answer was possible.
 * `timeout`: nothing came, and the signal of the request ended it. `truncated`: a part of a body as a success.
 * `wrong`: a success where an error was wanted, or with other bytes. `twice`: a request that must not be sent
 * again was. `hang`: not settled 5 s after it began, past its signal. `crash`: the process ended.
 */
export type Class = (typeof CLASSES)[number]

export interface Verdict {
  readonly case: FaultCase
  readonly class: Class
  /** The next request, sent in the turn in which this one settled, went well. */
  readonly probe: boolean
  /** So did one 100 ms later. */
  readonly laterProbe: boolean
  readonly took: number
  readonly note: string
}

export function judge(one: FaultCase, result: Result, timesSent: number): Verdict {
  if ('crash' in result)
    return { case: one, class: 'crash', probe: false, laterProbe: false, took: 0, note: result.crash }
  if ('stuck' in result)
    return {
      case: one,
      class: 'hang',
      probe: false,
      laterProbe: false,
      took: 0,
      note: 'the event loop stands still',
    }
  const { ending, probe, later, took } = result
  const probed = probe === null || isAnswer(probe, GOOD)
  const notes = [noteOf(ending), ...(probed ? [] : [`probe: ${noteOf(probe)}`])]
  return {
    case: one,
    class: classOf(one, ending, timesSent),
    probe: probed,
    laterProbe: probed || (later !== null && isAnswer(later, GOOD)),
    took,
    note: notes.join('; '),
  }
}

/** The case is met: the right end, and the connection after it works. */
export function isMet(verdict: Verdict): boolean {
  return verdict.class === 'right' && verdict.probe
}

function classOf(one: FaultCase, ending: Ending, timesSent: number): Class {
  const { want, short = false, byTimer = false } = one
  if (ending.kind === 'hang') return 'hang'
  if (want === 'error' && one.send?.method === 'POST' && timesSent > 1) return 'twice'
  if (ending.kind === 'error') {
    if (ending.bySignal && !byTimer) return 'timeout'
    return want === 'error' || want.orError ? 'right' : 'error'
  }
  if (want === 'error') {
    if (timesSent > 1 && isAnswer(ending, GOOD)) return 'right'
    return short ? 'truncated' : 'wrong'
  }
  if (isAnswer(ending, want)) return 'right'
  if (ending.status >= 400) return 'error'
  return want.body.startsWith(ending.body) ? 'truncated' : 'wrong'
}

function isAnswer(ending: Ending, wanted: { readonly status: number; readonly body: string }): boolean {
  return ending.kind === 'answer' && ending.status === wanted.status && ending.body === wanted.body
}

function noteOf(ending: Ending): string {
  if (ending.kind === 'hang') return 'did not settle'
  if (ending.kind === 'error') return ending.text
  return `${ending.status} ${JSON.stringify(ending.body.slice(0, 30))}`
}
