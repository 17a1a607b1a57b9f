/** What a failure on the way to a mail server means for a delivery, and what to do. */
import { OperatorError } from '../../../base/errors.ts'
import type { FailedDelivery } from '../../notifier.ts'
import { AddressRefused } from '../../outgoing-addresses.ts'
import { GivenUp } from './connect.ts'

/** The part of nodemailer's errors that counts here. */
export interface MailError {
  readonly code?: string
  readonly originalCode?: string
  readonly command?: string
  readonly response?: string
  readonly responseCode?: number
  readonly message?: string
}

export interface MailTrouble {
  /** `smtp.example.com:587`. */
  readonly server: string
  /** The server may have the whole message. */
  readonly isWritten: boolean
  /** What must not be shown. */
  readonly secrets: readonly string[]
}

export function failureOfMail(error: unknown, trouble: MailTrouble): FailedDelivery {
  const { server, isWritten } = trouble
  if (error instanceof OperatorError) {
    return { sent: false, retry: error.retry, reason: 'auth', message: error.message }
  }
  if (error instanceof AddressRefused) {
    const advice = 'no receiver may have one, unless the operator runs with --allow-local-receivers'
    return { sent: false, retry: false, reason: 'client', message: `${server} is at ${error.message}: ${advice}` }
  }
  const { code = '', originalCode, responseCode, response } = error as MailError
  if (responseCode !== undefined) return refusal(error as MailError, trouble)
  if (error instanceof GivenUp || code === 'EABORT' || code === 'ETIMEDOUT') {
    const text = isWritten ? 'took the message but did not confirm it in time' : 'does not answer in time'
    return { sent: false, retry: true, reason: 'timeout', message: `${server} ${text}`, mayHaveArrived: isWritten }
  }
  if (code === 'ENOAUTH' || code === 'EAUTH') {
    const message = `${server} offers no login that works with a user name and a password: correct spec.email.auth`
    return { sent: false, retry: false, reason: 'auth', message }
  }
  const text = textOf(originalCode ?? code, response)
  return { sent: false, retry: true, reason: 'network', message: `${server} ${text}`, mayHaveArrived: isWritten }
}

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections: correct spec.email.host and port',
  ENOTFOUND: 'is not known to DNS: correct spec.email.host',
  EAI_AGAIN: 'cannot be looked up: DNS does not answer',
  EHOSTUNREACH: 'cannot be reached: there is no route to it',
  ENETUNREACH: 'cannot be reached: there is no route to its network',
  ECONNRESET: 'closed the connection',
  ECONNECTION: 'closed the connection',
  EPIPE: 'closed the connection',
  EPROTOCOL: 'does not speak SMTP: correct spec.email.port and security',
  EPROTO: 'does not speak TLS from the start: use security StartTLS, or correct spec.email.port',
  ETLS: 'does not become encrypted: use security TLS on port 465, or None in a network that you trust',
  CERT_HAS_EXPIRED: 'has a certificate that has expired: it must be renewed there',
  CERT_NOT_YET_VALID: 'has a certificate that is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name: correct spec.email.host',
}

const unknownAuthority = /^(DEPTH_ZERO_)?SELF_SIGNED_CERT|^UNABLE_TO_|^CERT_SIGNATURE_FAILURE$/

function textOf(code: string, response: string | undefined): string {
  if (unknownAuthority.test(code)) return 'has a certificate of an unknown authority: set spec.email.caSecretRef'
  if (code.startsWith('ERR_SSL_')) return texts.EPROTO ?? ''
  return texts[code] ?? `cannot be reached (${code === '' ? (response ?? 'no reason given') : code})`
}

/** The server answered, and the answer is no. 4xx: later, perhaps (RFC 5321, 4.2.1). */
function refusal(error: MailError, { server, secrets }: MailTrouble): FailedDelivery {
  const { responseCode = 0, code, command = '' } = error
  if (code === 'ETLS') {
    return { sent: false, retry: false, reason: 'client', message: `${server} ${texts.ETLS}` }
  }
  const isLater = responseCode < 500 || responseCode === 503
  const said = wordsOf(error, secrets)
  if (code === 'EAUTH' && !isLater) {
    const message = `${server} refuses the login: ${said}; correct what spec.email.auth refers to`
    return { sent: false, retry: false, reason: 'auth', message }
  }
  const what = command.startsWith('RCPT') || code === 'EENVELOPE' ? 'the sender or the recipients' : 'the message'
  return {
    sent: false,
    retry: isLater,
    reason: isLater ? laterReason(said) : 'client',
    message: `${server} refuses ${what}: ${said}`,
  }
}

/** There is no code of its own for it: RFC 5321 has 421, 450 and 451 for many things. */
function laterReason(said: string): 'rateLimited' | 'server' {
  return /too many|rate.?limit|throttl|too fast/i.test(said) ? 'rateLimited' : 'server'
}

/** The server's own words, on one line. */
export function wordsOf({ response = '', message = '' }: MailError, secrets: readonly string[]): string {
  const text = secrets.reduce(
    (shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')),
    response || message,
  )
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
