import { ClosedError } from './core/errors.ts'

/** A call came after `close` or `destroy`. */
export function closedError(state: 'closing' | 'destroyed'): ClosedError {
  const how = state === 'closing' ? 'is closing' : 'was closed'
  return new ClosedError(
    'ERR_TRUNKLINE_CLIENT_CLOSED',
    `The client ${how} and takes no new requests. Close a client only when nothing uses it any more.`,
    { phase: 'close' },
  )
}

/** The client ended while a request was open. */
export function destroyedError(how: string, cause?: Error): ClosedError {
  return new ClosedError('ERR_TRUNKLINE_CLIENT_DESTROYED', `The client ${how}; this request was cut off.`, {
    phase: 'close',
    ...(cause === undefined ? {} : { cause }),
  })
}
