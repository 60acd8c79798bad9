/** What HTTP Archive wants taken apart: queries and cookies. */
import type { HarCookie, HarPair } from './har-format.ts'
import { REDACTED } from './redaction.ts'

export function queryOf(url: string): HarPair[] {
  if (!URL.canParse(url)) return []
  return [...new URL(url).searchParams].map(([name, value]) => ({ name, value }))
}

/** RFC 6265 section 5.4. Empty when they were redacted. */
export function requestCookies(headers: readonly string[]): HarCookie[] {
  return valuesOf(headers, 'cookie').flatMap((value) =>
    value.split(';').flatMap((pair) => cookieOf(pair) ?? []),
  )
}

/** RFC 6265 section 4.1.1. Empty when they were redacted. */
export function responseCookies(headers: readonly string[]): HarCookie[] {
  return valuesOf(headers, 'set-cookie').flatMap((value) => {
    const [pair = '', ...attributes] = value.split(';')
    const cookie = cookieOf(pair)
    return cookie === null ? [] : [{ ...cookie, ...attributesOf(attributes) }]
  })
}

function attributesOf(attributes: readonly string[]): Partial<HarCookie> {
  const known = new Map(
    attributes.map((attribute) => {
      const [name = '', ...value] = attribute.split('=')
      return [name.trim().toLowerCase(), value.join('=').trim()]
    }),
  )
  const [path, domain, expires] = ['path', 'domain', 'expires'].map((name) => known.get(name))
  const expiry = expires === undefined ? Number.NaN : Date.parse(expires)
  return {
    ...(path !== undefined && { path }),
    ...(domain !== undefined && { domain }),
    ...(!Number.isNaN(expiry) && { expires: new Date(expiry).toISOString() }),
    httpOnly: known.has('httponly'),
    secure: known.has('secure'),
  }
}

function cookieOf(pair: string): HarCookie | null {
  const at = pair.indexOf('=')
  return at < 1 ? null : { name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim() }
}

function valuesOf(headers: readonly string[], name: string): string[] {
  return headers.filter((value, at) => at % 2 === 1 && headers[at - 1] === name && value !== REDACTED)
}
