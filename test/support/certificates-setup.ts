import { ensureCertificates } from '../../certs/generate.ts'

/** Makes the certificates once, before the workers start. */
export async function setup(): Promise<void> {
  await ensureCertificates()
}
