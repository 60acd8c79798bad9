/** `trunkline/cookies`: cookies through tough-cookie, which is to be installed beside us. */
import { CookieJar } from 'tough-cookie'
import type { ClientRequest, ClientResponse, Interceptor } from '../core/dispatch.ts'
import { type HeaderList, withoutHeaders } from '../core/headers.ts'
import { orAborted } from '../core/or-aborted.ts'
import { invalidOption } from './invalid-option.ts'

/** What we need of a `CookieJar`. */
export interface Jar {
  /** The cookies to send to this URL, as `CookieJar` of tough-cookie gives them. */
  getCookies(url: string): Promise<readonly JarCookie[]>
  /** Keeps one `set-cookie` field that this URL answered with; one that breaks the rules is ignored. */
  setCookie(cookie: string, url: string, options: { readonly ignoreError: true }): Promise<unknown>
}

/** A cookie of a jar. */
export interface JarCookie {
  readonly key: string
  /** `name=value`, as it is sent. */
  cookieString(): string
}

/** Options of `cookies()`. */
export interface CookieOptions {
  /**
   * Where cookies are kept; default a `CookieJar` in memory. A function says whose jar a request uses, by its
   * `context` perhaps; with null it has none.
   */
  readonly jar?: Jar | ((request: ClientRequest) => Jar | null)
}

/** RFC 9110 section 5.5: what a field value may hold. */
const SENDABLE = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/

/**
 * Sends the cookies of the jar that match, and keeps those that responses set. Which match, and which may be set, is
 * tough-cookie's to say: domain, path, `Secure`, expiry, public suffixes. What is no cookie is passed over. To be one
 * of `networkInterceptors`, since redirects set cookies too, and go where others match.
 */
export function cookies(options: CookieOptions = {}): Interceptor {
  const given = options.jar ?? new CookieJar()
  if (typeof given !== 'function' && !isJar(given)) throw invalidOption('cookies', 'jar must be a CookieJar')
  const jarOf = typeof given === 'function' ? given : () => given
  return (next) => async (request) => {
    const jar = jarOf(request)
    if (jar === null) return next(request)
    const response = await next(await withCookies(request, jar))
    await keep(response, request, jar)
    return response
  }
}

function isJar(value: unknown): value is Jar {
  const jar = value as Partial<Jar> | null
  return typeof jar?.getCookies === 'function' && typeof jar.setCookie === 'function'
}

/** The request with the cookies of the jar behind its own. Of two with one name its own is sent. */
async function withCookies(request: ClientRequest, jar: Jar): Promise<ClientRequest> {
  const matching = await orAborted(jar.getCookies(request.target.href), request.signal)
  if (matching.length === 0) return request
  const own = ownCookies(request.headers)
  const taken = new Set(own.map((pair) => pair.split('=', 1)[0]?.trim()))
  const added = matching.filter(({ key }) => !taken.has(key)).map((cookie) => cookie.cookieString())
  // A jar may be filled by other means than responses: what cannot be sent must not fail the request.
  const cookie = [...own, ...added.filter((pair) => SENDABLE.test(pair))].join('; ')
  if (cookie === '') return request
  const headers = withoutHeaders(request.headers, (name) => name === 'cookie')
  return { ...request, headers: [...headers, 'cookie', cookie] }
}

/** A `cookie` field may come in several lines (RFC 9113 section 8.2.3). */
function ownCookies(headers: HeaderList): string[] {
  const lines = headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === 'cookie')
  return lines.flatMap((line) => line.split(/;\s*/)).filter((pair) => pair !== '')
}

async function keep({ headers, body }: ClientResponse, request: ClientRequest, jar: Jar): Promise<void> {
  try {
    for (let index = 0; index < headers.length; index += 2) {
      if (headers[index] !== 'set-cookie') continue
      const kept = jar.setCookie(headers[index + 1] as string, request.target.href, { ignoreError: true })
      await orAborted(kept, request.signal)
    }
  } catch (error) {
    // The jar failed, not the cookie. Nobody else will let go of the response.
    body.cancel()
    throw error
  }
}
