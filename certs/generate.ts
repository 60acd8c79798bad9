/**
 * Makes the certificates of the tests and examples, on demand, into `certs/out/` (ignored by git).
 * Two authorities and a few leaves, all ECDSA P-256. Run it as a script (`npm run certs`) to see them.
 */
import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A certificate and its key: as PEM text for Node, and as files for servers that want paths. */
export interface Leaf {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

export interface Certificates {
  /** The authority that tests trust, as PEM text. */
  readonly ca: string
  readonly caFile: string
  /** Valid for localhost, *.localhost, trunkline.test, a.test, b.test, 127.0.0.1 and ::1. */
  readonly localhost: Leaf
  /** As `localhost`, but no longer valid. */
  readonly expired: Leaf
  /** Trusted and valid, but only for wrong-host.test. */
  readonly wrongHost: Leaf
  /** For client authentication; signed by `ca`. */
  readonly client: Leaf
  /** As `localhost`, but signed by nobody else. */
  readonly selfSigned: Leaf
  /** An authority that tests do not trust, with its own leaf for the same names. */
  readonly otherCa: { readonly ca: string; readonly caFile: string; readonly localhost: Leaf }
  /** The folder that holds the files. */
  readonly dir: string
}

const renewBefore = 30 * 24 * 60 * 60 * 1000
const folder = dirname(fileURLToPath(import.meta.url))
const outputFolder = join(folder, 'out')

/** Returns the certificates, making them first when there are none or they expire soon. */
export async function ensureCertificates(): Promise<Certificates> {
  // The folder carries a digest of issue.ts: certificates of another version of it are never picked up.
  const source = await readFile(join(folder, 'issue.ts'))
  const dir = join(outputFolder, createHash('sha256').update(source).digest('hex').slice(0, 8))
  const present = await read(dir)
  if (present) return present
  await make(dir)
  const made = await read(dir)
  if (!made) throw new Error(`The certificates in ${dir} cannot be read; remove that folder and try again`)
  return made
}

/**
 * Writes into a folder of its own and renames it into place, which succeeds for exactly one of several
 * processes that start at once; the others find the folder taken by fresh certificates and use those.
 */
async function make(dir: string): Promise<void> {
  // Loaded only when needed: most callers find the certificates there, and this takes longer than to read them.
  const { issueCertificates } = await import('./issue.ts')
  await mkdir(outputFolder, { recursive: true })
  const draft = await mkdtemp(join(outputFolder, 'draft-'))
  try {
    await issueCertificates(draft)
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        return await rename(draft, dir)
      } catch (error) {
        if (!isTaken(error)) throw error
      }
      if (await read(dir)) return
      await moveAway(dir)
    }
    throw new Error(`Could not put the certificates into ${dir}`)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Expired or damaged leftovers: renamed first, so that no process ever sees half a folder. */
async function moveAway(dir: string): Promise<void> {
  const old = join(outputFolder, `old-${randomUUID()}`)
  await rename(dir, old).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
  })
  await rm(old, { recursive: true, force: true })
}

/** The certificates in `dir`, or null when some are missing or will soon expire. */
async function read(dir: string): Promise<Certificates | null> {
  try {
    const caFile = join(dir, 'ca.crt')
    const otherCaFile = join(dir, 'other-ca.crt')
    const certificates: Certificates = {
      ca: await readFile(caFile, 'utf8'),
      caFile,
      localhost: await readLeaf(dir, 'localhost'),
      expired: await readLeaf(dir, 'expired'),
      wrongHost: await readLeaf(dir, 'wrong-host'),
      client: await readLeaf(dir, 'client'),
      selfSigned: await readLeaf(dir, 'self-signed'),
      otherCa: {
        ca: await readFile(otherCaFile, 'utf8'),
        caFile: otherCaFile,
        localhost: await readLeaf(dir, 'other-localhost'),
      },
      dir,
    }
    return new X509Certificate(certificates.ca).validToDate.getTime() - Date.now() > renewBefore
      ? certificates
      : null
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

async function readLeaf(dir: string, name: string): Promise<Leaf> {
  const certFile = join(dir, `${name}.crt`)
  const keyFile = join(dir, `${name}.key`)
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { cert, key, certFile, keyFile }
}

function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}

function print(certificates: Certificates): void {
  const leaves: [string, string][] = [
    ['ca', certificates.ca],
    ['localhost', certificates.localhost.cert],
    ['expired', certificates.expired.cert],
    ['wrongHost', certificates.wrongHost.cert],
    ['client', certificates.client.cert],
    ['selfSigned', certificates.selfSigned.cert],
    ['otherCa', certificates.otherCa.ca],
    ['otherCa.localhost', certificates.otherCa.localhost.cert],
  ]
  console.log(`${certificates.dir}\n`)
  for (const [name, text] of leaves) {
    const certificate = new X509Certificate(text)
    const until = certificate.validToDate.toISOString().slice(0, 10)
    console.log(
      `${name.padEnd(18)}${certificate.subject.padEnd(30)} by ${certificate.issuer.padEnd(30)} until ${until}`,
    )
  }
}

if (import.meta.main) print(await ensureCertificates())
