/** An alert as the API shows it. */
import type { AlertView } from '../api/http/alert-views.ts'
import type { AlertRecord } from '../store/notification-log.ts'

export function viewOfAlert({ id, alert, startedMs, endedMs, acknowledged }: AlertRecord): AlertView {
  const { severity, title, lines, labels, policy, rule, object, runbookURL, clusterName } = alert
  return {
    ...{ id, state: alert.state, severity, title, lines: [...lines], labels: { ...labels }, rule },
    policy: { kind: policy.kind, namespace: policy.namespace, name: policy.name },
    object: { kind: object.kind, name: object.name, ...(object.namespace && { namespace: object.namespace }) },
    startedAt: timeOf(startedMs),
    ...(endedMs === undefined ? {} : { endedAt: timeOf(endedMs) }),
    ...(acknowledged === undefined ? {} : { acknowledged: viewOfAcknowledgement(acknowledged) }),
    ...(runbookURL === undefined ? {} : { runbookURL }),
    ...(clusterName === undefined ? {} : { clusterName }),
  }
}

function viewOfAcknowledgement({ by, atMs, comment }: NonNullable<AlertRecord['acknowledged']>) {
  return { by, at: timeOf(atMs), ...(comment === undefined ? {} : { comment }) }
}

export function timeOf(atMs: number): string {
  return new Date(atMs).toISOString()
}
