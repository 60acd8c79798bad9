/** What the servers serve: the same paths and sizes everywhere. */
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const KIB = 1024
const MIB = 1024 * KIB

/** Bytes by path. */
export const SIZES = {
  '/1k.txt': KIB,
  '/100k.txt': 100 * KIB,
  '/24m.bin': 24 * MIB,
  '/50m.bin': 50 * MIB,
  '/100m.bin': 100 * MIB,
} as const satisfies Record<string, number>

export type Path = keyof typeof SIZES

/** Larger ones are zeros: nobody decodes them. */
const LARGEST_TEXT = 100 * KIB

/** Text such as an API answers, cut to size. */
export function textOfSize(bytes: number): string {
  const record = (id: number) => `{"id":${id},"name":"Ada Lovelace","mail":"ada@example.com","active":true},`
  let text = ''
  for (let id = 0; text.length < bytes; id++) text += record(id)
  return text.slice(0, bytes)
}

/** Writes them all; the large ones take no room on the disk. */
export async function writeFiles(folder: string): Promise<void> {
  const write = async ([path, size]: [string, number]) => {
    const file = join(folder, path)
    await writeFile(file, size <= LARGEST_TEXT ? textOfSize(size) : '')
    if (size > LARGEST_TEXT) await truncate(file, size)
  }
  await Promise.all(Object.entries(SIZES).map(write))
}
