import { InvalidRequestError } from './core/errors.ts'
import { oneOf } from './option-checks.ts'

/** What can speak HTTP/2 for a client. */
export type EngineName = 'node' | 'wire'

export const checkEngine = oneOf('node', 'wire')

/**
 * The engine of clients that name none.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` when TRUNKLINE_ENGINE names none that there is.
 */
export function engineOfEnvironment({ TRUNKLINE_ENGINE }: NodeJS.ProcessEnv): EngineName {
  const name = TRUNKLINE_ENGINE || 'node'
  const expected = checkEngine(name)
  if (expected === null) return name as EngineName
  throw new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid option: engine must be ${expected}, but the environment variable TRUNKLINE_ENGINE is ${JSON.stringify(name)}.`,
  )
}
