import { isDeepStrictEqual } from 'node:util'
import type { MockCall } from './call.ts'
import { type Params, urlPattern } from './url-pattern.ts'

/** The text itself, a pattern that it fits, or a function that says so. */
export type TextMatch = string | RegExp | ((value: string) => boolean)

/** Which requests a route is for. What is left out does not matter. */
export interface MockMatch {
  /** Default: any. */
  readonly method?: string | readonly string[]
  /** A pattern such as `https://api.example.com/users/:id` or `/users/*`, an expression for the whole URL, or a function. */
  readonly url?: string | RegExp | ((url: URL) => boolean)
  /** By name; of a field that repeats, all values joined by a comma. */
  readonly headers?: Readonly<Record<string, TextMatch>>
  /** Text, an expression, bytes, a function; or an object, whose properties the JSON of the body must have. */
  readonly body?: TextMatch | Uint8Array | ((call: MockCall) => boolean) | object
}

/** The params of a request that fits, or everything that does not fit. */
export type Verdict =
  | { readonly fits: true; readonly params: Params }
  | { readonly fits: false; readonly why: readonly string[] }

export interface Matcher {
  /** As messages show it. */
  readonly text: string
  judge(call: MockCall): Verdict
}

const KNOWN: readonly string[] = ['method', 'url', 'headers', 'body']

/** @throws TypeError for what is no match. */
export function matcherOf(match: MockMatch): Matcher {
  for (const name of Object.keys(match))
    if (!KNOWN.includes(name))
      throw new TypeError(`A mock matches by ${KNOWN.join(', ')}; there is no "${name}".`)
  checkShape(match)
  const methods = match.method === undefined ? null : [match.method].flat().map((one) => one.toUpperCase())
  const judgeUrl = urlJudge(match.url)
  return {
    text: `${methods?.join('|') ?? 'any method'} ${match.url === undefined ? 'any URL' : String(match.url)}`,
    judge(call) {
      const params = judgeUrl(new URL(call.url))
      const why = [
        methods === null || methods.includes(call.method) ? [] : [`the method is ${call.method}`],
        typeof params === 'string' ? [params] : [],
        Object.entries(match.headers ?? {}).flatMap(([name, wanted]) => judgeHeader(call, name, wanted)),
        match.body === undefined || fitsBody(call, match.body) ? [] : [`the body is ${shown(call.text())}`],
      ].flat()
      return why.length === 0 && typeof params !== 'string' ? { fits: true, params } : { fits: false, why }
    },
  }
}

function checkShape({ method, url, headers }: MockMatch): void {
  const isText = (value: unknown) =>
    typeof value === 'string' || value instanceof RegExp || typeof value === 'function'
  if (method !== undefined && ![method].flat().every((one) => typeof one === 'string'))
    throw new TypeError('The method that a mock matches is a string, or a list of strings.')
  if (url !== undefined && !isText(url))
    throw new TypeError('The url that a mock matches is a pattern, a regular expression or a function.')
  if (headers === undefined) return
  if (typeof headers !== 'object' || headers === null || !Object.values(headers).every(isText))
    throw new TypeError(
      'The headers that a mock matches are strings, regular expressions or functions, by name.',
    )
}

function urlJudge(wanted: MockMatch['url']): (url: URL) => Params | string {
  if (wanted === undefined) return () => ({})
  if (typeof wanted === 'string') {
    const pattern = urlPattern(wanted)
    return (url) => pattern.match(url)
  }
  if (typeof wanted === 'function') return (url) => (wanted(url) ? {} : `the function says no to ${url.href}`)
  return (url) => {
    const found = new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, '')).exec(url.href)
    return found === null ? `the URL is ${url.href}` : { ...found.groups }
  }
}

function judgeHeader({ headers }: MockCall, name: string, wanted: TextMatch): string[] {
  const value = headers[name.toLowerCase()]
  if (value === undefined) return [`there is no header ${name}`]
  return fitsText(value, wanted) ? [] : [`the header ${name} is ${shown(value)}`]
}

function fitsText(value: string, wanted: TextMatch): boolean {
  if (typeof wanted === 'string') return value === wanted
  if (typeof wanted === 'function') return wanted(value)
  return new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, '')).test(value)
}

function fitsBody(call: MockCall, wanted: NonNullable<MockMatch['body']>): boolean {
  if (typeof wanted === 'function') return (wanted as (call: MockCall) => boolean)(call)
  if (typeof wanted === 'string' || wanted instanceof RegExp) return fitsText(call.text(), wanted)
  if (wanted instanceof Uint8Array) return Buffer.from(wanted).equals(call.body)
  try {
    return includes(call.json(), wanted)
  } catch {
    return false
  }
}

/** Whether `given` has everything that `wanted` has. Lists must be as long. */
function includes(given: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || typeof given !== 'object' || given === null)
    return isDeepStrictEqual(given, wanted)
  if (Array.isArray(wanted) && (!Array.isArray(given) || given.length !== wanted.length)) return false
  return Object.entries(wanted).every(([key, value]) => includes(Reflect.get(given, key), value))
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}
