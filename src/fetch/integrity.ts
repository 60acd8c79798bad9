import { createHash } from 'node:crypto'

/** Subresource Integrity, section 3.2, from weak to strong. */
const ALGORITHMS: readonly string[] = ['sha256', 'sha384', 'sha512']

interface Digest {
  readonly strength: number
  /** In base64, without padding. */
  readonly value: string
}

/**
 * Whether the bytes have one of the digests of the strongest algorithm that is named (Subresource Integrity, section
 * 3.3.4). Metadata without any known algorithm asks for nothing.
 */
export function matchesIntegrity(bytes: Uint8Array, metadata: string): boolean {
  const digests = metadata.split(/[\t\n\f\r ]+/).flatMap(digestOf)
  const strongest = Math.max(...digests.map(({ strength }) => strength))
  const wanted = digests.filter(({ strength }) => strength === strongest)
  if (wanted.length === 0) return true
  const actual = bare(
    createHash(ALGORITHMS[strongest] as string)
      .update(bytes)
      .digest('base64'),
  )
  return wanted.some(({ value }) => value === actual)
}

function digestOf(item: string): Digest[] {
  const [expression = ''] = item.split('?', 1)
  const algorithm = expression.slice(0, 6).toLowerCase()
  const strength = ALGORITHMS.indexOf(algorithm)
  return strength === -1 ? [] : [{ strength, value: bare(expression.slice(7)) }]
}

/** base64url is taken for base64, and padding, two signs at most, is optional. */
function bare(base64: string): string {
  return base64
    .replace(/={1,2}$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
}
