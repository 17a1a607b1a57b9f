/**
 * A certificate for a server that was given none: X.509 (RFC 5280) in DER (X.690), ECDSA P-256, signed with its own key.
 * Node reads certificates and cannot make them.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

export interface ServingCertificate {
  /** PEM; the server's own certificate first. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
}

const validMs = 10 * 365 * 24 * 60 * 60_000
/** Clocks differ a little. */
const backdateMs = 60 * 60_000

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  identifier: 0x06,
  text: 0x0c,
  time: 0x17,
} as const
const [sequenceTag, setTag, versionTag, extensionsTag, dnsTag, addressTag] = [0x30, 0x31, 0xa0, 0xa3, 0x82, 0x87]

/** Object identifiers as DER has them. */
const identifiers = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAlternativeName: '551d11',
  basicConstraints: '551d13',
  extendedKeyUsage: '551d25',
  serverAuthentication: '2b06010505070301',
} as const

/** `hosts`: names and IPv4 addresses that the certificate is good for; the first is its common name. */
export function createSelfSignedCertificate(hosts: readonly string[], nowMs: number): ServingCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const name = sequence(
    encode(setTag, sequence(identifier('commonName'), encode(tags.text, Buffer.from(hosts[0] ?? '')))),
  )
  const algorithm = sequence(identifier('ecdsaWithSha256'))
  const content = sequence(
    encode(versionTag, encode(tags.integer, Buffer.from([2]))),
    encode(tags.integer, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(nowMs - backdateMs), time(nowMs + validMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    encode(extensionsTag, extensions(hosts)),
  )
  const signature = encode(tags.bits, Buffer.from([0]), sign('sha256', content, privateKey))
  return {
    certificate: pem(sequence(content, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function extensions(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIPv4(host) ? encode(addressTag, Buffer.from(host.split('.').map(Number))) : encode(dnsTag, Buffer.from(host)),
  )
  return sequence(
    extension('subjectAlternativeName', sequence(...names)),
    extension('extendedKeyUsage', sequence(identifier('serverAuthentication'))),
    // An authority, so that whoever trusts it can name it as one: in a caBundle, in --cacert.
    extension('basicConstraints', sequence(encode(tags.boolean, Buffer.from([0xff])))),
  )
}

function extension(name: keyof typeof identifiers, value: Buffer): Buffer {
  return sequence(identifier(name), encode(tags.octets, value))
}

function identifier(name: keyof typeof identifiers): Buffer {
  return encode(tags.identifier, Buffer.from(identifiers[name], 'hex'))
}

/** Good until 2049, where the format ends. */
function time(atMs: number): Buffer {
  const text = new Date(atMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return encode(tags.time, Buffer.from(text.slice(2)))
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return encode(sequenceTag, ...contents)
}

function encode(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  if (content.length < 128) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const size = content.length < 256 ? [0x81, content.length] : [0x82, content.length >> 8, content.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/.{1,64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`
}
