/**
 * The seam between channels and the network: where requests to receivers may go, how long they may last, and what becomes
 * of them. `createOutgoing` in outgoing-http.ts is the one sender; what an answer or an error means for a delivery is said
 * by `failureOf` and `failureOfError` in outgoing-failures.ts.
 */

export interface OutgoingRequest {
  /** http or https; may be a secret: of it only the origin is ever shown. A user and password in it become basic auth. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** PEM; absent: the authorities that the operator's system trusts. Set: these alone. */
  readonly authorities?: string
  /** How much of the answer's body is wanted. Absent: 64 KiB. */
  readonly longestAnswerBytes?: number
  readonly signal: AbortSignal
}

export interface OutgoingAnswer {
  /** Who answered, such as `https://hooks.example:8443`. */
  readonly origin: string
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** As much of it as was wanted; less where the connection broke or the rest did not come within 2 s. */
  readonly body: string
  /** The receiver's wish, whichever of its two forms it was written in. At most a day. */
  readonly retryAfterMs?: number
}

/**
 * Guarantees: the resolved address is checked when the connection is made; a redirect is followed for GET within the same
 * host alone, and otherwise given as the answer. Resolves with every answer, whatever its status; rejects with an
 * `OutgoingError` where there is none, soon after `signal` is aborted.
 */
export interface Outgoing {
  send(request: OutgoingRequest): Promise<OutgoingAnswer>
}
