import { formatDuration } from '../../api/duration.ts'
import type { PolicyPreview, PreviewedAlert, UnknownNumber } from './preview.ts'

/** The previews as plain data for JSON and YAML. */
export function previewDocument(
  previews: readonly PolicyPreview[],
  { others, warnings }: { others: readonly string[]; warnings: readonly string[] },
): object {
  return { policies: previews.map(policyDocument), others, warnings }
}

function policyDocument(preview: PolicyPreview): object {
  const { namespace, name, isSuspended, receivers, watched, firing, pending, unknown, fineCount } = preview
  return {
    ...{ namespace, name, suspended: isSuspended, receivers, watched },
    counts: { firing: firing.length, pending: pending.length, unknown: unknown.length, fine: fineCount },
    firing: firing.map(alertDocument),
    pending: pending.map((alert) => ({ ...alertDocument(alert), for: formatDuration(alert.forMs) })),
    unknown: unknown.map(unknownDocument),
  }
}

function alertDocument({ rule, subject, alert: { severity, title, lines, labels } }: PreviewedAlert): object {
  const { resource, quota, uid: _uid, ...object } = subject
  return { rule, severity, object, resource, ...(quota === undefined ? {} : { quota }), title, lines, labels }
}

function unknownDocument({ rule, subject, reason }: UnknownNumber): object {
  const { resource, quota, uid: _uid, ...object } = subject
  return { rule, object, resource, ...(quota === undefined ? {} : { quota }), reason }
}
