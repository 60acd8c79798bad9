/** Certificates for test servers: made once by `certs/generate.ts`, and chosen here by what is wrong with them. */
import { type Certificates, ensureCertificates } from '../../certs/generate.ts'

export { type Certificates, ensureCertificates }

/** `otherCa`: for localhost too, signed by an authority that tests do not trust. */
export type CertificateName = 'localhost' | 'expired' | 'wrongHost' | 'selfSigned' | 'otherCa'

/** `cert` and `key` for a server. */
export async function serverCertificate(
  name: CertificateName = 'localhost',
): Promise<{ cert: string; key: string }> {
  const certificates = await ensureCertificates()
  const { cert, key } = name === 'otherCa' ? certificates.otherCa.localhost : certificates[name]
  return { cert, key }
}
