/** Messages to send, and the pipeline's own way of sending one, with its log in memory. */
import { systemClock } from '../../src/base/clock.ts'
import { OperatorError } from '../../src/base/errors.ts'
import type { Alert } from '../../src/model/alert.ts'
import type { Message } from '../../src/model/message.ts'
import { composeMessage } from '../../src/notify/compose.ts'
import type { Delivery, IncidentData, Notifier } from '../../src/notify/notifier.ts'
import type { SecretReference, Secrets } from '../../src/notify/secrets.ts'
import { sendOnce } from '../../src/notify/send-once.ts'
import type { DeliveryRecord } from '../../src/store/notification-log.ts'

export function anAlert(changes: Partial<Alert> = {}): Alert {
  return {
    key: 'uid/node-cpu/Node/node-1',
    policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'nodes', uid: 'uid' },
    rule: 'node-cpu',
    severity: 'critical',
    state: 'firing',
    object: { kind: 'Node', name: 'node-1' },
    title: 'Node node-1: cpu requests at 93.1% of allocatable, above 80%',
    lines: [
      '3.72 of 4 cpu; threshold 80%, over at 75%',
      'since 2026-01-01T12:00:05Z, for 5m',
      'biggest: shop/web-1 (ReplicaSet web) 2, shop/db-0 (StatefulSet db) 1',
      'next: kubectl describe node node-1; dogwatch capacity --explain node/node-1',
    ],
    labels: { node: 'node-1', team: 'platform' },
    runbookURL: 'https://runbooks.example/node-cpu?from=dogwatch&severity=critical',
    clusterName: 'blue',
    since: '2026-01-01T12:00:05Z',
    at: '2026-01-01T12:05:05Z',
    ...changes,
  }
}

/** A crash with the end of its log, `lines` lines long. */
export function aCrash(lines: number, changes: Partial<Alert> = {}): Alert {
  const log = Array.from(
    { length: lines },
    (_, index) => `2026-01-01T12:04:${String(index % 60).padStart(2, '0')}Z line ${index + 1}`,
  )
  return anAlert({
    key: 'uid/crash/shop/web-1',
    policy: { kind: 'CrashAlertRoute', namespace: 'dogwatch-system', name: 'crashes', uid: 'uid' },
    rule: 'crash',
    object: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
    title: 'Pod shop/web-1: container app crashed, exit code 1',
    lines: [
      '3 restarts in 10m, last after 42s',
      'of ReplicaSet web, on node worker-3',
      'next: kubectl logs web-1 -n shop -c app --previous',
    ],
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

export function aMessage({ firing, ended = [], ...changes }: MessageChanges = {}): Message {
  messages += 1
  const composed = composeMessage({
    id: `00000000-0000-4000-8000-${String(messages).padStart(12, '0')}`,
    incident: 'incident-1',
    reason: 'first',
    nowMs: Date.now(),
    clusterName: 'blue',
    firing: firing ?? (changes.reason === 'resolved' ? [] : [anAlert()]),
    ended: changes.reason === 'resolved' && ended.length === 0 ? [anAlert({ state: 'resolved' })] : ended,
    ...{ dropped: 0, isPossibleRepeat: false, slackChannel: undefined },
  })
  return { ...composed, ...changes }
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

export interface TestSecrets extends Secrets {
  readonly values: Map<string, string>
  readonly refusals: SecretReference[]
}

export function secretsOf(values: Record<string, string>): TestSecrets {
  const known = new Map(Object.entries(values))
  const refusals: SecretReference[] = []
  return {
    values: known,
    refusals,
    read: async ({ name, key }) => {
      const value = known.get(`${name}/${key}`)
      if (value !== undefined) return value
      throw new OperatorError('SECRET_UNAVAILABLE', `Secret ${name} has no key ${key}: create it`)
    },
    refused: (reference) => void refusals.push(reference),
  }
}
