import { AsyncLocalStorage } from 'node:async_hooks'
import { InvalidRequestError } from './errors.ts'
import { textOf } from './text-of.ts'

const LONGEST_ID = 256

/** RFC 9110 section 5.5: what a field value may be made of, without spaces. */
const ID = /^[\x21-\x7e]+$/

const storage = new AsyncLocalStorage<string>()

/** The id of the code that runs now; undefined outside of `withCorrelationId`. */
export function correlationId(): string | undefined {
  return storage.getStore()
}

/**
 * Runs `run` under an id: calls that are made in it, and in whatever it calls and awaits, carry the id in their events.
 * Clients with the option `correlation` put it into errors and send it along, too.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for an id that could not be sent: it must be 1 to 256
 * visible ASCII characters.
 */
export function withCorrelationId<T>(id: string, run: () => T): T {
  return storage.run(checkedId(id), run)
}

export function isCorrelationId(id: unknown): id is string {
  return typeof id === 'string' && id.length <= LONGEST_ID && ID.test(id)
}

export function checkedId(id: unknown): string {
  if (isCorrelationId(id)) return id
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `A correlation id must be 1 to ${LONGEST_ID} visible ASCII characters, not ${JSON.stringify(textOf(id).slice(0, 100))}.`,
  )
}
