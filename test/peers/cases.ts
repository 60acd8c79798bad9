/** All cases that are played against every client. */
import { frameCases } from './cases-frames.ts'
import { http1Cases } from './cases-http1.ts'
import { lifecycleCases } from './cases-lifecycle.ts'
import { messageCases } from './cases-messages.ts'
import { type FaultCase, GOOD, http1, http2 } from './fault-case.ts'

const cases: readonly FaultCase[] = [...frameCases, ...messageCases, ...lifecycleCases, ...http1Cases]

/** In the order of the catalogue; no numbers: all. */
export function casesByNumber(numbers: readonly number[] = []): FaultCase[] {
  return cases
    .filter(({ number }) => numbers.length === 0 || numbers.includes(number))
    .sort((one, other) => one.number - other.number)
}

/** No fault at all: whether a client speaks the protocol to a server that speaks nothing else. */
export const CHECKS: readonly FaultCase[] = [
  http2(0, 'no fault', GOOD, (_connection, _streamId, request) => request.respond({ body: 'good' })),
  http1(0, 'no fault', GOOD, (connection) => connection.respond({ body: 'good' })),
]
