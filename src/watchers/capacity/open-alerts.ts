/** Open alerts as a policy's status lists them; and back from the notification log, so a restarted operator raises nothing again. */
import type { CapacityAlert } from '../../api/capacity-policy.ts'
import { type Alert, severities } from '../../model/alert.ts'
import type { Subject } from './finding.ts'
import type { FiringVerdict } from './judge.ts'
import { measurementPercent, percentText } from './measurement-text.ts'
import type { PolicyEvaluator } from './policy-evaluator.ts'
import type { Case } from './rule-book.ts'
import type { WatchedRule } from './watched-policy.ts'

/** Stands in a status for a number that cannot be had now. */
export const unknownValue = 'Unknown'

/** All that fires, the most severe first and of these the longest open. */
export function openAlerts({ books }: PolicyEvaluator): CapacityAlert[] {
  const alerts = books.flatMap(({ rule, cases }) => [...cases].flatMap((known) => openAlert(rule, known)))
  return alerts.sort(byWeight)
}

/** How many numbers cannot be had now. */
export function countUnknown({ books }: PolicyEvaluator): number {
  let count = 0
  for (const { cases } of books) {
    for (const { verdict } of cases) if (verdict.phase !== 'Pending' && verdict.isUnknown) count += 1
  }
  return count
}

/**
 * Takes up what the log has as open. The next `evaluateAll` goes on from there: what was raised is not raised again, what is
 * over meanwhile recovers, and what is gone, or asked by no rule any more, is closed.
 */
export function restoreAlerts(evaluator: PolicyEvaluator, alerts: readonly Alert[]): void {
  for (const alert of alerts) {
    evaluator.restore(alert.rule, { subject: subjectOf(alert), verdict: verdictOf(alert), measurement: undefined })
  }
}

function openAlert(rule: WatchedRule, { subject, verdict, measurement }: Case): CapacityAlert[] {
  if (verdict.phase !== 'Firing') return []
  const { resource, quota, ...object } = subject
  const isKnown = measurement !== undefined && !verdict.isUnknown
  const alert = {
    rule: rule.name,
    object,
    resource,
    ...(quota === undefined ? {} : { quota }),
    severity: rule.severity,
    since: timeText(verdict.sinceMs),
    value: isKnown ? measurementPercent(measurement, rule) : unknownValue,
    threshold: percentText(rule.abovePercent),
  }
  return [alert]
}

function verdictOf({ since }: Alert): FiringVerdict {
  return { phase: 'Firing', isUnknown: false, sinceMs: Date.parse(since) }
}

/** What an alert of this watcher is about. */
export function subjectOf({ object, labels }: Alert): Subject {
  const { kind, namespace, name, uid } = object
  const { resource = '', quota } = labels
  return {
    kind: kind as Subject['kind'],
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    resource,
    ...(quota === undefined ? {} : { quota }),
  }
}

function byWeight(left: CapacityAlert, right: CapacityAlert): number {
  const weight = severities.indexOf(right.severity) - severities.indexOf(left.severity)
  return weight === 0 ? left.since.localeCompare(right.since) : weight
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString()
}
