import type { RequestOptions } from 'node:https'
import { checkServerIdentity } from 'node:tls'
import { CONTEXT_FIELDS } from '../../connect/tls-identity.ts'
import { InvalidRequestError } from '../../core/errors.ts'

/** Options of Node's `http` that choose or guard the connection, and where the client has them instead. */
const OF_THE_CLIENT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(CONTEXT_FIELDS.map((name) => [name, `tls.${name}`])),
  family: 'dns.family',
  lookup: 'dns.lookup',
}

/** What `auto` of http2-wrapper offers: either of them will do. */
const PROTOCOLS = ['h2', 'http/1.1']

/** Those that it has nowhere. */
const NOWHERE = [
  'createConnection',
  'dhparam',
  'h2session',
  'honorCipherOrder',
  'localAddress',
  'localPort',
  'pskCallback',
  'secureContext',
  'secureProtocol',
  'session',
  'sessionIdContext',
  'socketPath',
  'tlsSession',
]

/**
 * Connections belong to the client and are shared. A request that asks for another trust, another address or another
 * socket would get a connection that was made without it, so it is refused, and not put on one all the same.
 * `names`: whom the request is for, as `servername` may say again.
 * @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION`, naming the option.
 */
export function refuseConnectionOptions(
  options: RequestOptions & Record<string, unknown>,
  names: readonly string[],
): void {
  for (const [name, ours] of Object.entries(OF_THE_CLIENT))
    if (isGiven(options[name])) throw refusal(name, `give the option ${ours} of the client instead`)
  for (const name of NOWHERE) if (isGiven(options[name])) throw refusal(name, 'the bridge has no such option')
  if (options.rejectUnauthorized === false)
    throw refusal('rejectUnauthorized: false', 'give the option tls.rejectUnauthorized of the client instead')
  const { servername, ALPNProtocols: offered } = options
  if (isGiven(offered) && !PROTOCOLS.every((name) => (offered as readonly unknown[]).includes?.(name)))
    throw refusal('ALPNProtocols', 'give the option protocols of the client instead')
  if (isGiven(servername) && servername !== '' && !names.includes(String(servername)))
    throw refusal(
      'servername',
      'name the host in the URL or in the Host header, or give the option tls.servername',
    )
  const pin = options.checkServerIdentity
  // got names Node's own function in every request.
  if (isGiven(pin) && pin !== checkServerIdentity)
    throw refusal('checkServerIdentity', 'give the option tls.checkServerIdentity of the client instead')
}

/** For what Node's agents have and ours do not. */
export function notLent(method: string, thing: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid use of ${method}: the client's ${thing}s are shared, so none can be handed out. Use request of the agent, or of the bridge.`,
  )
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function refusal(name: string, advice: string): InvalidRequestError {
  return new InvalidRequestError(
    'ERR_TRUNKLINE_INVALID_OPTION',
    `Invalid request option: ${name} configures a connection, and connections belong to the client and are shared; ${advice}.`,
  )
}
