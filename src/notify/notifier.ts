import type { Alert } from '../model/alert.ts'

/** Why a receiver did not take a message: the closed set that metrics count by. */
export const deliveryFailures = ['auth', 'rateLimited', 'client', 'server', 'timeout', 'network'] as const
export type DeliveryFailure = (typeof deliveryFailures)[number]

export type Delivery =
  | { readonly sent: true }
  | { readonly sent: false; readonly retry: boolean; readonly reason: DeliveryFailure; readonly message: string }

/**
 * One way out to people.
 *
 * Guarantees: resolves with what became of the message and does not throw; ends soon after `signal` is aborted.
 * Called by: the dispatcher, one message at a time for each receiver.
 */
export interface Notifier {
  notify(alert: Alert, signal: AbortSignal): Promise<Delivery>
}
