import { type ErrorCode, OperatorError } from '../base/errors.ts'
import { isWrapped, readStatus as readProtobufStatus } from './protobuf/envelope.ts'

/** The part of a `v1.Status` that explains a failure. */
export interface ApiStatus {
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: { readonly retryAfterSeconds?: number; readonly causes?: readonly { readonly reason?: string }[] }
}

/** The API server said no. `status` is the HTTP code, `reason` the machine-readable word of its Status, '' when it gave none. */
export class ApiError extends OperatorError {
  readonly status: number
  readonly reason: string

  constructor(
    code: ErrorCode,
    message: string,
    answer: { status: number; reason: string; retryAfterMs?: number | undefined },
  ) {
    super(code, message, answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs })
    this.name = 'ApiError'
    this.status = answer.status
    this.reason = answer.reason
  }
}

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'API_INVALID',
  401: 'API_UNAUTHORIZED',
  403: 'API_FORBIDDEN',
  404: 'API_NOT_FOUND',
  405: 'API_INVALID',
  406: 'API_INVALID',
  408: 'API_TIMEOUT',
  409: 'API_CONFLICT',
  410: 'API_EXPIRED',
  415: 'API_INVALID',
  422: 'API_INVALID',
  429: 'API_THROTTLED',
  504: 'API_TIMEOUT',
}

function codeFor(status: number): ErrorCode {
  return codeByStatus[status] ?? (status >= 500 ? 'API_SERVER' : 'API_INVALID')
}

/** `call` is what was asked, as `GET /api/v1/pods`. */
export function errorFromStatus(call: string, status: ApiStatus, retryAfterHeader?: string): ApiError {
  const httpStatus = status.code ?? 500
  const seconds = secondsFrom(retryAfterHeader) ?? status.details?.retryAfterSeconds
  const text =
    status.message === undefined || status.message === '' ? (status.reason ?? 'no explanation') : status.message
  return new ApiError(codeFor(httpStatus), `${call}: ${httpStatus} ${text}`, {
    status: httpStatus,
    reason: status.reason ?? '',
    retryAfterMs: seconds === undefined ? undefined : seconds * 1000,
  })
}

/** An answer that may be a Status object, a proxy's HTML page, or nothing. */
export function errorFromAnswer(
  call: string,
  answer: { status: number; body: Buffer; retryAfter?: string | undefined },
): ApiError {
  return errorFromStatus(call, { ...readStatus(answer.body), code: answer.status }, answer.retryAfter)
}

function readStatus(body: Buffer): ApiStatus {
  const text = body.toString('utf8')
  try {
    if (isWrapped(body)) return readProtobufStatus(body)
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as ApiStatus) : { message: text.slice(0, 200) }
  } catch {
    return { message: text.trim().slice(0, 200) }
  }
}

function secondsFrom(header: string | undefined): number | undefined {
  return header !== undefined && /^[0-9]{1,6}$/.test(header) ? Number(header) : undefined
}
