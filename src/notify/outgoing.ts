/** Requests to receivers: where they may go, how long they may last, and what their failure means. */
import type { FailedDelivery } from './notifier.ts'

export interface OutgoingRequest {
  /** Without secrets in what is logged of it: only its origin is ever shown. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal: AbortSignal
}

export interface OutgoingAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** At most 64 KiB of it. */
  readonly body: string
}

/**
 * Guarantees: the resolved address is checked before the connection is made; no redirect to another host is followed.
 * Rejects with what the failure means: use `failureOf`.
 */
export interface Outgoing {
  send(request: OutgoingRequest): Promise<OutgoingAnswer>
}

/** What an answer or an error means for a delivery; undefined: the answer is a success (2xx). */
export type FailureOf = (answer: OutgoingAnswer) => FailedDelivery | undefined
