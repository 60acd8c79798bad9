import { isHostPattern } from './connect/host-table.ts'
import { isPin } from './connect/pins.ts'
import {
  anything,
  boolean,
  type Check,
  type Checks,
  checkGroup,
  duration,
  func,
  oneOf,
  text,
  whole,
} from './option-checks.ts'

const version = oneOf('TLSv1.2', 'TLSv1.3', 'TLSv1.1', 'TLSv1')

/** Node takes any text for authorities, and then trusts none of it: a path, most often. */
function authorities(value: unknown): string | null {
  const texts = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string')
  return texts.every((text) => text.includes('-----BEGIN '))
    ? null
    : 'PEM certificates (the contents of a file rather than its path)'
}

/** What may differ between origins. */
export const ORIGIN_TLS_CHECKS: Checks = {
  ca: authorities,
  cert: anything,
  key: anything,
  pfx: anything,
  crl: anything,
  passphrase: text,
  ciphers: text,
  sigalgs: text,
  ecdhCurve: text,
  minVersion: version,
  maxVersion: version,
  secureOptions: whole(0),
  servername: text,
  rejectUnauthorized: boolean,
  checkServerIdentity: func,
}

const HOSTS = 'host names: example.com, *.example.com, example.com:8443'

const pins: Check = (value) => {
  if (!isRecord(value)) return `an object of ${HOSTS}`
  for (const [host, given] of Object.entries(value)) {
    if (!isHostPattern(host)) return `an object of ${HOSTS}, and ${JSON.stringify(host)} is none`
    const wrong = Array.isArray(given) ? wrongPins(given) : wrongSubdomainPins(host, given)
    if (wrong !== null) return `an object whose ${JSON.stringify(host)} is ${wrong}`
  }
  return null
}

function wrongPins(list: readonly unknown[]): string | null {
  if (list.length > 0 && list.every(isPin)) return null
  return "a list of at least one pin: 'sha256/' and the base64 of the SHA-256 of a public key (SubjectPublicKeyInfo)"
}

function wrongSubdomainPins(host: string, given: unknown): string | null {
  if (!isRecord(given) || !Array.isArray(given.keys)) return 'a list of pins, or { keys, includeSubdomains }'
  const { keys, includeSubdomains = false, ...rest } = given
  if (Object.keys(rest).length > 0) return `{ keys, includeSubdomains }, without ${Object.keys(rest)[0]}`
  if (typeof includeSubdomains !== 'boolean') return '{ keys, includeSubdomains: true or false }'
  if (includeSubdomains && !isHostPattern(`*.${host}`))
    return 'the pins of names below it, which it cannot have'
  return wrongPins(keys as unknown[])
}

const perOrigin: Check = (value) => {
  if (typeof value === 'function') return null
  if (!isRecord(value)) return `a function, or an object of ${HOSTS}`
  for (const [host, own] of Object.entries(value)) {
    if (!isHostPattern(host)) return `an object of ${HOSTS}, and ${JSON.stringify(host)} is none`
    // Throws by itself, and says what is wrong in there.
    checkGroup(`tls.perOrigin[${JSON.stringify(host)}]`, ORIGIN_TLS_CHECKS, own)
  }
  return null
}

const keyLog: Check = (value) =>
  value === true || typeof value === 'function' || (typeof value === 'string' && value !== '')
    ? null
    : 'a path, true (the file that SSLKEYLOGFILE names) or a function'

const path: Check = (value) => (typeof value === 'string' && value !== '' ? null : 'a path')
const paths: Check = (value) =>
  (Array.isArray(value) && value.length > 0 ? value : [value]).every((one) => path(one) === null)
    ? null
    : 'a path, or a list of paths'

const FILE_CHECKS: Checks = { ca: paths, cert: path, key: path, pfx: path, crl: paths }

const files: Check = (value) => {
  checkGroup('tls.reload.files', FILE_CHECKS, value)
  return null
}

const reload: Check = (value) => {
  checkGroup('tls.reload', { files, load: func, interval: duration(1) }, value)
  const { files: named, load } = value as Record<string, unknown>
  return named === undefined && load === undefined ? 'an object with files or load' : null
}

/** Of the group `tls`. */
export const TLS_CHECKS: Checks = { ...ORIGIN_TLS_CHECKS, pins, perOrigin, reload, keyLog }

/** @throws InvalidRequestError `ERR_TRUNKLINE_INVALID_OPTION` for what a function given as `tls.perOrigin` returned */
export function checkOriginTls(own: unknown): void {
  checkGroup('tls.perOrigin(origin)', ORIGIN_TLS_CHECKS, own)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
