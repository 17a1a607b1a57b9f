/** What a reconciler asks of the loop. Throwing asks for a retry with back-off; an error whose `retry` is false is only counted. */
export type Result = { readonly done: true } | { readonly requeueAfterMs: number }

export const done: Result = { done: true }

/**
 * Brings the world in line with one object's spec.
 *
 * Guarantees: never called twice at once for the same key; called at least once after every change.
 * `key` is `namespace/name`; the object itself is read from the cache, where it may be gone.
 */
export interface Reconciler {
  reconcile(key: string, signal: AbortSignal): Promise<Result>
}

/** How one reconcile ended: the label of the metric and of the log line. */
export const outcomes = ['done', 'requeued', 'retried', 'rejected'] as const
export type Outcome = (typeof outcomes)[number]
