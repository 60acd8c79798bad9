/** One request as a route function sees it. */
export interface RoutedRequest {
  readonly method: string
  /** Without credentials and fragment. */
  readonly url: string
}

/**
 * How URLs become route templates, of which there are few: a function, or patterns of which the first that matches
 * counts. `/users/:id` stands for any origin, `https://api.example.com/users/:id` for one; `:name` is one segment of
 * the path, a `*` at the end any number of them.
 */
export type Routes = readonly string[] | ((request: RoutedRequest) => string | null | undefined)

/** The template of a request; null: there is none. */
export type RouteOf = (request: RoutedRequest) => string | null

const PATTERN = /^(?:https?:\/\/[^/\s?#]+)?\/[^\s?#]*$/

/** Says what is wrong with a value that was given as `Routes`, or null. */
export function checkRoutes(value: unknown): string | null {
  if (typeof value === 'function') return null
  if (!Array.isArray(value)) return 'must be a function or a list of patterns such as "/users/:id"'
  const bad = value.find((pattern) => typeof pattern !== 'string' || !PATTERN.test(pattern))
  return bad === undefined
    ? null
    : `holds ${JSON.stringify(bad) ?? String(bad)}; a pattern is a path such as "/users/:id", with or without an origin`
}

/** `onError` is told what a function of the user's threw; the request has no template then. */
export function routesOf(routes: Routes, onError: (error: unknown) => void): RouteOf {
  if (typeof routes !== 'function') return matcherOf(routes)
  return (request) => {
    try {
      const route: unknown = routes(request)
      return typeof route === 'string' && route !== '' ? route : null
    } catch (error) {
      onError(error)
      return null
    }
  }
}

function matcherOf(patterns: readonly string[]): RouteOf {
  const compiled = patterns.map((pattern) => {
    const { origin, path } = split(pattern)
    return { origin: origin.toLowerCase(), matches: expressionOf(path), template: path }
  })
  return ({ url }) => {
    const { origin, path } = split(url)
    const found = compiled.find(
      (candidate) => (candidate.origin === '' || candidate.origin === origin) && candidate.matches.test(path),
    )
    return found?.template ?? null
  }
}

/** A URL or a pattern in two: what is before its path, and its path without query and fragment. */
function split(url: string): { readonly origin: string; readonly path: string } {
  const authority = url.indexOf('://')
  const start = authority === -1 ? 0 : url.indexOf('/', authority + 3)
  if (start === -1) return { origin: url, path: '/' }
  const end = url.slice(start).search(/[?#]/)
  return { origin: url.slice(0, start), path: end === -1 ? url.slice(start) : url.slice(start, start + end) }
}

function expressionOf(path: string): RegExp {
  const open = path.endsWith('*')
  const source = (open ? path.slice(0, -1) : path)
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/')
  return new RegExp(`^${source}${open ? '.*' : ''}$`)
}
