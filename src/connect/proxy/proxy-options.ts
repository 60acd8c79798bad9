import type { OriginTlsOptions } from '../tls-identity.ts'

/** A proxy, and how to deal with it. */
export interface ProxyServerOptions {
  /**
   * `http://`, `https://`, `socks5h://`, `socks5://`, `socks4a://` or `socks4://`, with its port if that is not the usual
   * one (80, 443, 1080). Credentials may stand in it, percent-encoded.
   */
  readonly url: string | URL
  /** Credentials, in place of those in the URL; sent to this proxy and to nobody else. */
  readonly auth?: { readonly username: string; readonly password: string }
  /** Further fields for an HTTP proxy. */
  readonly headers?: Readonly<Record<string, string>>
  /** How an `https:` proxy is verified. Of the client's own `tls` nothing but `keyLog` holds for it. */
  readonly tls?: OriginTlsOptions
  /** What to offer an `https:` proxy by ALPN. Default `['h2', 'http/1.1']`. */
  readonly protocols?: readonly ('h2' | 'http/1.1')[]
  /** Ask for a tunnel for `http:` URLs, too. Default false: an HTTP proxy gets such requests as they are. */
  readonly tunnel?: boolean
  /**
   * Who looks up the hosts of URLs. Default the proxy; with `socks5:` and `socks4:`, as is the custom, this client.
   */
  readonly resolve?: 'proxy' | 'local'
}

/** A proxy's URL, or all about it; null, undefined or false: none. */
export type ProxyAnswer = string | URL | ProxyServerOptions | null | undefined | false

/** Says which proxy an origin is reached through. Asked for each request, so its answers may change. */
export type ProxyChoice = (origin: URL) => ProxyAnswer | PromiseLike<ProxyAnswer>

/** `'environment'`: what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say, in either case. */
export type ProxySetting = ProxyAnswer | 'environment' | ProxyChoice

/** What the option must be, or null when it is that; its parts are checked where they are read. */
export function checkProxy(value: unknown): string | null {
  const what = "a proxy's URL, an object with its url, a function that gives one, 'environment', or false"
  if (value === null || value === false || typeof value === 'string' || typeof value === 'function')
    return null
  return typeof value === 'object' && !Array.isArray(value) ? null : what
}
