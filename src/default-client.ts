import { createClient } from './client.ts'
import type { Client } from './client-interface.ts'
import { InvalidRequestError } from './core/errors.ts'
import { processRecord } from './core/process-record.ts'

/** Of this copy of the package, so that its errors are of the classes that this copy exports. */
let own: Client | null = null

/**
 * The client behind `fetch` and `request`: the one of `setDefaultClient`, or one with nothing but defaults, made at the
 * first use.
 */
export function defaultClient(): Client {
  const chosen = chosenClient()
  if (chosen !== null) return chosen
  own ??= createClient()
  return own
}

/**
 * Puts `client` behind `fetch` and `request` for the whole process, and so behind the global `fetch` with
 * `trunkline/register`. Null: a client of defaults again, made when it is needed.
 *
 * Returns the client that was there before, or null if there was none. It is not closed: calls under way go on, and
 * whoever put it there closes it. Calls over a client that is closed are refused.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for what is no client
 */
export function setDefaultClient(client: Client | null): Client | null {
  if (client !== null && !isClient(client))
    throw new InvalidRequestError(
      'ERR_TRUNKLINE_INVALID_OPTION',
      'setDefaultClient takes a client made by createClient, or null.',
    )
  const before = chosenClient() ?? own
  own = null
  processRecord.defaultClient = client
  return before
}

function chosenClient(): Client | null {
  return processRecord.defaultClient as Client | null
}

function isClient(value: unknown): value is Client {
  const { fetch, request, close } = Object(value) as Partial<Client>
  return typeof fetch === 'function' && typeof request === 'function' && typeof close === 'function'
}
