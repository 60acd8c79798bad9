/** The certificate a peer shows: the caller's, for there is none that every client trusts. */
import type { TlsOptions } from 'node:tls'

/** The certificate of a server. */
export interface CertificateOptions {
  /** The certificate chain, PEM. Needed, with `key`, unless `tls` is false or has its own. */
  readonly cert?: TlsOptions['cert']
  /** The private key, PEM. */
  readonly key?: TlsOptions['key']
}

/** Options for `tls.createServer`, or null for plain TCP. */
export function secureOptions(
  owner: string,
  { cert, key }: CertificateOptions,
  given: TlsOptions | false,
  alpn: TlsOptions,
): TlsOptions | null {
  if (given === false) return null
  const options = {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...alpn,
    ...given,
  }
  const hasOwn = options.pfx !== undefined || options.SNICallback !== undefined
  if (hasOwn || (options.cert !== undefined && options.key !== undefined)) return options
  const missing = [options.cert === undefined ? 'cert' : '', options.key === undefined ? 'key' : '']
  throw new TypeError(
    `${owner}: no ${missing.filter(Boolean).join(' and ')} given. It serves TLS with the certificate of the ` +
      `caller: pass { cert, key } in PEM, for localhost, or { tls: false } for plain TCP`,
  )
}
