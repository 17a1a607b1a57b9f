/**
 * Slack's Web API through its own client, which sends through `Outgoing`: so the address is checked, the delivery's deadline
 * holds, and no time is spent on retries of its own.
 */
import type { WebClient } from '@slack/web-api'
import type { FailedDelivery } from '../../notifier.ts'
import type { Outgoing, OutgoingAnswer } from '../../outgoing.ts'
import { failureOf, failureOfError, OutgoingError } from '../../outgoing-failures.ts'
import { failureOfCode } from './error-codes.ts'

export interface WebApiOptions {
  readonly token: string
  /** Ends with a slash. */
  readonly apiUrl: string
  readonly outgoing: Outgoing
  readonly signal: AbortSignal
}

/** Loaded with the first message: who has no Slack does not pay for it. */
export async function createWebApi({ token, apiUrl, outgoing, signal }: WebApiOptions): Promise<WebClient> {
  const { WebClient } = await import('@slack/web-api')
  return new WebClient(token, {
    ...{ slackApiUrl: apiUrl, allowAbsoluteUrls: false, rejectRateLimitedCalls: true, maxRequestConcurrency: 4 },
    retryConfig: { retries: 0 },
    logger: silentLogger,
    fetch: fetchThrough(outgoing, signal),
  })
}

/** The client logs what it sends. */
const silentLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  setName: () => undefined,
  getLevel: () => 'error',
} as unknown as NonNullable<ConstructorParameters<typeof WebClient>[1]>['logger'] & object

/** Pages of channels and messages are long. */
const longestAnswerBytes = 4 * 1024 * 1024

function fetchThrough(outgoing: Outgoing, signal: AbortSignal): typeof fetch {
  return async (url, init) => {
    const headers = Object.fromEntries(new Headers(init?.headers))
    const body = String(init?.body ?? '')
    const answer = await outgoing.send({ url: String(url), method: 'POST', headers, body, signal, longestAnswerBytes })
    return new Response(answer.body, { status: answer.status, headers: headersOf(answer) })
  }
}

/** The client takes the length of a pause from the header alone, and fails in its own way where there is none. */
function headersOf({ status, headers, retryAfterMs = 1_000 }: OutgoingAnswer): Record<string, string> {
  const { 'content-encoding': _encoding, 'content-length': _length, ...kept } = headers
  return status === 429 ? { ...kept, 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) } : kept
}

const rateLimitedCode = 'slack_webapi_rate_limited_error'

/**
 * For posts: too many are most often too many in their channel. There is a limit of the whole workspace too, and the answer
 * does not say which was met: https://docs.slack.dev/apis/web-api/rate-limits.
 */
export function throwOfChannel(error: unknown): never {
  const isLimited = error instanceof Error && 'code' in error && error.code === rateLimitedCode
  throw isLimited ? Object.assign(error, { isOfPlace: true }) : error
}

/** What an error of the client means for a delivery. `mayHaveArrived` where Slack may have done it all the same. */
export function failureOfSlack(error: unknown): FailedDelivery {
  const { code, original, retryAfter, isOfPlace, statusCode, data } = error as Partial<{
    code: string
    original: unknown
    retryAfter: number
    isOfPlace: boolean
    statusCode: number
    data: { error?: unknown; needed?: unknown }
  }>
  switch (code) {
    case rateLimitedCode:
      return { ...rateLimited((retryAfter ?? 1) * 1_000), isOfPlace: isOfPlace === true }
    case 'slack_webapi_platform_error':
      return failureOfCode(String(data?.error ?? ''), data?.needed === undefined ? undefined : String(data.needed))
    case 'slack_webapi_http_error':
      return failureOfStatus(statusCode ?? 0)
    case 'slack_webapi_request_error':
      return original instanceof OutgoingError ? original.failure : failureOfError(original)
    default:
      return failureOfError(error)
  }
}

function rateLimited(retryAfterMs: number): FailedDelivery {
  const message = `Slack asks for fewer messages: nothing for ${Math.ceil(retryAfterMs / 1_000)} s`
  return { sent: false, retry: true, reason: 'rateLimited', message, retryAfterMs }
}

/** Slack answers 200 to nearly everything: another status is often that of a proxy in its place. */
function failureOfStatus(status: number): FailedDelivery {
  const failure = failureOf({ origin: 'Slack, or a proxy in its place,', status, headers: {}, body: '' })
  if (failure === undefined) return failureOfError(new Error('no failure'))
  return status >= 500 ? { ...failure, mayHaveArrived: true } : failure
}

export function isPlatformError(error: unknown, ...codes: readonly string[]): boolean {
  const { code, data } = error as { code?: string; data?: { error?: string } }
  return code === 'slack_webapi_platform_error' && codes.includes(data?.error ?? '')
}
