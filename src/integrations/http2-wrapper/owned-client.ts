import type { Client } from '../../client-interface.ts'
import type { ClientOptions } from '../../client-options.ts'
import { InvalidRequestError } from '../../core/errors.ts'
import { createClient, MemoryTlsSessionStore } from '../../index.ts'

/** Options of http2-wrapper's `Agent`, in terms of a client that the agent has to itself. */
export interface AgentOptions {
  /** ms without a byte, with requests under way or without, after which a session is of no use. 0: the client's limits. */
  readonly timeout?: number
  /** Connections at once, to all origins. Default: the client's limit. */
  readonly maxSessions?: number
  /** Hosts whose TLS sessions are kept for resumption. Default: the store of the whole process. */
  readonly maxCachedTlsSessions?: number
  /** Options of the client; they win over those above, and the proxy of an agent for proxies over them. */
  readonly client?: ClientOptions
}

/** Options of http2-wrapper's `proxyOptions`. */
export interface ProxyOptions {
  /** User information may stand in it, percent-encoded. */
  readonly url: string | URL
  /** Fields for the proxy. */
  readonly headers?: Readonly<Record<string, string>>
  /** TLS to the origin inside the tunnel: always true. */
  readonly raw?: true
  readonly ca?: string | Buffer | (string | Buffer)[]
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

const AGENT_OPTIONS = ['timeout', 'maxSessions', 'maxCachedTlsSessions', 'client', 'proxyOptions']
const TLS_OPTIONS = ['ca', 'cert', 'key', 'passphrase', 'servername', 'rejectUnauthorized']
const PROXY_OPTIONS = ['url', 'headers', 'raw', ...TLS_OPTIONS]

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option. */
export function ownedClient(options: AgentOptions = {}, more: ClientOptions = {}): Client {
  refuseOthers(options, AGENT_OPTIONS, 'give what it stands for as an option of the client: { client: … }')
  const { timeout = 0, maxSessions, maxCachedTlsSessions, client } = options
  for (const [name, value] of Object.entries({ timeout, maxSessions, maxCachedTlsSessions }))
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw invalid(name, 'is not a number of 0 or more')
  return createClient({
    ...(timeout > 0 && {
      http2: { idleTimeout: timeout },
      http1: { idleTimeout: timeout },
      timeouts: { headers: timeout, body: timeout },
    }),
    ...(maxSessions !== undefined && { limits: { connections: maxSessions } }),
    ...(maxCachedTlsSessions !== undefined && {
      tlsSessions:
        maxCachedTlsSessions > 0 && new MemoryTlsSessionStore({ maxIdentities: maxCachedTlsSessions }),
    }),
    ...client,
    ...more,
  })
}

/** A client whose connections go through a proxy that is spoken to in `protocol`. */
export function proxiedClient(
  options: AgentOptions & { readonly proxyOptions: ProxyOptions },
  protocol: 'h2' | 'http/1.1',
): Client {
  const { proxyOptions } = options
  if (typeof proxyOptions !== 'object' || proxyOptions === null)
    throw invalid('proxyOptions', "is missing: pass an object with the proxy's url")
  refuseOthers(proxyOptions, PROXY_OPTIONS, 'give it in the option proxy of a client instead')
  const { url, headers, raw } = proxyOptions
  if (!(typeof url === 'string' || url instanceof URL)) throw invalid('url', 'is not the URL of a proxy')
  if (raw !== undefined && raw !== true)
    throw invalid('raw', 'is false: what goes through a tunnel is TLS to the origin')
  const tls = Object.fromEntries(Object.entries(proxyOptions).filter(([name]) => TLS_OPTIONS.includes(name)))
  // Without TLS there is nothing to negotiate: such a proxy hears HTTP/1.1.
  const secure = URL.parse(url.toString())?.protocol === 'https:' && { protocols: [protocol], tls }
  return ownedClient(options, { proxy: { url, tunnel: true, ...secure, ...(headers && { headers }) } })
}

function refuseOthers(given: object, known: readonly string[], advice: string): void {
  for (const [name, value] of Object.entries(given))
    if (!known.includes(name) && value !== undefined) throw invalid(name, `is not known here; ${advice}`)
}

function invalid(name: string, what: string): InvalidRequestError {
  return new InvalidRequestError('ERR_TRUNKLINE_INVALID_OPTION', `Invalid agent option: ${name} ${what}.`)
}
