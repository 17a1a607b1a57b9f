/** What people are shown of one policy: the numbers of its status. */
import type { CapacityAlert } from '../../api/capacity-policy.ts'
import { maxStatusItems } from '../../api/capacity-status.ts'
import { alertKey } from './alert.ts'
import { countUnknown, openAlerts } from './open-alerts.ts'
import type { PolicyEvaluator } from './policy-evaluator.ts'

export interface CapacityView {
  /** What has to be seen before the policy is judged; empty once it is. */
  readonly waitingFor: readonly string[]
  /** Absent until the policy is judged. */
  readonly report: CapacityReport | undefined
  /** Why some numbers cannot be had, in words; absent when all can. */
  readonly gap: string | undefined
  readonly lastEvaluationMs: number | undefined
}

export interface CapacityReport {
  readonly objectsWatched: { readonly nodes: number; readonly pods: number; readonly namespaces: number }
  readonly firing: number
  readonly unknown: number
  readonly alerts: readonly CapacityAlert[]
}

/** When people were told of an alert. */
export interface Told {
  readonly firstMs: number
  readonly lastMs: number
  readonly reminders: number
}

export interface ViewInput {
  readonly evaluator: PolicyEvaluator | undefined
  readonly lastEvaluationMs: number | undefined
  readonly waitingFor: readonly string[]
  readonly usageError: string | undefined
  /** What people know of an alert; undefined: nobody was told. */
  readonly toldOf: (alertKey: string) => Told | undefined
}

export function viewOf({ evaluator, lastEvaluationMs, waitingFor, usageError, toldOf }: ViewInput): CapacityView {
  if (evaluator === undefined) return { waitingFor, report: undefined, gap: undefined, lastEvaluationMs }
  const report = reportOf(evaluator, toldOf)
  return { waitingFor: [], report, gap: gapOf(report.unknown, usageError), lastEvaluationMs }
}

function reportOf(evaluator: PolicyEvaluator, toldOf: ViewInput['toldOf']): CapacityReport {
  const alerts = openAlerts(evaluator)
  const { policy } = evaluator
  return {
    objectsWatched: objectsWatched(evaluator),
    firing: alerts.length,
    unknown: countUnknown(evaluator),
    alerts: alerts
      .slice(0, maxStatusItems)
      .map((alert) => ({ ...alert, ...toldTimes(toldOf(alertKey(policy.reference, alert))) })),
  }
}

function toldTimes(told: Told | undefined): Partial<CapacityAlert> {
  if (told === undefined) return {}
  const { firstMs, lastMs, reminders } = told
  return { toldTime: new Date(firstMs).toISOString(), reminders, lastToldTime: new Date(lastMs).toISOString() }
}

function objectsWatched(evaluator: PolicyEvaluator): CapacityReport['objectsWatched'] {
  const { scope } = evaluator
  const namespaces = evaluator.selectedNamespaces()
  const pods = namespaces.reduce((sum, { name }) => sum + (scope.namespaceTotals(name)?.podCount ?? 0), 0)
  return { nodes: scope.cluster.nodes.size, pods, namespaces: namespaces.length }
}

function gapOf(unknown: number, usageError: string | undefined): string | undefined {
  if (usageError !== undefined)
    return `Usage cannot be read from the metrics API: ${usageError}. Is metrics-server installed?`
  if (unknown === 0) return undefined
  const numbers = unknown === 1 ? 'One number cannot' : `${unknown} numbers cannot`
  return `${numbers} be had: a sample is missing or old, or there is nothing to compare with`
}
