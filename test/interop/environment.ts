import { rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeAssets } from './assets.ts'
import { Child } from './child.ts'
import type { SharedSite } from './servers/start.ts'

export interface ServerCertificate {
  readonly cert: string
  readonly key: string
}

export interface Environment {
  readonly site: SharedSite
  dispose(): Promise<void>
}

async function writeCertificate(root: string, { cert, key }: ServerCertificate) {
  const certificateFile = join(root, 'localhost.crt')
  const keyFile = join(root, 'localhost.key')
  const bundleFile = join(root, 'localhost.pem')
  await writeFile(certificateFile, cert)
  await writeFile(keyFile, key, { mode: 0o600 })
  await writeFile(bundleFile, `${cert.trimEnd()}\n${key}`, { mode: 0o600 })
  return { certificateFile, keyFile, bundleFile }
}

/** A temporary directory with the files to serve and the certificate, and the origin behind the proxies. */
export async function createEnvironment(certificate: ServerCertificate, huge = false): Promise<Environment> {
  const root = await mkdtemp(join(tmpdir(), 'trunkline-interop-'))
  const docroot = join(root, 'docroot')
  // Servers that give up root must get through to the files.
  await mkdir(docroot, { mode: 0o755 })
  await chmod(root, 0o755)
  // For a run that is interrupted.
  process.once('exit', () => rmSync(root, { recursive: true, force: true }))
  await writeAssets(docroot, huge)
  const origin = new Child(process.execPath, [fileURLToPath(new URL('origin.ts', import.meta.url)), docroot])
  const dispose = async () => {
    await origin.stop()
    await rm(root, { recursive: true, force: true })
  }
  try {
    const certificateFiles = await writeCertificate(root, certificate)
    const [port] = await origin.waitForOutput(/^\d+$/m)
    return { site: { root, docroot, originPort: Number(port), ...certificateFiles }, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
