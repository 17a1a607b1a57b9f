/**
 * What went wrong, as callers see it. On `/api/v1` it is problem details (RFC 9457); below `/apis`, where the caller is
 * kubectl or another client of Kubernetes, it is a `Status`, whose message such clients print.
 */
import { type ErrorCode, errorText, OperatorError } from '../base/errors.ts'

/** `type` of the problem is `urn:dogwatch:problem:` and the name. */
export const problems = {
  invalid: { status: 400, title: 'The request cannot be understood', reason: 'BadRequest' },
  unauthenticated: { status: 401, title: 'The caller is not known', reason: 'Unauthorized' },
  forbidden: { status: 403, title: 'A right is missing', reason: 'Forbidden' },
  notFound: { status: 404, title: 'There is no such thing', reason: 'NotFound' },
  methodNotAllowed: { status: 405, title: 'The method does not fit', reason: 'MethodNotAllowed' },
  notAcceptable: { status: 406, title: 'The wanted format is not served', reason: 'NotAcceptable' },
  conflict: { status: 409, title: 'Its state does not allow that', reason: 'Conflict' },
  tooLarge: { status: 413, title: 'The body is too large', reason: 'RequestEntityTooLarge' },
  unsupportedMediaType: { status: 415, title: 'The body is not JSON', reason: 'UnsupportedMediaType' },
  tooManyRequests: { status: 429, title: 'Too many requests', reason: 'TooManyRequests' },
  internal: { status: 500, title: 'Dogwatch failed', reason: 'InternalError' },
  standby: { status: 503, title: 'Another process leads', reason: 'ServiceUnavailable' },
  unavailable: { status: 503, title: 'Something that the answer needs is gone', reason: 'ServiceUnavailable' },
} as const

export type ProblemName = keyof typeof problems

export class Problem extends Error {
  readonly problem: ProblemName
  /** When the same request may go well. */
  readonly retryAfterMs: number | undefined

  /** `detail` says what happened and what to do. */
  constructor(problem: ProblemName, detail: string, retryAfterMs?: number) {
    super(detail)
    this.name = 'Problem'
    this.problem = problem
    this.retryAfterMs = retryAfterMs
  }

  get status(): number {
    return problems[this.problem].status
  }
}

export interface ProblemAnswer {
  readonly contentType: string
  readonly body: object
}

export function problemDetails({ problem, message, status }: Problem): ProblemAnswer {
  const body = { type: `urn:dogwatch:problem:${problem}`, title: problems[problem].title, status, detail: message }
  return { contentType: 'application/problem+json', body }
}

export function kubernetesStatus({ problem, message, status }: Problem): ProblemAnswer {
  const { reason } = problems[problem]
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: status }
  return { contentType: 'application/json', body }
}

/** Failures of others that a caller may know of. What is not here is Dogwatch's own and is told to the log alone. */
const problemByCode: Readonly<Partial<Record<ErrorCode, ProblemName>>> = {
  API_NOT_FOUND: 'notFound',
  API_CONFLICT: 'conflict',
  API_INVALID: 'invalid',
  API_FORBIDDEN: 'unavailable',
  API_UNAUTHORIZED: 'unavailable',
  API_THROTTLED: 'unavailable',
  API_SERVER: 'unavailable',
  API_UNREACHABLE: 'unavailable',
  API_TIMEOUT: 'unavailable',
  CREDENTIALS: 'unavailable',
  STORE_UNAVAILABLE: 'unavailable',
}

const askAgainMs = 5_000

/** Undefined: not for callers. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  if (!(error instanceof OperatorError)) return problemOfFramework(error)
  const problem = problemByCode[error.code]
  if (problem === undefined) return undefined
  const retryAfterMs = problem === 'unavailable' ? (error.retryAfterMs ?? askAgainMs) : undefined
  return new Problem(problem, errorText(error), retryAfterMs)
}

const problemByFrameworkCode: Readonly<Record<string, ProblemName>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'tooLarge',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupportedMediaType',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid',
  FST_ERR_BAD_URL: 'invalid',
}

/** What fastify says of a request before a route sees it. */
function problemOfFramework(error: unknown): Problem | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const problem = problemByFrameworkCode[code]
  return problem === undefined ? undefined : new Problem(problem, (error as Error).message)
}
