import 'reflect-metadata'
import { randomUUID, webcrypto } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const day = 24 * 60 * 60 * 1000
const lifetime = 365 * day
const localNames = ['localhost', '*.localhost', 'trunkline.test', 'a.test', 'b.test']
const localAddresses = ['127.0.0.1', '::1']

interface Identity {
  readonly certificate: X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

interface LeafOptions {
  readonly subject: string
  /** The authority that signs; null makes the leaf sign itself. */
  readonly issuer: Identity | null
  readonly names?: readonly string[]
  readonly addresses?: readonly string[]
  readonly usage?: ExtendedKeyUsage
  readonly notBefore?: Date
  readonly notAfter?: Date
}

/** Writes two authorities and their leaves into `dir`, as `NAME.crt` and `NAME.key`. */
export async function issueCertificates(dir: string): Promise<void> {
  const [ca, other] = await Promise.all([
    authority('Trunkline test authority'),
    authority('Trunkline other authority'),
  ])
  const local = { subject: 'localhost', names: localNames, addresses: localAddresses }
  const past = { notBefore: new Date(Date.now() - 60 * day), notAfter: new Date(Date.now() - 30 * day) }
  const client = { subject: 'Trunkline test client', usage: ExtendedKeyUsage.clientAuth }
  await Promise.all([
    writeFile(join(dir, 'ca.crt'), pem(ca)),
    writeFile(join(dir, 'other-ca.crt'), pem(other)),
    writeLeaf(dir, 'localhost', { ...local, issuer: ca }),
    writeLeaf(dir, 'expired', { ...local, ...past, issuer: ca }),
    writeLeaf(dir, 'wrong-host', { subject: 'wrong-host.test', names: ['wrong-host.test'], issuer: ca }),
    writeLeaf(dir, 'client', { ...client, issuer: ca }),
    writeLeaf(dir, 'self-signed', { ...local, issuer: null }),
    writeLeaf(dir, 'other-localhost', { ...local, issuer: other }),
  ])
}

async function writeLeaf(dir: string, name: string, options: LeafOptions): Promise<void> {
  const identity = await leaf(options)
  const key = await webcrypto.subtle.exportKey('pkcs8', identity.keys.privateKey)
  await Promise.all([
    writeFile(join(dir, `${name}.crt`), pem(identity)),
    writeFile(join(dir, `${name}.key`), `${PemConverter.encode(key, 'PRIVATE KEY')}\n`, { mode: 0o600 }),
  ])
}

async function authority(name: string): Promise<Identity> {
  const keys = await generateKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + lifetime),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate, keys }
}

async function leaf(options: LeafOptions): Promise<Identity> {
  const keys = await generateKeys()
  const issuerKeys = options.issuer?.keys ?? keys
  const names = [
    ...(options.names ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ]
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${options.subject}`,
    issuer: options.issuer?.certificate.subject ?? `CN=${options.subject}`,
    notBefore: options.notBefore ?? new Date(Date.now() - day),
    notAfter: options.notAfter ?? new Date(Date.now() + lifetime),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: issuerKeys.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([options.usage ?? ExtendedKeyUsage.serverAuth]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    ],
  })
  return { certificate, keys }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

/** Random and unique: peers tell certificates of one authority apart by it. */
function serialNumber(): string {
  return `01${randomUUID().replaceAll('-', '').slice(0, 30)}`
}

function pem(identity: Identity): string {
  return `${identity.certificate.toString('pem')}\n`
}
