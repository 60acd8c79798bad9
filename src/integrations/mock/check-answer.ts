import { isError } from '../../core/is-error.ts'
import type { MockAnswer } from './answer.ts'
import { isErrorCode } from './fault.ts'

const OF_RESPONSE = ['status', 'headers', 'body', 'json', 'trailers', 'delay', 'protocol', 'breaksWith']
const OF_FAILURE = ['error', 'processed', 'delay']

/** What is misspelt shall fail the test, and not answer something else. @throws TypeError */
export function checkAnswer(given: unknown): asserts given is MockAnswer {
  if (given === 'silence') return
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`A mock answers with an object or 'silence', not with ${String(given)}.`)
  const known = Object.hasOwn(given, 'error') ? OF_FAILURE : OF_RESPONSE
  const stranger = Object.keys(given).find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw new TypeError(`An answer of a mock has ${known.join(', ')}; there is no "${stranger}".`)
  const answer = given as Record<string, unknown>
  if (answer.body !== undefined && answer.json !== undefined)
    throw new TypeError('An answer of a mock has a body or json, not both.')
  checkStatus(answer.status)
  checkDelay(answer.delay)
  checkFault('error', answer.error)
  checkFault('breaksWith', answer.breaksWith)
}

/** Final ones: an interim response is none. */
function checkStatus(status: unknown): void {
  if (
    status === undefined ||
    (Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599)
  )
    return
  throw new TypeError(
    `The status of a mock's answer is a whole number from 200 to 599, not ${String(status)}.`,
  )
}

function checkDelay(delay: unknown): void {
  if (delay === undefined || (typeof delay === 'number' && delay >= 0)) return
  throw new TypeError(`The delay of a mock's answer is a number of ms, not ${String(delay)}.`)
}

function checkFault(name: string, fault: unknown): void {
  if (fault === undefined || isError(fault)) return
  if (typeof fault === 'string' && isErrorCode(fault)) return
  throw new TypeError(
    `The ${name} of a mock's answer is an Error or a code of docs/errors.md, not ${String(fault)}.`,
  )
}
