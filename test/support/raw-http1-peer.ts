/** The raw HTTP/1.1 peer of `trunkline/testing`, with certificates by name. */
import {
  RawHttp1Peer as Peer,
  type RawHttp1PeerOptions as PeerOptions,
} from '../../src/testing/raw-http1-peer.ts'
import { type CertificateName, serverCertificate } from './certificates.ts'

export interface RawHttp1PeerOptions extends PeerOptions {
  /** Default `localhost`. */
  readonly certificate?: CertificateName
}

export type RawHttp1Peer = Peer

export const RawHttp1Peer = {
  async listen({ certificate, ...options }: RawHttp1PeerOptions = {}): Promise<RawHttp1Peer> {
    if (options.tls === false) return Peer.listen(options)
    return Peer.listen({ ...(await serverCertificate(certificate)), ...options })
  },
}
