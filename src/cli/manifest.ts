import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The version of the package that the running program belongs to. */
export function version(program = process.argv[1] ?? ''): string {
  try {
    for (let folder = dirname(realpathSync(program)); ; folder = dirname(folder)) {
      const found = versionIn(join(folder, 'package.json'))
      if (found !== null) return found
      if (folder === dirname(folder)) return 'unknown'
    }
  } catch {
    return 'unknown'
  }
}

function versionIn(file: string): string | null {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'))
    return name === 'trunkline' ? String(version) : null
  } catch {
    return null
  }
}
