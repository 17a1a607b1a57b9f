/** An answer of the operator's own HTTP server. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** One path that is read with GET. A handler that throws becomes a 500 without details. */
export interface Route {
  readonly path: string
  answer(): Promise<Answer>
}

export function textAnswer(status: number, body: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${body}\n` }
}
