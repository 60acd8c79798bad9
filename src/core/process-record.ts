import { channel } from 'node:diagnostics_channel'

/** What all copies of the package in one process have in common: those that were imported and those that were required. */
interface ProcessRecord {
  /** The last id given of each kind. */
  readonly ids: { [kind: string]: number }
  /** What `setDefaultClient` was given; null: nothing. */
  defaultClient: unknown
}

const KEY = Symbol.for('trunkline.process')

/**
 * Channels are the one thing that Node gives to every copy alike by its name, so the record is kept with one that is ours
 * by name: nothing global is added or changed. Held here, since Node forgets channels that nobody holds.
 */
const keeper = channel('trunkline:process') as { [KEY]?: ProcessRecord }

keeper[KEY] ??= { ids: {}, defaultClient: null }

export const processRecord: ProcessRecord = keeper[KEY]

export type IdKind = 'client' | 'request' | 'attempt' | 'dial' | 'connection'

/** Counts up from 1 in the process, whichever copy of the package asks. */
export function nextId(kind: IdKind): number {
  const { ids } = processRecord
  const id = (ids[kind] ?? 0) + 1
  ids[kind] = id
  return id
}
