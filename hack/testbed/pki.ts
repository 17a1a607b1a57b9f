/**
 * X.509 certificates for a testbed cluster: one CA, leaves signed by it, ECDSA P-256 throughout.
 *
 * Written as DER here rather than by the openssl command, because that counts validity in whole days
 * and a test of an expiring certificate needs seconds.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

export interface Certificate {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface CertificateRequest {
  /** The Kubernetes user name. */
  readonly commonName: string
  /** The Kubernetes groups. */
  readonly organizations?: readonly string[]
  /** Host names and IPv4 addresses that the certificate is good for. */
  readonly hosts?: readonly string[]
  /** From now on; ten years when absent. */
  readonly validSeconds?: number
}

const tenYearsSeconds = 10 * 365 * 86_400

/** Clocks of a client and a server may differ a little: a certificate is valid from a minute ago. */
const backdateMs = 60_000

const objectIdentifiers = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  clientAuthentication: '1.3.6.1.5.5.7.3.2',
} as const

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const

function encode(tagByte: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  if (content.length < 128) return Buffer.concat([Buffer.from([tagByte, content.length]), content])
  const hex = content.length.toString(16)
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.from([tagByte, 0x80 | length.length]), length, content])
}

const sequence = (...contents: readonly Buffer[]): Buffer => encode(tag.sequence, ...contents)

function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return encode(tag.objectIdentifier, Buffer.from(bytes))
}

function distinguishedName(commonName: string, organizations: readonly string[]): Buffer {
  const attribute = (type: string, value: string) =>
    encode(tag.set, sequence(objectIdentifier(type), encode(tag.utf8String, Buffer.from(value))))
  return sequence(
    ...organizations.map((organization) => attribute(objectIdentifiers.organization, organization)),
    attribute(objectIdentifiers.commonName, commonName),
  )
}

function utcTime(timeMs: number): Buffer {
  const text = new Date(timeMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return encode(tag.utcTime, Buffer.from(text.slice(2)))
}

function extension(identifier: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [encode(tag.boolean, Buffer.from([0xff]))] : []
  return sequence(objectIdentifier(identifier), ...flag, encode(tag.octetString, value))
}

function subjectAlternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIPv4(host) ? encode(0x87, Buffer.from(host.split('.').map(Number))) : encode(0x82, Buffer.from(host)),
  )
  return extension(objectIdentifiers.subjectAlternativeName, sequence(...names))
}

function authorityExtensions(): Buffer[] {
  const isAuthority = sequence(encode(tag.boolean, Buffer.from([0xff])))
  const signatureCertificatesAndLists = encode(tag.bitString, Buffer.from([1, 0b1000_0110]))
  return [
    extension(objectIdentifiers.basicConstraints, isAuthority, true),
    extension(objectIdentifiers.keyUsage, signatureCertificatesAndLists, true),
  ]
}

function leafExtensions(hosts: readonly string[]): Buffer[] {
  const signatureAndEncipherment = encode(tag.bitString, Buffer.from([5, 0b1010_0000]))
  const { serverAuthentication, clientAuthentication } = objectIdentifiers
  const usages = sequence(objectIdentifier(serverAuthentication), objectIdentifier(clientAuthentication))
  return [
    extension(objectIdentifiers.keyUsage, signatureAndEncipherment, true),
    extension(objectIdentifiers.extendedKeyUsage, usages),
    ...(hosts.length === 0 ? [] : [subjectAlternativeNames(hosts)]),
  ]
}

interface Signer {
  readonly name: Buffer
  readonly key: KeyObject
}

function toPem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`
}

function createCertificate(
  request: CertificateRequest,
  publicKey: KeyObject,
  signer: Signer,
  extensions: readonly Buffer[],
): string {
  const nowMs = Date.now()
  const algorithm = sequence(objectIdentifier(objectIdentifiers.ecdsaWithSha256))
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)])
  const toBeSigned = sequence(
    encode(0xa0, encode(tag.integer, Buffer.from([2]))),
    encode(tag.integer, serial),
    algorithm,
    signer.name,
    sequence(utcTime(nowMs - backdateMs), utcTime(nowMs + (request.validSeconds ?? tenYearsSeconds) * 1000)),
    distinguishedName(request.commonName, request.organizations ?? []),
    publicKey.export({ type: 'spki', format: 'der' }),
    encode(0xa3, sequence(...extensions)),
  )
  const signature = encode(tag.bitString, Buffer.from([0]), sign('sha256', toBeSigned, signer.key))
  return toPem('CERTIFICATE', sequence(toBeSigned, algorithm, signature))
}

const createKeyPair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

const keyToPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

export interface CertificateAuthority extends Certificate {
  issue(request: CertificateRequest): Certificate
}

/** The authority of the given key and name; its certificate is made again only by `createAuthority`. */
function authorityOf(commonName: string, own: Certificate): CertificateAuthority {
  const signer = { name: distinguishedName(commonName, []), key: createPrivateKey(own.key) }
  return {
    ...own,
    issue(request) {
      const { privateKey, publicKey } = createKeyPair()
      const certificate = createCertificate(request, publicKey, signer, leafExtensions(request.hosts ?? []))
      return { certificate, key: keyToPem(privateKey) }
    },
  }
}

export function createAuthority(commonName: string): CertificateAuthority {
  const { privateKey, publicKey } = createKeyPair()
  const signer = { name: distinguishedName(commonName, []), key: privateKey }
  const certificate = createCertificate({ commonName }, publicKey, signer, authorityExtensions())
  return authorityOf(commonName, { certificate, key: keyToPem(privateKey) })
}

/** A key pair without certificate, as service account tokens are signed with; PEM. */
export function createSigningKeys(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = createKeyPair()
  return { privateKey: keyToPem(privateKey), publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string }
}
