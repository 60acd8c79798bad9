import type { ClientOptions } from '../client-options.ts'
import type { TlsOptions } from '../connect/tls-identity.ts'
import type { Arguments, OptionGroup } from './command.ts'
import { UsageError } from './exit-codes.ts'
import { readInput } from './input-file.ts'

/** How the server is trusted, and who the client is. */
export const TLS_OPTIONS: OptionGroup = {
  title: 'TLS',
  options: [
    { name: 'insecure', short: 'k', help: 'Trust any certificate. Nothing is resumed then.' },
    {
      name: 'ca',
      value: 'FILE',
      help: 'Trust the authorities of this PEM file, instead of the default ones.',
    },
    { name: 'cert', value: 'FILE', help: 'Client certificate chain, PEM.' },
    { name: 'key', value: 'FILE', help: 'Key of the client certificate, PEM.' },
    {
      name: 'resolve',
      value: 'HOST=ADDRESS',
      multiple: true,
      help: 'Take this address for the host, and ask nobody. May be given several times.',
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
      help: 'Go through this proxy: http://, https://, socks5h://, socks5://, socks4a:// or socks4://, with its port and, percent-encoded, its credentials. The environment is not asked.',
    },
    {
      name: 'proxy-env',
      help: 'Go through the proxies that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name.',
    },
    {
      name: 'proxy-ca',
      value: 'FILE',
      help: 'Trust the authorities of this PEM file as to an https: proxy, instead of the default ones.',
    },
    { name: 'proxy-insecure', help: 'Trust any certificate of an https: proxy.' },
  ],
}

/** Which protocol, by which engine. */
export const PROTOCOL_OPTIONS: OptionGroup = {
  title: 'Protocol',
  options: [
    { name: 'http2', help: 'HTTP/2 or nothing. Default: what the server likes best.' },
    { name: 'http1.1', help: 'HTTP/1.1 only.' },
    { name: 'http2-prior-knowledge', help: 'HTTP/2 to http: URLs, without asking first.' },
    {
      name: 'engine',
      value: 'NAME',
      help: "Who speaks HTTP/2: 'node' is node:http2, 'wire' Trunkline's own. Default: node.",
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
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together.')
  return {
    ...(ca && { ca }),
    ...(cert && key && { cert, key }),
    ...(given.has('insecure') && { rejectUnauthorized: false }),
  }
}

export async function proxyOf(given: Arguments): Promise<NonNullable<ClientOptions['proxy']>> {
  const url = given.text('proxy')
  if (url !== undefined && given.has('proxy-env'))
    throw new UsageError('--proxy and --proxy-env contradict each other.')
  const file = given.text('proxy-ca')
  const isInsecure = given.has('proxy-insecure')
  if (url === undefined) {
    if (file !== undefined || isInsecure)
      throw new UsageError('--proxy-ca and --proxy-insecure are of no use without --proxy.')
    return given.has('proxy-env') ? 'environment' : false
  }
  const ca = file === undefined ? null : await readInput(file, '--proxy-ca')
  if (ca === null && !isInsecure) return url
  return { url, tls: { ...(ca !== null && { ca }), ...(isInsecure && { rejectUnauthorized: false }) } }
}

function protocolOptions(given: Arguments): ClientOptions {
  const named = ['http2', 'http1.1', 'http2-prior-knowledge'].filter((name) => given.has(name))
  if (given.has('http1.1') && named.length > 1) {
    throw new UsageError(`--${named[0]} and --${named[1]} contradict each other.`)
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
      throw new UsageError(`--resolve wants HOST=ADDRESS; it was given '${text}'.`)
    }
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return pairs.length === 0 ? null : Object.fromEntries(pairs)
}

/** A URL as people write it: without a scheme it is https. */
export function urlOf(text: string | undefined, what = 'URL'): URL {
  if (text === undefined) throw new UsageError(`There is no ${what}.`)
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`
  const url = URL.parse(whole)
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new UsageError(`'${text}' is no http or https URL.`)
}

/** The one operand that a command takes. */
export function onlyOperand(given: Arguments, what: string): string | undefined {
  const [first, second] = given.operands
  if (second !== undefined) {
    throw new UsageError(
      `One ${what} at a time: '${second}' is one too many. Quote what the shell would split.`,
    )
  }
  return first
}
