/** What stands in a pattern's places: `:id` by its name. */
export type Params = Readonly<Record<string, string>>

export interface UrlPattern {
  readonly source: string
  /** The params of a URL that fits, else why it does not. */
  match(url: URL): Params | string
}

const PLACE = /^:([A-Za-z_]\w*)$/

/**
 * `https://api.example.com/users/:id`, `/users/*`: without an origin, any. `:name` is one segment, `*` at the end any
 * number. A query in the pattern must be there, whatever its order; one that is not named does not matter.
 */
export function urlPattern(source: string): UrlPattern {
  const absolute = URL.parse(source)
  const url = absolute ?? URL.parse(source, 'http://any.invalid')
  if (url === null || (absolute === null && !source.startsWith('/')))
    throw new TypeError(
      `Invalid URL pattern "${source}": give an absolute URL, or a path that begins with /.`,
    )
  const origin = absolute === null ? null : absolute.origin
  const segments = url.pathname.split('/')
  return {
    source,
    match(given) {
      if (origin !== null && given.origin !== origin) return `the origin is ${given.origin}`
      const params = matchPath(segments, given.pathname.split('/'))
      if (params === null) return `the path is ${given.pathname}`
      for (const [name, value] of url.searchParams)
        if (!given.searchParams.getAll(name).includes(value))
          return `the query has ${name}=${given.searchParams.get(name) ?? ''}, not ${value}`
      return params
    },
  }
}

function matchPath(wanted: readonly string[], given: readonly string[]): Params | null {
  const params: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    if (segment === '*' && index === wanted.length - 1) return params
    const value = given[index]
    if (value === undefined) return null
    const name = PLACE.exec(segment)?.[1]
    if (name === undefined ? value !== segment : value === '') return null
    if (name !== undefined) params[name] = decode(value)
  }
  return wanted.length === given.length ? params : null
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
