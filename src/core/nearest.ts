/** The candidate that differs least from a word; null if none is near enough to be what was meant. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distanceOf(word, candidate) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  const limit = Math.max(1, Math.floor(word.length / 3))
  return best !== undefined && best.distance <= limit ? best.candidate : null
}

/** Edits that make one word the other: a letter more, less, another, or two swapped. */
function distanceOf(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const steps = [row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1)]
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) steps.push(before[j - 2]! + 1)
      row.push(Math.min(...steps))
    }
    before = last
    last = row
  }
  return last[b.length] as number
}

/**
 * The rest of a sentence that begins with the name of an option nobody knows, perhaps in its group (`http2.foo`):
 * what was probably meant, and all the names there are.
 */
export function notAnOption(name: string, known: readonly string[]): string {
  const meant = nearest(name.slice(name.lastIndexOf('.') + 1), known)
  const hint = meant === null ? '' : ` Did you mean ${meant}?`
  return `is not an option.${hint} The options are ${known.join(', ')}`
}
