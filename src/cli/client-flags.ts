import type { ClientOptions } from '../client-options.ts'
import type { TlsOptions } from '../connect/tls-identity.ts'
import type { Arguments, OptionGroup } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readInput } from './input-file.ts'

/** How the server is trusted, and who the client is. */
export const TLS_OPTIONS: OptionGroup = {
  title: 'TLS',
  options: [
    { name: 'insecure', short: 'k', help: 'Trust any certificate. TLS sessions are then not resumed.' },
    {
      name: 'ca',
      value: 'FILE',
      help: 'Trust the certificate authorities in this PEM file instead of the default ones.',
    },
    { name: 'cert', value: 'FILE', help: 'Client certificate chain (PEM).' },
    { name: 'key', value: 'FILE', help: 'Key of the client certificate (PEM).' },
    {
      name: 'resolve',
      value: 'HOST=ADDRESS',
      multiple: true,
      help: 'Use this address for the host, without a DNS lookup. Can be repeated.',
    },
  ],
}

/** What is between the client and the server. */
export const PROXY_OPTIONS: OptionGroup = {
  title: 'Proxy',
  options: [
    {
      name: 'proxy',
      value: 'URL',
      help: 'Use this proxy: http://, https://, socks5h://, socks5://, socks4a:// or socks4://, with its port and, percent-encoded, any credentials. Proxies from the environment are ignored.',
    },
    {
      name: 'proxy-env',
      help: 'Use the proxies set in HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.',
    },
    {
      name: 'proxy-ca',
      value: 'FILE',
      help: 'For an https: proxy, trust the certificate authorities in this PEM file instead of the default ones.',
    },
    { name: 'proxy-insecure', help: 'Trust any certificate of an https: proxy.' },
  ],
}

/** Which protocol, by which engine. */
export const PROTOCOL_OPTIONS: OptionGroup = {
  title: 'Protocol',
  options: [
    { name: 'http2', help: 'Only HTTP/2. Default: whatever the server prefers.' },
    { name: 'http1.1', help: 'Only HTTP/1.1.' },
    { name: 'http2-prior-knowledge', help: 'Speak HTTP/2 to http: URLs without negotiation.' },
    {
      name: 'engine',
      value: 'NAME',
      help: "HTTP/2 engine: 'node' is node:http2, 'wire' is Trunkline's own. Default: node.",
    },
  ],
}

/** What of a client's options these flags say. */
export async function clientOptions(given: Arguments): Promise<ClientOptions> {
  const engine = given.oneOf('engine', ['node', 'wire'])
  const timeout = given.duration('timeout')
  const hosts = hostsOf(given)
  return {
    tls: await tlsOptions(given),
    ...protocolOptions(given),
    ...(engine !== undefined && { engine }),
    ...(timeout !== undefined && { timeouts: { total: timeout } }),
    ...(hosts !== null && { dns: { hosts } }),
    proxy: await proxyOf(given),
  }
}

export async function tlsOptions(given: Arguments): Promise<TlsOptions> {
  const [ca, cert, key] = await Promise.all(
    ['ca', 'cert', 'key'].map(async (name) => {
      const file = given.text(name)
      return file === undefined ? undefined : readInput(file, `--${name}`)
    }),
  )
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--cert and --key must be used together.')
  return {
    ...(ca && { ca }),
    ...(cert && key && { cert, key }),
    ...(given.has('insecure') && { rejectUnauthorized: false }),
  }
}

export async function proxyOf(given: Arguments): Promise<NonNullable<ClientOptions['proxy']>> {
  const url = given.text('proxy')
  if (url !== undefined && given.has('proxy-env'))
    throw new UsageError('--proxy and --proxy-env cannot be used together.')
  const file = given.text('proxy-ca')
  const isInsecure = given.has('proxy-insecure')
  if (url === undefined) {
    if (file !== undefined || isInsecure)
      throw new UsageError('--proxy-ca and --proxy-insecure need --proxy.')
    return given.has('proxy-env') ? 'environment' : false
  }
  const ca = file === undefined ? null : await readInput(file, '--proxy-ca')
  if (ca === null && !isInsecure) return url
  return { url, tls: { ...(ca !== null && { ca }), ...(isInsecure && { rejectUnauthorized: false }) } }
}

function protocolOptions(given: Arguments): ClientOptions {
  const named = ['http2', 'http1.1', 'http2-prior-knowledge'].filter((name) => given.has(name))
  if (given.has('http1.1') && named.length > 1) {
    throw new UsageError(`--${named[0]} and --${named[1]} cannot be used together.`)
  }
  if (given.has('http1.1')) return { protocols: ['http/1.1'] }
  const priorKnowledge = given.has('http2-prior-knowledge')
  return {
    ...(named.length > 0 && { protocols: ['h2'] as const }),
    ...(priorKnowledge && { http2: { priorKnowledge } }),
  }
}

export function hostsOf(given: Arguments): Record<string, string> | null {
  const pairs = given.list('resolve').map((text) => {
    const at = text.indexOf('=')
    if (at < 1 || at === text.length - 1) {
      throw new UsageError(`--resolve needs HOST=ADDRESS, not '${text}'.`)
    }
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return pairs.length === 0 ? null : Object.fromEntries(pairs)
}

/** A URL as people write it: without a scheme it is https. */
export function urlOf(text: string | undefined, what = 'URL'): URL {
  if (text === undefined) throw new UsageError(`Missing ${what}.`)
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  const url = URL.parse(whole)
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new UsageError(`'${text}' is not an http or https URL.`)
}

/** The one operand that a command takes. */
export function onlyOperand(given: Arguments, what: string): string | undefined {
  const [first, second] = given.operands
  if (second !== undefined) {
    throw new UsageError(
      `Only one ${what} is allowed; '${second}' is one too many. Quote arguments that contain spaces.`,
    )
  }
  return first
}
