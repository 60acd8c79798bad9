import { InvalidRequestError } from '../../core/errors.ts'
import type { Recording } from './recording.ts'
import { faultOf } from './recording-fault.ts'

/**
 * Reads what `recorder.write('NAME.json')` wrote.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for anything else.
 */
export function parseRecording(json: string): Recording {
  let data: unknown
  try {
    data = JSON.parse(json)
  } catch (cause) {
    throw new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', 'Not a recording: it is not JSON.', {
      cause,
    })
  }
  const fault = faultOf(data)
  if (fault !== null)
    throw new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Not a recording: ${fault}.`)
  return data as Recording
}
