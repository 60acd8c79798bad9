import type { Label } from './sealed-session.ts'

/**
 * A session's file says in its name what a store has to know without opening it, so that one look at the directory is
 * enough: whose it is, when it was written, when it ends, how large it is. Lower-case letters, digits and hyphens:
 * the same everywhere, also where file names have no case.
 */
export interface SessionFile extends Label {
  readonly name: string
  /** ms since the epoch. */
  readonly writtenAt: number
  readonly bytes: number
}

const NAME =
  /^t1-([0-9a-f]{32})-([0-9a-z]{1,11})-([0-9a-z]{1,11})-([12])-([0-9a-f]{16})-([0-9a-z]{1,5})-([0-9a-f]{16})\.tls$/
const TEMPORARY = /^t1-([0-9a-z]{1,11})-[0-9a-f]+\.tmp$/

export function fileNameOf(label: Label, writtenAt: number, bytes: number): string {
  const { place, expiresAt, singleUse, keyId, tag } = label
  const uses = singleUse ? '1' : '2'
  const end = base36(expiresAt)
  return `t1-${place}-${base36(writtenAt)}-${end}-${uses}-${keyId}-${base36(bytes)}-${tag}.tls`
}

/** null: not ours. */
export function readFileName(name: string): SessionFile | null {
  const [, place = '', written = '', ends = '', uses, keyId = '', size = '', tag = ''] = NAME.exec(name) ?? []
  if (place === '') return null
  return {
    name,
    place,
    writtenAt: Number.parseInt(written, 36),
    expiresAt: Number.parseInt(ends, 36),
    singleUse: uses === '1',
    keyId,
    bytes: Number.parseInt(size, 36),
    tag,
  }
}

/** Of a file that is being written, and has its name when that is done. */
export function temporaryName(now: number, random: string): string {
  return `t1-${base36(now)}-${random}.tmp`
}

/** When the writing began, ms since the epoch; null: it is no temporary file of ours. */
export function writingSince(name: string): number | null {
  const [, began] = TEMPORARY.exec(name) ?? []
  return began === undefined ? null : Number.parseInt(began, 36)
}

function base36(value: number): string {
  return Math.max(0, Math.floor(value)).toString(36)
}

/** Newest first; of one moment in the order of their tags, so that all processes agree. */
export function byAge(a: SessionFile, b: SessionFile): number {
  return b.writtenAt - a.writtenAt || (a.tag < b.tag ? -1 : 1)
}
