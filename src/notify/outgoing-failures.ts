/**
 * What an answer that is no success, or no answer at all, means for a delivery. Nothing here shows more of a request than
 * the origin it went to: paths and headers carry secrets.
 */
import { OperatorError } from '../base/errors.ts'
import type { DeliveryFailure, FailedDelivery } from './notifier.ts'
import type { OutgoingAnswer } from './outgoing.ts'

/** No answer came, or the request could not be made. */
export class OutgoingError extends Error {
  readonly failure: FailedDelivery

  constructor(failure: FailedDelivery) {
    super(failure.message)
    this.name = 'OutgoingError'
    this.failure = failure
  }
}

interface Meaning {
  readonly reason: DeliveryFailure
  readonly retry: boolean
  readonly text: string
  readonly mayHaveArrived?: boolean
}

const credentials = 'correct the credentials in the Secret that the receiver names'

const statusMeanings: Readonly<Record<number, Meaning>> = {
  401: { reason: 'auth', retry: false, text: `does not know the credentials (401): ${credentials}` },
  403: { reason: 'auth', retry: false, text: `refuses these credentials (403): ${credentials}` },
  404: { reason: 'client', retry: false, text: 'has nothing at this address (404): correct the url' },
  407: { reason: 'auth', retry: false, text: 'is behind a proxy that asks for credentials (407)' },
  408: { reason: 'server', retry: true, text: 'waited too long for the request (408)' },
  410: { reason: 'client', retry: false, text: 'has nothing at this address any more (410): correct the url' },
  413: { reason: 'client', retry: false, text: 'finds the message too large (413)' },
  425: { reason: 'server', retry: true, text: 'asks for the request once more (425)' },
  429: { reason: 'rateLimited', retry: true, text: 'asks for fewer messages (429)' },
  // A gateway says so of what it passed on.
  502: {
    reason: 'server',
    retry: true,
    text: 'got no usable answer from the server behind it (502)',
    mayHaveArrived: true,
  },
  504: {
    reason: 'server',
    retry: true,
    text: 'got no answer in time from the server behind it (504)',
    mayHaveArrived: true,
  },
}

function meaningOf(answer: OutgoingAnswer): Meaning {
  const { status } = answer
  const known = statusMeanings[status]
  if (known !== undefined) return known
  if (status >= 500) return { reason: 'server', retry: true, text: `failed (${status})` }
  if (status >= 400) return { reason: 'client', retry: false, text: `does not take the request (${status})` }
  return {
    reason: 'client',
    retry: false,
    text: `leads ${elsewhere(answer)} (${status}): set the url to where it leads`,
  }
}

function elsewhere({ headers, origin }: OutgoingAnswer): string {
  const { location } = headers
  const target = location !== undefined && URL.canParse(location, origin) ? new URL(location, origin).origin : undefined
  return target === undefined || target === origin ? 'elsewhere' : `to ${target}`
}

/**
 * Undefined: the answer is a success (2xx). `detail` is the provider's own word about the failure; whoever passes it sees to
 * it that no secret is in it.
 */
export function failureOf(answer: OutgoingAnswer, detail?: string): FailedDelivery | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined
  const { reason, retry, text, mayHaveArrived } = meaningOf(answer)
  const { retryAfterMs } = answer
  return {
    ...{ sent: false, retry, reason },
    message: `${answer.origin} ${text}${detail === undefined || detail === '' ? '' : `: ${detail}`}`,
    ...(retryAfterMs === undefined || !retry ? {} : { retryAfterMs }),
    ...(mayHaveArrived === undefined ? {} : { mayHaveArrived }),
  }
}

/** What a rejection of `Outgoing.send` or of `Secrets.read` means; of anything else only the kind is shown. */
export function failureOfError(error: unknown): FailedDelivery {
  if (error instanceof OutgoingError) return error.failure
  if (error instanceof OperatorError) {
    return { sent: false, retry: error.retry, reason: 'auth', message: error.message }
  }
  const kind = error instanceof Error ? error.name : typeof error
  if (kind === 'AbortError' || kind === 'TimeoutError') {
    return {
      sent: false,
      retry: true,
      reason: 'timeout',
      message: 'no answer before the deadline',
      mayHaveArrived: true,
    }
  }
  const message = `the message could not be made: ${kind}`
  return { sent: false, retry: true, reason: 'client', message, mayHaveArrived: true }
}

const connectionTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ENOTFOUND: 'is not known to DNS: correct the host in the url',
  EAI_AGAIN: 'cannot be looked up: DNS does not answer',
  EAI_FAIL: 'cannot be looked up: DNS failed',
  EHOSTUNREACH: 'cannot be reached: there is no route to it',
  ENETUNREACH: 'cannot be reached: there is no route to its network',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  UND_ERR_SOCKET: 'closed the connection',
  UND_ERR_ABORTED: 'cannot be reached: the proxy does not let the connection through',
  UND_ERR_PRX_CONN: 'cannot be reached: the proxy closed the connection',
  CERT_HAS_EXPIRED: 'has a certificate that has expired: it must be renewed there',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name: correct the host in the url',
  EPROTO: 'does not speak TLS as expected: correct the scheme or the port in the url',
}

const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
])

const timeouts = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_PRX_CONN_TIMEOUT',
])

/** `isWritten`: the request may have been written, in whole or in part. */
export function connectionFailure(origin: string, error: unknown, isWritten: boolean): FailedDelivery {
  const { code, name } = error as { code?: unknown; name?: string }
  const known = typeof code === 'string' ? code : (name ?? 'unknown')
  const text = connectionText(known, isWritten)
  const reason = timeouts.has(known) ? 'timeout' : 'network'
  return { sent: false, retry: true, reason, message: `${origin} ${text}`, mayHaveArrived: isWritten }
}

function connectionText(code: string, isWritten: boolean): string {
  if (timeouts.has(code)) return isWritten ? 'did not answer in time' : 'does not take the connection in time'
  if (unknownAuthority.has(code)) {
    return 'has a certificate of an unknown authority: name the authority in the receiver, where its channel takes one'
  }
  if (code.startsWith('HPE_') || code === 'HTTPParserError')
    return 'does not answer in HTTP: correct the port in the url'
  if (code.startsWith('ERR_SSL_')) return connectionTexts.EPROTO ?? ''
  const text = connectionTexts[code]
  if (text === undefined) return `cannot be reached (${code})`
  return text === connectionTexts.ECONNRESET
    ? `${text} ${isWritten ? 'without an answer' : 'before it was made'}`
    : text
}

/** The deadline passed, or the caller gave up. */
export function givenUp(origin: string, isWritten: boolean): FailedDelivery {
  const message = `${origin} ${isWritten ? 'did not answer' : 'took no connection'} before the deadline`
  return { sent: false, retry: true, reason: 'timeout', message, mayHaveArrived: isWritten }
}

/** The request cannot be made as it is; nobody was asked. */
export function unusable(message: string): FailedDelivery {
  return { sent: false, retry: false, reason: 'client', message }
}

const dayMs = 24 * 60 * 60_000

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3); undefined where it is neither. */
export function retryAfterOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  const waitMs = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(dayMs, Math.max(0, waitMs))
}

/** A provider's own words, fit for one line: at most 200 characters, no control character, and nothing of these secrets. */
export function excerptOf(text: string, secrets: readonly string[]): string {
  const blotted = secrets.flatMap(partsOf).reduce((rest, part) => rest.replaceAll(part, '***'), text)
  const line = blotted.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199).toWellFormed()}…` : line
}

/** A secret whole and in its pieces, as of a url or of a header: the longest first. */
function partsOf(secret: string): string[] {
  const pieces = secret.split(/[\s/?&=:,;]+/).filter((piece) => piece.length >= 6)
  return [secret, ...pieces].filter((part) => part !== '').toSorted((left, right) => right.length - left.length)
}
