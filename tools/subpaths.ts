/** The public subpaths of the package, and the source that each one is built from. */
import tsup from '../tsup.config.ts'

export interface Subpath {
  /** As users write it: `trunkline`, `trunkline/sse`. */
  readonly specifier: string
  /** Name of the built file, without its ending: `index`, `sse`. */
  readonly name: string
  /** From the root of the repository. */
  readonly source: string
}

/** Everything that is built, but for the program of the command line, which nobody imports. */
export function subpaths(): readonly Subpath[] {
  if (Array.isArray(tsup) || typeof tsup === 'function')
    throw new Error('tsup.config.ts: one object is expected')
  return Object.entries(tsup.entry as Record<string, string>)
    .filter(([name]) => name !== 'cli')
    .map(([name, source]) => ({
      specifier: name === 'index' ? 'trunkline' : `trunkline/${name}`,
      name,
      source,
    }))
}
