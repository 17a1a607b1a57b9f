/** A policy as it is carried out: durations in milliseconds, percents as exact integers, absent fields filled in. */
import type { CapacityMeasure, CapacityPolicySpec, CapacityRule, CapacityScope } from '../../api/capacity-policy.ts'
import { durationMs } from '../../api/duration.ts'
import type { PolicyReference, Severity } from '../../model/alert.ts'
import type { LabelSelectorTerms } from '../../model/label-selector.ts'

export interface Thresholds {
  /** A rule fires when the number is greater than this percent. */
  readonly abovePercent: bigint
  /** What fires is over when the number is this percent or less. */
  readonly clearPercent: bigint
  readonly forMs: number
}

export interface WatchedRule extends Thresholds {
  readonly name: string
  readonly scope: CapacityScope
  readonly measure: CapacityMeasure
  /** Absent: each resource of the quota, or each that pods request. */
  readonly resource: string | undefined
  readonly severity: Severity
  /** With Survive: how many of the largest nodes are taken away. */
  readonly lostNodes: number
}

export interface ReminderPlan {
  readonly everyMs: number
  readonly max: number
}

export interface WatchedPolicy {
  readonly reference: PolicyReference
  readonly rules: readonly WatchedRule[]
  readonly nodeSelector: LabelSelectorTerms | undefined
  readonly poolLabel: string | undefined
  /** Absent: any name. */
  readonly namespaceNames: ReadonlySet<string> | undefined
  readonly namespaceSelector: LabelSelectorTerms | undefined
  readonly reminder: ReminderPlan | undefined
  readonly isSuspended: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly runbookURL: string | undefined
}

export interface WatchPolicyOptions {
  readonly reference: PolicyReference
  readonly spec: CapacityPolicySpec
  /** The scope rule: outside the operator's own namespace a policy sees this namespace alone. */
  readonly onlyNamespace?: string
}

/** Throws `INVALID_SPEC` for a duration that is none; the API server lets none in. */
export function watchPolicy({ reference, spec, onlyNamespace }: WatchPolicyOptions): WatchedPolicy {
  const { names = [], selector } = spec.namespaces ?? {}
  return {
    reference,
    rules: spec.rules.map((rule) => watchRule(rule, spec.severity)),
    nodeSelector: spec.nodes?.selector,
    poolLabel: spec.pool?.label,
    namespaceNames: chosenNames(names, onlyNamespace),
    namespaceSelector: onlyNamespace === undefined ? selector : undefined,
    reminder: spec.reminder && { everyMs: durationMs(spec.reminder.every), max: spec.reminder.max },
    isSuspended: spec.suspend,
    labels: spec.labels ?? {},
    runbookURL: spec.runbookURL,
  }
}

/** Whether both count the same thing, so that what one found still stands for the other; thresholds may differ. */
export function isSameQuestion(left: WatchedRule, right: WatchedRule): boolean {
  return (
    left.scope === right.scope &&
    left.measure === right.measure &&
    left.resource === right.resource &&
    left.lostNodes === right.lostNodes
  )
}

function chosenNames(names: readonly string[], onlyNamespace: string | undefined): ReadonlySet<string> | undefined {
  if (onlyNamespace !== undefined) return new Set([onlyNamespace])
  return names.length === 0 ? undefined : new Set(names)
}

/** Survive asks whether requests still fit: more than 100 percent of what is left does not. */
function watchRule(rule: CapacityRule, severity: Severity): WatchedRule {
  const above = rule.above ?? 100
  return {
    name: rule.name,
    scope: rule.scope,
    measure: rule.measure,
    resource: rule.resource,
    abovePercent: BigInt(above),
    clearPercent: BigInt(rule.clear ?? above),
    forMs: durationMs(rule.for),
    severity: rule.severity ?? severity,
    lostNodes: rule.nodes ?? 1,
  }
}
