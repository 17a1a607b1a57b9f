/** The pipeline's own way of sending a message, with its log in memory, and messages of the present for it. */
import { systemClock } from '../../src/base/clock.ts'
import type { Alert } from '../../src/model/alert.ts'
import type { Message } from '../../src/model/message.ts'
import type { Delivery, IncidentData, Notifier } from '../../src/notify/notifier.ts'
import { sendOnce } from '../../src/notify/send-once.ts'
import type { DeliveryRecord } from '../../src/store/notification-log.ts'
import { aMessage, anAlert } from './channel-messages.ts'

/** A crash with the end of its log, `lines` lines long. */
export function aCrash(lines: number, changes: Partial<Alert> = {}): Alert {
  const log = Array.from({ length: lines }, (_, index) => `line ${index + 1}`)
  return anAlert({
    key: 'uid/crash/shop/web-1',
    policy: { kind: 'CrashAlertRoute', namespace: 'dogwatch-system', name: 'crashes', uid: 'uid' },
    rule: 'crash',
    object: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
    title: 'Pod shop/web-1: container app crashed, exit code 1',
    lines: ['3 restarts in 10m, last after 42s', 'next: kubectl logs web-1 -n shop -c app --previous'],
    labels: { namespace: 'shop', pod: 'web-1', container: 'app' },
    attachment: { name: 'web-1-app.log', text: `${log.join('\n')}\nTypeError: cannot read properties of undefined` },
    ...changes,
  })
}

export interface MessageChanges extends Partial<Omit<Message, 'firing' | 'ended' | 'counts'>> {
  readonly firing?: readonly Alert[]
  readonly ended?: readonly Alert[]
}

let messages = 0

/** Made now, with an id of its own. One that says that all is over has nothing that fires. */
export function aNewMessage({ firing, ended, ...changes }: MessageChanges = {}): Message {
  messages += 1
  const isOver = changes.reason === 'resolved'
  const made = aMessage({
    id: `00000000-0000-4000-8000-${String(messages).padStart(12, '0')}`,
    nowMs: Date.now(),
    firing: firing ?? (isOver ? [] : [anAlert()]),
    ended: ended ?? (isOver ? [anAlert({ state: 'resolved' })] : []),
  })
  return { ...made, ...changes }
}

/** What the log holds of a delivery, as the pipeline writes it before the first call. */
export function recordOf(message: Message): DeliveryRecord {
  return {
    ...{ id: message.id, threadKey: 'thread', receiver: { namespace: 'dogwatch-system', name: 'oncall' } },
    ...{
      reason: message.reason,
      message,
      alertIds: [],
      state: 'intended',
      intendedMs: Date.now(),
      tries: 1,
      steps: {},
    },
  }
}

export interface SendOptions {
  readonly incident?: IncidentData
  /** What an earlier try left in the log. */
  readonly record?: DeliveryRecord
  /** The process dies when it would write this many records. */
  readonly dieAtWrite?: number
}

export interface Sent {
  readonly delivery: Delivery
  /** What the log holds now. */
  readonly record: DeliveryRecord
}

/** Sends as the pipeline does: each call in the log, with the pipeline's deadline. */
export async function send(notifier: Notifier, message: Message, options: SendOptions = {}): Promise<Sent> {
  const { incident = {}, record = recordOf(message), dieAtWrite = Number.POSITIVE_INFINITY } = options
  let kept = record
  let writes = 0
  const remember = async (next: DeliveryRecord): Promise<boolean> => {
    writes += 1
    if (writes >= dieAtWrite) throw new Error('the process died')
    kept = next
    return true
  }
  const { delivery } = await sendOnce({
    ...{ notifier, delivery: record, incident, remember, clock: systemClock },
    signal: new AbortController().signal,
  })
  return { delivery, record: kept }
}

/** As the pipeline makes a delivery again whose end nobody knows. */
export function againOf({ record }: Sent): { readonly message: Message; readonly record: DeliveryRecord } {
  const message = { ...record.message, isPossibleRepeat: true }
  return { message, record: { ...record, message, tries: record.tries + 1 } }
}
