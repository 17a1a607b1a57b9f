/** Alerts, threads and deliveries as the notification log has them, for tests. */
import type { Alert, AlertRoute } from '../../src/model/alert.ts'
import type { Message } from '../../src/model/message.ts'
import type { AlertRecord, DeliveryRecord, LogEntry, ThreadRecord } from '../../src/store/notification-log.ts'

export const receiver = { namespace: 'dogwatch-system', name: 'oncall' }

const route: AlertRoute = {
  receivers: [receiver],
  grouping: { key: 'uid/cpu', waitMs: 0, intervalMs: 0 },
}

export function anAlert(changes: Partial<Alert> = {}): Alert {
  return {
    key: 'uid/cpu/Pod/shop/api-1',
    policy: { kind: 'CapacityPolicy', namespace: 'shop', name: 'pods', uid: 'uid' },
    rule: 'cpu',
    severity: 'warning',
    state: 'firing',
    object: { kind: 'Pod', namespace: 'shop', name: 'api-1' },
    title: 'Pod api-1: cpu at 93.1 %, Grüße 🐶 "quoted" \\ back',
    lines: ['one', 'two\nthree'],
    labels: { namespace: 'shop', severity: 'warning', policy: 'pods' },
    since: '2026-01-01T12:00:05Z',
    at: '2026-01-01T12:00:05Z',
    ...changes,
  }
}

export function anAlertRecord(changes: Partial<AlertRecord> = {}): AlertRecord {
  return { id: 'episode1', alert: anAlert(), route, startedMs: 1_000, ...changes }
}

/** Number n of many: each about an object of its own, one second after the other. */
export function numbered(n: number, changes: Partial<AlertRecord> = {}): AlertRecord {
  const text = String(n).padStart(5, '0')
  const alert = anAlert({ key: `uid/cpu/Pod/shop/api-${text}` })
  return anAlertRecord({ id: `episode${text}`, alert, startedMs: n * 1_000, ...changes })
}

export function aThread(changes: Partial<ThreadRecord> = {}): ThreadRecord {
  return {
    key: 'dogwatch-system/oncall|uid/cpu',
    groupKey: 'uid/cpu',
    receiver,
    incident: 'incident1',
    told: [anAlert().key],
    firstToldMs: 1_500,
    lastToldMs: 1_500,
    reminders: 0,
    data: { ts: '17.5' },
    ...changes,
  }
}

const message: Message = {
  id: 'delivery1',
  incident: 'incident1',
  reason: 'first',
  at: '2026-01-01T12:00:05Z',
  severity: 'warning',
  labels: {},
  firing: [anAlert()],
  ended: [],
  counts: { firing: 1, ended: 0 },
  isPossibleRepeat: false,
}

export function aDelivery(changes: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    id: 'delivery1',
    threadKey: aThread().key,
    receiver,
    reason: 'first',
    message,
    alertIds: ['episode1'],
    state: 'intended',
    intendedMs: 1_200,
    tries: 1,
    after: aThread(),
    steps: { post: null },
    ...changes,
  }
}

export const ofAlert = (record: AlertRecord): LogEntry => ({ type: 'alert', record })
export const ofThread = (record: ThreadRecord): LogEntry => ({ type: 'thread', record })
export const ofDelivery = (record: DeliveryRecord): LogEntry => ({ type: 'delivery', record })
