/** The raw peer of `trunkline/testing`, with certificates by name. */
import { RawPeer as Peer, type RawPeerOptions as PeerOptions } from '../../src/testing/raw-peer.ts'
import { type CertificateName, serverCertificate } from './certificates.ts'

export type { AlpnPolicy } from '../../src/testing/raw-peer.ts'

export interface RawPeerOptions extends PeerOptions {
  /** Default `localhost`. */
  readonly certificate?: CertificateName
}

export type RawPeer = Peer

export const RawPeer = {
  async listen({ certificate, ...options }: RawPeerOptions = {}): Promise<RawPeer> {
    if (options.tls === false) return Peer.listen(options)
    return Peer.listen({ ...(await serverCertificate(certificate)), ...options })
  },
}
