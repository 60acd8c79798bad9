const REDACTED = 'REDACTED'

/**
 * Takes the values of these parameters out of URLs, which have no credentials and no fragment any more. Names are
 * compared as they stand in the query and decoded; everything else of the URL stays as it is.
 */
export function createRedaction(parameters: readonly string[]): (url: string) => string {
  const names = new Set(parameters)
  return (url) => {
    const query = url.indexOf('?')
    if (query === -1 || names.size === 0) return url
    const pairs = url.slice(query + 1).split('&')
    if (!pairs.some((pair) => names.has(nameOf(pair)))) return url
    const shown = pairs.map((pair) => (names.has(nameOf(pair)) ? withoutValue(pair) : pair))
    return `${url.slice(0, query + 1)}${shown.join('&')}`
  }
}

function withoutValue(pair: string): string {
  const end = pair.indexOf('=')
  return end === -1 ? pair : `${pair.slice(0, end + 1)}${REDACTED}`
}

function nameOf(pair: string): string {
  const end = pair.indexOf('=')
  const name = end === -1 ? pair : pair.slice(0, end)
  if (!name.includes('%') && !name.includes('+')) return name
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}
