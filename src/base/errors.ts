/**
 * Every error that Dogwatch raises on purpose has a code from this table. `retry` says whether the same call may succeed
 * later without anybody changing anything; the loop that catches it decides when.
 */
export const errorCodes = {
  INVALID_OPTION: { retry: false, meaning: 'An option, flag or environment variable has an unusable value.' },
  INVALID_SPEC: { retry: false, meaning: 'A custom resource says something that cannot be carried out.' },
  INVALID_QUANTITY: { retry: false, meaning: 'A text is not a Kubernetes quantity.' },
  INVALID_INPUT: { retry: false, meaning: 'A file or argument given to the command line cannot be used.' },
  API_UNAUTHORIZED: { retry: true, meaning: 'The API server refused the credentials (401); they are read again.' },
  API_FORBIDDEN: { retry: true, meaning: 'The API server refused the request (403): a right is missing.' },
  API_NOT_FOUND: { retry: true, meaning: 'The API server knows no such object or resource (404).' },
  API_CONFLICT: { retry: true, meaning: 'Somebody else wrote the object first (409).' },
  API_EXPIRED: { retry: true, meaning: 'The resourceVersion is too old (410): a new list is needed.' },
  API_THROTTLED: { retry: true, meaning: 'The API server asks to wait (429).' },
  API_INVALID: { retry: false, meaning: 'The API server rejected the object (400 or 422).' },
  API_SERVER: { retry: true, meaning: 'The API server failed (5xx).' },
  API_UNREACHABLE: { retry: true, meaning: 'The API server cannot be reached, or the connection broke.' },
  API_TIMEOUT: { retry: true, meaning: 'The API server did not answer within the deadline.' },
  CREDENTIALS: { retry: true, meaning: 'No usable credentials: the kubeconfig or the service account cannot be read.' },
  STREAM_MALFORMED: { retry: true, meaning: 'A watch stream carried bytes that are not events.' },
  DELIVERY_FAILED: { retry: true, meaning: 'A receiver did not take a message.' },
  STORE_FENCED: { retry: false, meaning: 'Another process took over and writes the store now.' },
  STORE_UNAVAILABLE: { retry: true, meaning: 'The store cannot be read or written now.' },
  STORE_NEWER: {
    retry: false,
    meaning: 'The store was written by a newer version, which this one does not understand.',
  },
  SECRET_UNAVAILABLE: { retry: true, meaning: 'A Secret, or a key in it, cannot be read.' },
  SHUTTING_DOWN: { retry: false, meaning: 'The process is ending.' },
} as const satisfies Record<string, { retry: boolean; meaning: string }>

export type ErrorCode = keyof typeof errorCodes

/** An expected failure: what happened, to which object, what to do. `retry` defaults to the table's word for the code. */
export class OperatorError extends Error {
  readonly code: ErrorCode
  readonly retry: boolean
  /** The server's wish, when it gave one: wait this long before the next try. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retry?: boolean; retryAfterMs?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'OperatorError'
    this.code = code
    this.retry = options.retry ?? errorCodes[code].retry
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The text of anything thrown, with the texts of its causes: `outer: inner`. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : errorText(error.cause)
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`
}

export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is OperatorError {
  return error instanceof OperatorError && codes.includes(error.code)
}
