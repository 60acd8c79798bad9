import { InvalidRequestError } from '../core/errors.ts'
import { parseTarget, type Target } from '../core/origin.ts'
import { textOf } from '../core/text-of.ts'

export interface WebSocketTarget {
  readonly target: Target
  /** What the user information of the URL says (RFC 7617); null without one. */
  readonly authorization: string | null
}

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_URL` */
export function webSocketTarget(input: string | URL): WebSocketTarget {
  const url = URL.parse(textOf(input))
  const scheme = url === null ? undefined : SCHEMES[url.protocol]
  if (url === null || scheme === undefined)
    throw invalid('it is not an absolute ws:, wss:, http: or https: URL')
  // RFC 6455 section 3.
  if (url.hash !== '') throw invalid('the URL of a WebSocket cannot have a fragment')
  const authorization = basicOf(url)
  url.username = ''
  url.password = ''
  return { target: parseTarget(url.href.replace(/^[a-z]+:/, scheme)), authorization }
}

function basicOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return `Basic ${Buffer.from(pair).toString('base64')}`
  } catch {
    throw invalid('its user information has a % that is not followed by two hexadecimal digits')
  }
}

const SCHEMES: Readonly<Record<string, string>> = {
  'ws:': 'http:',
  'wss:': 'https:',
  'http:': 'http:',
  'https:': 'https:',
}

function invalid(why: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_URL',
    `Invalid URL of a WebSocket: ${why}. Pass one such as wss://example.com/chat.`,
  )
}
