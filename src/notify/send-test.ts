import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { DeliveryRecord } from '../store/notification-log.ts'
import { composeMessage } from './compose.ts'
import type { Delivery } from './notifier.ts'
import type { Receiver } from './receivers.ts'
import { sendOnce } from './send-once.ts'

export interface TestSurroundings {
  readonly clock: Clock
  readonly clusterName: string | undefined
  readonly signal: AbortSignal
}

/** Sends one test message, at once and once, and says what became of it. It is no part of the history. */
export async function sendTest(
  receiver: Receiver,
  { clock, clusterName, signal }: TestSurroundings,
): Promise<Delivery> {
  const { namespace, name, notifier } = receiver
  const id = randomUUID()
  const content = { firing: [], ended: [], dropped: 0, isPossibleRepeat: false, slackChannel: undefined }
  const nowMs = clock.nowMs()
  const message = composeMessage({ id, incident: id, reason: 'test', nowMs, clusterName, ...content })
  const delivery: DeliveryRecord = {
    ...{ id, threadKey: id, receiver: { namespace, name }, reason: 'test', message, alertIds: [], state: 'intended' },
    ...{ intendedMs: nowMs, tries: 1, steps: {} },
  }
  const sent = await sendOnce({ notifier, delivery, incident: {}, remember: async () => true, clock, signal })
  return sent.delivery
}
