/** An alert as the API shows it. */
import { z } from 'zod'
import { alertStates, severities } from '../model/alert.ts'
import type { AlertRecord } from '../store/notification-log.ts'

const time = () => z.iso.datetime().describe('RFC 3339.')

export const acknowledgementView = z.object({ by: z.string(), at: time(), comment: z.string().optional() })

export const alertView = z.object({
  id: z.string().describe('Of this episode: a new one has a new id.'),
  state: z.enum(alertStates).describe('closed: it ended although nobody measured that it is over.'),
  severity: z.enum(severities),
  title: z.string(),
  lines: z.array(z.string()).describe('Facts, the most important first.'),
  labels: z.record(z.string(), z.string()),
  policy: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
  rule: z.string(),
  object: z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() }),
  startedAt: time(),
  endedAt: time().optional(),
  acknowledged: acknowledgementView.optional().describe('Who looks after it.'),
  runbookURL: z.string().optional(),
  clusterName: z.string().optional(),
})

export type AlertView = z.output<typeof alertView>

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
