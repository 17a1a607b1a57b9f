/**
 * The aggregated way in: the API server has authenticated the caller and names him in headers. They count only on a
 * connection whose client certificate proves that the API server made it. Pure.
 */
import type { X509Certificate } from 'node:crypto'
import type { Caller } from './caller.ts'
import type { FrontProxySettings } from './front-proxy-settings.ts'

/** Each header's values, one for each time it was sent; names in lower case. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>

const longestChain = 5
const clientAuthentication = '1.3.6.1.5.5.7.3.2'

/**
 * Whether the certificate is the API server's. Checked here and not by TLS: a resumed connection carries the verdict of an
 * earlier time, or none at all.
 */
export function isFrontProxy(
  certificate: X509Certificate | undefined,
  { authorities, allowedNames }: FrontProxySettings,
  nowMs: number,
): boolean {
  if (certificate === undefined || !isForClients(certificate)) return false
  if (allowedNames.length > 0 && !allowedNames.includes(commonName(certificate))) return false
  return isSignedBy(certificate, authorities, nowMs)
}

function isSignedBy(leaf: X509Certificate, authorities: readonly X509Certificate[], nowMs: number): boolean {
  let certificate: X509Certificate | undefined = leaf
  for (let depth = 0; certificate !== undefined && depth < longestChain; depth += 1) {
    const signed: X509Certificate = certificate
    if (!isCurrent(signed, nowMs)) return false
    if (authorities.some((authority) => isCurrent(authority, nowMs) && isIssuer(authority, signed))) return true
    const issuer: X509Certificate | undefined = signed.issuerCertificate
    certificate = issuer?.ca === true && isIssuer(issuer, signed) ? issuer : undefined
  }
  return false
}

function isIssuer(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function isCurrent({ validFrom, validTo }: X509Certificate, nowMs: number): boolean {
  return Date.parse(validFrom) <= nowMs && nowMs <= Date.parse(validTo)
}

/** `keyUsage` is what X.509 calls extended key usage; absent: for everything. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  return keyUsage === undefined || keyUsage.includes(clientAuthentication)
}

function commonName({ subject }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? ''
}

/** Undefined where the headers name nobody. */
export function callerFromHeaders(headers: Headers, settings: FrontProxySettings): Caller | undefined {
  const username = firstOf(headers, settings.usernameHeaders)
  if (username === undefined) return undefined
  const uid = firstOf(headers, settings.uidHeaders)
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: settings.groupHeaders.flatMap((name) => headers[name] ?? []),
    extra: extraOf(headers, settings.extraHeaderPrefixes),
    via: 'apiServer',
  }
}

function firstOf(headers: Headers, names: readonly string[]): string | undefined {
  return names.flatMap((name) => headers[name] ?? []).find((value) => value !== '')
}

function extraOf(headers: Headers, prefixes: readonly string[]): Record<string, readonly string[]> {
  const entries = Object.entries(headers).flatMap(([name, values = []]) => {
    const prefix = prefixes.find((candidate) => name.startsWith(candidate) && name.length > candidate.length)
    return prefix === undefined ? [] : [[unescaped(name.slice(prefix.length)), values] as const]
  })
  return Object.fromEntries(entries)
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
